"""Compiled loops over edges; imported only where numba can be loaded."""
