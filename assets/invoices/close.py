"""What every step of a close shares: its day, its month, and how rows come out of the warehouse."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from adapters.ledger.periods import CLOSED, state_of
from adapters.ledger.store import Ledger
from adapters.warehouse import Check, TableSpec, Warehouse, Written
from domain.calendar import Month
from domain.errors import BadInput

GROUP = "invoices"
OWNERS = ["team:billing"]


class Close(dg.Config):
    """The day a month is closed as of, ``YYYY-MM-DD``: the date its documents bear, the last day payments are seen."""

    as_of: str


class SignedClose(Close):
    """A close, and who closes: kept in the audit trail. Empty: the run, by its id."""

    by: str = ""


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


def standing(
    ledger: Ledger, warehouse: Warehouse, spec: TableSpec, month: Month, since: tuple[str, ...] = (CLOSED,)
) -> list[dict[str, Any]] | None:
    """The rows of a table whose month is in a state of ``since``: what was charged then stands, whatever the ledger
    says of customers, contracts and payments now. None when they are to be computed."""
    if state_of(ledger, month) not in since or not warehouse.path(spec.name, str(month)).exists():
        return None
    with warehouse.connect((spec.name,)) as connection:
        return month_rows(connection, f"select * from {spec.name} where month = $1", month)


def keep_or_write(
    ledger: Ledger,
    warehouse: Warehouse,
    spec: TableSpec,
    month: Month,
    rows: Callable[[], list[dict[str, Any]]],
    since: tuple[str, ...] = (CLOSED,),
) -> list[dict[str, Any]]:
    """The month's rows as they stand, or as ``rows`` computes them, written."""
    kept = standing(ledger, warehouse, spec, month, since)
    if kept is None:
        kept = rows()
        write_month(warehouse, spec, month, kept)
    return kept


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
