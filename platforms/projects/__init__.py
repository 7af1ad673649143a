"""The ledger of projects."""
