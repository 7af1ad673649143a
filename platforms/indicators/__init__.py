"""What land yields: output and tax per 亩."""
