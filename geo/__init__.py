"""Geometry and rasters: knows no planning word and reads no file."""
