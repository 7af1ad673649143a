"""Readers: each file format to rows, CRS and evidence."""
