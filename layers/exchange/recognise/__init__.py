"""Recognition: CRS, columns, units, codes and keys of a file, each with its evidence."""
