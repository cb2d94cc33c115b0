"""Connections to the ledger: the same promises from SQLite and PostgreSQL, and errors by kind.

One writer at a time on both: ``BEGIN IMMEDIATE`` on SQLite, a transaction-scoped advisory lock on
PostgreSQL. A ledger is written a few times a day, and a single writer makes "look, then write" (the
next number, an overlap) exact without asking callers to think about isolation. Readers take no lock
and see one moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from domain.errors import PermanentError, SecondeError, TransientError

# The option that makes a connection's transactions writing ones.
WRITE = "seconde_write"
# The option of a writing transaction that copies tables: on SQLite a copy passes through a moment without its parent.
MIGRATE = "seconde_migrate"
# "SECONDE" in hexadecimal ASCII: the one advisory lock this program takes.
_ADVISORY_LOCK = 0x5345434F4E4445
# How long a writer waits for the one before it.
WAIT_MILLISECONDS = 30_000
_UNDEFINED_TABLE = "42P01"
# What a server that did answer says to a connection it will never take; psycopg gives no code for it.
_POSTGRESQL_LASTING = ("does not exist", "authentication failed", "permission denied", "no pg_hba.conf entry")
_SQLITE_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql://...``; connects on first use, keeps no connection.

    No pool: Dagster forks, and a connection shared by two processes is corruption.

    Raises:
        PermanentError: the URL names another database, one in memory, or a driver that is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PermanentError(
            f"{url!r} is not a URL; name the ledger like sqlite:////path/to/ledger.sqlite or postgresql://user@host/name"
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise PermanentError(f"{parsed.drivername}: the ledger is kept on sqlite:/// or postgresql://")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise PermanentError("a ledger in memory is lost at the end; name a file: sqlite:////path/to/ledger.sqlite")
    try:
        engine = create_engine(parsed, poolclass=NullPool)
    except (ImportError, NoSuchModuleError):
        raise PermanentError(
            "the PostgreSQL driver is missing; install it with: pip install 'seconde[postgres]'"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # sqlite3 would begin transactions by itself, late, and never around DDL or a select.
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout = {WAIT_MILLISECONDS}")
    connection.execute("pragma foreign_keys = on")
    # A number that was given out must survive a power cut.
    connection.execute("pragma synchronous = full")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writing = options.get(WRITE, False)
    # Heard only outside a transaction; every other connection begins with it on.
    if options.get(MIGRATE, False):
        connection.exec_driver_sql("pragma foreign_keys = off")
    connection.exec_driver_sql(f"pragma query_only = {'off' if writing else 'on'}")
    connection.exec_driver_sql("begin immediate" if writing else "begin")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITE, False):
        connection.exec_driver_sql(f"set local lock_timeout = {WAIT_MILLISECONDS}")
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({_ADVISORY_LOCK})")


@contextmanager
def errors_by_kind(engine: Engine) -> Iterator[None]:
    """Database errors as the house's kinds: busy or down is transient, a broken rule is permanent."""
    try:
        yield
    except DBAPIError as error:
        raise _by_kind(error, engine.url.render_as_string(hide_password=True)) from error


def _by_kind(error: DBAPIError, url: str) -> SecondeError:
    reason = str(error.orig).strip().splitlines()[0]
    if isinstance(error, IntegrityError):
        return PermanentError(f"the ledger refused the change, nothing was written: {reason}")
    if "no such table" in reason or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
        return PermanentError(
            f"the ledger {url} has no such table ({reason}); run `seconde init` to bring it up to date"
        )
    if isinstance(error, OperationalError) and _is_passing(error, reason):
        return TransientError(f"the ledger {url} did not answer ({reason}); it is tried again")
    return PermanentError(f"the ledger {url} refused the statement: {reason}")


def _is_passing(error: OperationalError, reason: str) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # Extended codes keep the primary one in their low byte.
        return code & 0xFF in _SQLITE_PASSING
    return not any(lasting in reason for lasting in _POSTGRESQL_LASTING)
