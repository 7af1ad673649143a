"""A seeded, synthetic Jiaxing."""
