"""Which of many projects goes where, all at once."""
