"""What every step of a close shares: its day, its month, and how rows come out of the warehouse."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from adapters.ledger.store import Ledger
from adapters.warehouse import Check, TableSpec, Warehouse, Written
from domain.calendar import Month
from domain.errors import BadInput

GROUP = "invoices"
OWNERS = ["team:billing"]


class Close(dg.Config):
    """The day a month is closed as of, ``YYYY-MM-DD``: the date its documents bear, the last day payments are seen."""

    as_of: str


def closing_date(ledger: Ledger, month: Month, as_of: str) -> dt.date:
    """The day the month closes: ``as_of``, or the day it did close on, which no re-run changes.

    Raises:
        BadInput: ``as_of`` is not a date.
    """
    period = ledger.period(month)
    if period is not None and period.issue_date is not None:
        return period.issue_date
    try:
        return dt.date.fromisoformat(as_of)
    except ValueError:
        raise BadInput(f"as_of {as_of!r} is not a date; write YYYY-MM-DD, like 2026-11-01") from None


def month_rows(connection: duckdb.DuckDBPyConnection, query: str, month: Month) -> list[dict[str, Any]]:
    """The rows of a query that takes the month as its one parameter. It orders them: a file's order is an accident."""
    rows: list[dict[str, Any]] = connection.sql(query, params=[str(month)]).to_arrow_table().to_pylist()
    return rows


def write_month(
    warehouse: Warehouse, spec: TableSpec, month: Month, rows: Iterable[dict[str, Any]], checks: Iterable[Check] = ()
) -> Written:
    """Replace the month of a table whole; each check may still refuse it."""
    table = pa.Table.from_pylist(list(rows), schema=spec.arrow_schema)
    return warehouse.replace(spec.name, table, month=str(month), checks=checks)
