"""The answer of each job, made once for page, command line and export."""
