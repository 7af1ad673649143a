"""Named copies of a city: what is changed in thought, and what the rules say then."""
