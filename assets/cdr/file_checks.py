"""What a file DuckDB wrote must hold before anybody sees it (Arrow rows are cast to the spec instead)."""

from __future__ import annotations

import duckdb

from adapters.warehouse import Check, TableSpec, quoted


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
