"""How layers and lists come in from files, and go out to them."""
