"""Pages and command line: two faces of the same jobs."""
