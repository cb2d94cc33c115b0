"""The project's models over tables in memory: rows in, months run, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from adapters.warehouse import arrow_type
from dbt_like_sql.ancestry import tables_made_for
from dbt_like_sql.project import Project
from dbt_like_sql.runner import compile_sql
from dbt_like_sql.views import view_statements

PROJECT = Path(__file__).resolve().parents[2] / "dbt_like_sql"
# What a month's rating writes, parents first.
RATED = ("rated_call_parts", "rated_calls", "unrated_calls")
RATING = tables_made_for(Project.load(PROJECT), *RATED)


class Memory:
    """A DuckDB in memory with a table for each source and model, all empty at first."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.connection = duckdb.connect()
        self.columns = dict(project.sources)
        self.columns |= {m.name: m.columns for m in project.models.values() if m.materialized != "view"}
        for table, columns in self.columns.items():
            types = ", ".join(f"{column.name} {column.data_type}" for column in columns)
            self.connection.execute(f"create table {table} ({types})")
        for statement in view_statements(project):
            self.connection.execute(statement)

    def put(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace a source's rows; columns left out are null."""
        schema = pa.schema([(column.name, arrow_type(column.data_type)) for column in self.columns[table]])
        unknown = {name for row in rows for name in row} - set(schema.names)
        assert not unknown, f"{table} has no {unknown}"
        new = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)
        self.connection.execute(f"delete from {table}")
        self.connection.register("new", new)
        self.connection.execute(f"insert into {table} select * from new")

    def run(self, names: Iterable[str], month: str) -> None:
        """Replace a month of the named models whole."""
        for statement in view_statements(self.project, {"month": month}):
            self.connection.execute(statement)
        for name in names:
            rows = self.connection.sql(compile_sql(self.project, name, {"month": month})).to_arrow_table()
            self.connection.execute(f"delete from {name} where month = $1", [month])
            self.connection.register("new", rows)
            self.connection.execute(f"insert into {name} by name select * from new")

    def rows(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.connection.sql(sql).to_arrow_table().to_pylist()
        return rows
