"""The ledger: what must be unique and final, in one SQL database (SQLite, or PostgreSQL by URL)."""
