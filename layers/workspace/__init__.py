"""Where a city's layers live."""
