"""What a refused import leaves behind: nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.ledger.store import Ledger


def content(ledger: Ledger) -> str:
    """What tells whether the ledger changed: the bytes of its file, or every row on a server."""
    path = ledger.engine.url.database
    if path is None or ledger.engine.dialect.name != "sqlite":
        return repr((ledger.snapshots(), ledger.rates(), ledger.tariff_waivers()))
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def unchanged(ledger: Ledger) -> Iterator[None]:
    """What happens inside leaves the ledger as it is: on SQLite, byte for byte."""
    before = content(ledger)
    yield
    assert content(ledger) == before, "a refused import leaves the ledger byte for byte"
