"""The ledger's transactions: one writer at a time, readers that see one moment, migrations from the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlmodel import Session, SQLModel

from adapters.ledger.contract_journal import UNSIGNED, Signature, journal_changes
from adapters.ledger.engine import MIGRATE, WRITE, errors_by_kind, open_engine
from adapters.ledger.overlaps import refuse_overlaps
from adapters.ledger.tariff_guards import refuse_unfit_tariffs
from domain.errors import PermanentError


class LedgerDatabase:
    """The database at a URL. Every method raises TransientError when it is busy or down."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables up to date, or up to a revision, in one transaction; two processes at once are fine."""
        # A third of a second to import, and only a migration needs it.
        from alembic import command
        from alembic.config import Config

        # Alembic finds its scripts in the installed package: no alembic.ini, no working directory.
        config = Config()
        config.set_main_option("script_location", "adapters.ledger:migrations")
        config.set_main_option("path_separator", "os")
        if self.engine.dialect.name == "sqlite":
            self._prepare_file()
        options = {WRITE: True, MIGRATE: True}
        with errors_by_kind(self.engine), self.engine.execution_options(**options).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if self.engine.dialect.name == "sqlite":
                _refuse_orphans(connection)

    def _prepare_file(self) -> None:
        Path(str(self.engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
        with errors_by_kind(self.engine), self.engine.connect() as connection:
            # WAL lets readers go on while a month closes. It stays in the file, and is set outside a transaction.
            connection.connection.cursor().execute("pragma journal_mode = wal")

    @contextmanager
    def session(self, signed: Signature = UNSIGNED) -> Iterator[Session]:
        """One writing transaction, the only one at that moment: committed at the end, or nothing happened.

        Before the commit the overlaps of what was touched are refused (``adapters.ledger.overlaps``), and a contract
        or a number that began or ended has its event, ``signed`` (``adapters.ledger.contract_journal``).

        Raises:
            BadInput: a closed month would have charged less.
            PermanentError: a constraint, a trigger or the overlap check refused the change.
        """
        touched: list[SQLModel] = []

        def remember(session: Session, _context: Any) -> None:
            touched.extend(row for row in (*session.new, *session.dirty) if isinstance(row, SQLModel))

        def guard(session: Session) -> None:
            session.flush()
            refuse_overlaps(session, touched)
            refuse_unfit_tariffs(session, touched)
            journal_changes(session, touched, signed)

        with errors_by_kind(self.engine):
            session = Session(self.engine.execution_options(**{WRITE: True}), expire_on_commit=False)
            event.listen(session, "after_flush", remember)
            event.listen(session, "before_commit", guard)
            with session, session.begin():
                # Take the lock now: what the caller reads first is still true when it writes.
                session.connection()
                yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One reading transaction: every query sees the same moment, and nothing can be written."""
        options: dict[str, Any] = {WRITE: False}
        if self.engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            errors_by_kind(self.engine),
            Session(self.engine.execution_options(**options), expire_on_commit=False) as session,
        ):
            yield session


def _refuse_orphans(connection: Connection) -> None:
    """What SQLite would have said row by row, had it watched the references during the migration."""
    orphans = connection.exec_driver_sql("pragma foreign_key_check").fetchall()
    if orphans:
        named = ", ".join(f"{table} row {row} names no {parent}" for table, row, parent, _ in orphans[:5])
        raise PermanentError(f"the ledger is not migrated, {len(orphans)} row(s) refer to nothing: {named}")
