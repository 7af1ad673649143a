"""Industries: their codes, and the chains they form."""
