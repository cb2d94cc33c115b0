"""DuckDB in memory: one engine a process, and to each connection a database of its own.

Starting an engine costs 18 ms of processor (DuckDB 1.4, two cores: it registers its functions and starts its threads);
a cursor of a running one with an empty database attached costs 1 ms. A month's close connects 500 times.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import duckdb

_Key: TypeAlias = tuple[int, str, str]
_lock = threading.Lock()
_engines: dict[_Key, duckdb.DuckDBPyConnection] = {}
_numbers = itertools.count(1)


@contextmanager
def own_engine(memory_limit: str, spill: Path, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an engine of its own, which no other connection's memory or threads are taken from."""
    with duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": str(spill)}) as connection:
        connection.execute(f"set threads = {threads}; set TimeZone = 'UTC'")
        connection.execute("set parquet_metadata_cache = true")
        yield connection


@contextmanager
def shared_engine(memory_limit: str, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC that sees only what it makes itself; ``memory_limit`` is for the whole process."""
    with _lock:
        engine = _engine((os.getpid(), memory_limit, str(spill)))
        connection, cleaner = engine.cursor(), engine.cursor()
    database = f"session_{next(_numbers)}"
    try:
        connection.execute(f"set TimeZone = 'UTC'; attach ':memory:' as {database}; use {database}")
        yield connection
    finally:
        connection.close()
        cleaner.execute(f"detach database if exists {database}")
        cleaner.close()


def _engine(key: _Key) -> duckdb.DuckDBPyConnection:
    if key not in _engines:
        # A process works on one warehouse: another's engine is let go, and ends with its last connection (``close``
        # would end those too). One that a fork copied is kept, for to end it waits for threads that were not copied.
        for other in [other for other in _engines if other[0] == key[0]]:
            del _engines[other]
        _, memory_limit, spill = key
        _engines[key] = duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": spill})
        # Off: a month's file is replaced under the same name, and a kept page of the old one is wrong money.
        _engines[key].execute("set enable_external_file_cache = false")
    return _engines[key]
