"""Which land hangs together and is ready for supply."""
