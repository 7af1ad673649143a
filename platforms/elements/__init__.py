"""Where land, energy and emission rights went."""
