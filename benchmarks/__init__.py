"""Comparisons with named peers: each makes its input, asks all the same, and checks the answers."""
