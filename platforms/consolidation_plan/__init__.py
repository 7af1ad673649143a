"""The fewest changes that meet the consolidation targets."""
