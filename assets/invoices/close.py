"""What every step of a close shares: its day, its month, and how rows come out of the warehouse."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import dagster as dg
import pyarrow as pa

from adapters.ledger.store import Ledger
from adapters.warehouse import TableSpec, Warehouse, Written
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


def month_rows(warehouse: Warehouse, table: str, month: Month, order_by: str) -> list[dict[str, Any]]:
    """The rows of a table's month, in an order that does not depend on the file."""
    query = f"select * from {table} where month = $1 order by {order_by}"
    rows: list[dict[str, Any]] = warehouse.read(query, [str(month)]).to_pylist()
    return rows


def write_month(warehouse: Warehouse, spec: TableSpec, month: Month, rows: Iterable[dict[str, Any]]) -> Written:
    """Replace the month of a table whole."""
    return warehouse.replace(spec.name, pa.Table.from_pylist(list(rows), schema=spec.arrow_schema), month=str(month))
