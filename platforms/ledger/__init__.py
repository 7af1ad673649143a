"""The project ledger: calendar, events, each project with its history, claims, visibility."""
