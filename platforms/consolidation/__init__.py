"""How far a unit's parks are consolidated."""
