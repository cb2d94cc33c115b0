"""What Alembic runs to upgrade a ledger: the connection, inside its one transaction, comes from ``Ledger.migrate``."""

from __future__ import annotations

from alembic import context

# SQLite's DDL is transactional too, once BEGIN is ours (adapters.ledger.engine).
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
