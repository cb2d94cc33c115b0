"""``seconde sql``: an analyst's question to the warehouse, and nothing but a question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BadInput, PermanentError
from orchestration.commands.console import print_rows
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# EXPLAIN is not one: `explain analyze copy ...` runs what it explains.
QUESTIONS = frozenset({"SELECT"})


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the tables of warehouse.duckdb; try: show tables")],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a program")] = False,
) -> None:
    """Ask the warehouse a question (read-only)."""
    names, rows = ask(load_settings(), query)
    print_rows(names, rows, as_csv=csv)


def ask(settings: Settings, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Run one question on ``warehouse.duckdb``.

    Raises:
        PermanentError: there is no warehouse yet, or the statement is not a question.
        BadInput: DuckDB does not understand it; the message is DuckDB's.
    """
    warehouse = settings.home / "warehouse"
    catalog = warehouse / "warehouse.duckdb"
    import duckdb

    if not catalog.exists():
        raise PermanentError(f"{catalog} does not exist yet; run `seconde land`, or `make demo` for a whole world")
    with open_read_only(catalog, warehouse) as connection:
        try:
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type.name not in QUESTIONS:
                raise PermanentError(
                    "`seconde sql` takes one SELECT, SHOW or DESCRIBE; the tables are written by assets only"
                )
            answer = connection.execute(statements[0])
            return [column[0] for column in answer.description or []], answer.fetchall()
        except duckdb.Error as error:
            raise BadInput(f"DuckDB says: {error}") from error


def open_read_only(catalog: Path, warehouse: Path) -> DuckDBPyConnection:
    """The catalog, unable to write and to read anything but the warehouse's own files."""
    import duckdb

    from adapters.warehouse import literal

    connection = duckdb.connect(str(catalog), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set allowed_directories = [{literal(f'{warehouse}/')}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
