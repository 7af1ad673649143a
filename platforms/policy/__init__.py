"""What the documents demand, as dated data."""
