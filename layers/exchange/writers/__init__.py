"""Writers: one list to each file format."""
