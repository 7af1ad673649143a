"""What a layer must be, where it comes from, where it lives, how it is drawn."""
