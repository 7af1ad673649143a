"""Tasks and targets: what was to be done, what the project ledger says was done."""
