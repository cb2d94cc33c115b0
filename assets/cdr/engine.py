"""A DuckDB connection without the warehouse's views, for what reads and writes files by name.

A view over a table opens every file of it (65 microseconds each): a folder with a file per segment has
a hundred thousand a year, and landing a segment every few minutes needs none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from adapters.warehouse import Check, TableSpec, Warehouse, quoted


@contextmanager
def bare_connection(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """In memory, in UTC, within the warehouse's memory limit."""
    spill = warehouse.root.parent / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": warehouse.memory_limit, "temp_directory": str(spill)})
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def holds(spec: TableSpec) -> Check:
    """A check for ``Warehouse.replace``: the new file has the table's columns, and no null it may not have."""

    def check(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        found = [(name, kind) for name, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall()]
        said = [(column.name, column.type) for column in spec.columns]
        if found != said:
            raise ValueError(f"{spec.name} would have the columns {found}; its spec says {said}")
        never_null = [column.name for column in spec.columns if not column.nullable]
        counts = ", ".join(f"count(*) - count({quoted(name)})" for name in never_null)
        row = connection.execute(f"select {counts} from {relation}").fetchall()[0]
        nulls = [name for name, count in zip(never_null, row, strict=True) if count]
        if nulls:
            raise ValueError(f"{spec.name} would have nulls in {', '.join(nulls)}; its spec says it may not")

    return check
