"""When a month's numbers go, why not yet, and which raw files go with them; ``assets.cdr.truncation`` takes them out.

A month goes whole: once it is closed, every billable call of it was in a close, and each document that billed one has
been paid for the retention period. A call that a close set aside (a person answered for it, or its invoice was refused)
and no later one billed counts from the month's end: it would otherwise keep everybody's numbers for ever. The month is
marked first: from then on it is never made again, neither from events nor by a close, and no open month takes its
calls. A run cut short is finished by the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS, LANDED_SEGMENTS, TRUNCATED_MONTHS
from assets.invoices.lateness import settlements
from domain.calendar import Month, instant_from_micros, local_date
from domain.errors import PermanentError
from domain.retention import Settlement, due_on
from ingest.event_journal import SegmentPath
from ingest.journal_segment import SEALED_SUFFIX


@dataclass(frozen=True)
class MonthRetention:
    """What retention makes of a month. ``reason``: why its numbers stay; None when they go or have gone."""

    month: Month
    due_on: dt.date | None
    reason: str | None
    is_truncated: bool = False


def plan(warehouse: Warehouse, ledger: Ledger, days: int, as_of: dt.date) -> list[MonthRetention]:
    """Every month with call records or events: when its numbers go, and why not yet."""
    months = _months_held(warehouse)
    done = truncated_months(warehouse)
    return [
        MonthRetention(Month.parse(month), None, None, True)
        if month in done
        else _plan_month(warehouse, ledger, Month.parse(month), days, as_of)
        for month in months
    ]


def _plan_month(warehouse: Warehouse, ledger: Ledger, month: Month, days: int, as_of: dt.date) -> MonthRetention:
    period = ledger.period(month)
    if period is None or period.state != "closed":
        return MonthRetention(month, None, "it is not closed")
    waiting, billing_months = _billed_in(warehouse, month)
    if waiting:
        return MonthRetention(month, None, f"{waiting} of its calls were in no close yet")
    documents = [one for billing in sorted({month, *billing_months}, key=str) for one in _settlements(ledger, billing)]
    unpaid = [one.number for one in documents if one.settled_on is None]
    due = due_on(documents, days, month.last_date)
    if due is None:
        return MonthRetention(month, None, f"unpaid: {', '.join(unpaid[:5])}{', ...' if len(unpaid) > 5 else ''}")
    return MonthRetention(month, due, None if due <= as_of else f"its last payment is not {days} days old")


def _billed_in(warehouse: Warehouse, month: Month) -> tuple[int, set[Month]]:
    """How many billable calls of a month no close has seen, and the months that billed the others.

    A call that every close set aside is in neither: it waits for nobody's payment.
    """
    rows = warehouse.read(
        """
        select seen.month as billing_month, coalesce(seen.closes, 0) as closes, count(*) as calls
        from call_detail_records
        left join (
            select boot_id, leg_id, min(closed_calls.month) filter (is_billed) as month, count(*) as closes
            from closed_calls inner join billing_periods using (month)
            where state = 'closed'
            group by boot_id, leg_id
        ) as seen using (boot_id, leg_id)
        where call_detail_records.month = $1 and is_billable
        group by all
        """,
        [str(month)],
    ).to_pylist()
    waiting = sum(row["calls"] for row in rows if row["closes"] == 0)
    return waiting, {Month.parse(row["billing_month"]) for row in rows if row["billing_month"]}


def _settlements(ledger: Ledger, month: Month) -> list[Settlement]:
    every = ledger.documents()
    reductions = settlements(ledger, every, dt.date.max)
    of_month = [document for document in ledger.documents(month) if document.kind != "credit_note"]
    numbers = {document.number for document in of_month}
    # An invoice that replaces another bills the calls of the other's month.
    for document in sorted(every, key=lambda document: document.number):
        if document.replaces_number in numbers and document.number not in numbers:
            of_month.append(document)
            numbers.add(document.number)
    return [
        Settlement(
            d.number,
            d.issue_date,
            d.total_cents,
            tuple((event.date, event.amount_cents) for event in reductions[d.number]),
        )
        for d in of_month
    ]


def truncated_months(warehouse: Warehouse) -> set[str]:
    """The months whose numbers are gone: nothing of them is made again."""
    return {path.parent.name.removeprefix("month=") for path in warehouse.files(TRUNCATED_MONTHS.name)}


def refuse_truncated(warehouse: Warehouse, month: Month) -> None:
    """Raises PermanentError for a month whose numbers are gone: it would come out otherwise than it was billed."""
    if str(month) in truncated_months(warehouse):
        raise PermanentError(
            f"{month}: its called numbers were truncated after the retention period, so it cannot be computed again; "
            "its documents stand in the ledger and under documents/"
        )


def disposable_files(
    warehouse: Warehouse, journal: Path, quarantine: Path, archives: Iterable[Path] = ()
) -> list[Path]:
    """Raw segments that landed and whose every day is of a truncated month, their copies in the quarantine with the
    reasons, and such months' CDR files."""
    months = truncated_months(warehouse)
    disposable: list[Path] = []
    for row in sorted(_landed(warehouse), key=lambda row: str(row["segment"])):
        if {row["month"], *(date[:7] for date in row["landed_dates"].split(",") if date)} <= months:
            name = f"{row['segment']}{SEALED_SUFFIX}"
            files = [SegmentPath.of(folder / name) for folder in (journal, quarantine)]
            found = [path for segment in files for path in (segment.path, segment.manifest)]
            disposable += [path for path in (*found, quarantine / f"{name}.reason.txt") if path.exists()]
    kept = set(_months_held(warehouse)) - months
    for archive in archives:
        days = sorted(day for day in archive.iterdir() if day.is_dir()) if archive.is_dir() else []
        for day in (day for day in days if day.name[:7] in months):
            disposable += [path for path in sorted(day.iterdir()) if not _months_of(path) & kept]
    return disposable


def _months_of(path: Path) -> set[str]:
    """The months the call of an archived CDR file may count in. Its folder says when it was taken, which may be long
    after; FreeSWITCH wrote it when the call ended, and a call counts where it was answered, less than a day before."""
    taken = dt.date.fromisoformat(path.parent.name)
    ended = min(taken, local_date(instant_from_micros(path.stat().st_mtime_ns // 1000)))
    return {str(Month.of(date)) for date in (ended, ended - dt.timedelta(1))}


def _months_held(warehouse: Warehouse) -> list[str]:
    """The months with call records or events."""
    tables = (CALL_EVENTS.name, CALL_DETAIL_RECORDS.name)
    return sorted({path.parent.name.removeprefix("month=") for table in tables for path in warehouse.files(table)})


def _landed(warehouse: Warehouse) -> Iterable[dict[str, Any]]:
    for path in warehouse.files(LANDED_SEGMENTS.name):
        yield from pq.read_table(path, partitioning=None).to_pylist()
