"""Checks of an import: what is wrong with its rows and shapes, and what is done about it."""
