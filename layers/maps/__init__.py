"""How layers are drawn."""
