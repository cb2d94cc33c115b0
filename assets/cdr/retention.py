"""Takes the digits out of what has been paid for long enough: call records, events, rated calls, the raw journal.

A month goes whole, once it is closed, every billable call of it is billed, and each document that billed one has
been paid for the retention period. Dates, durations, prices, categories and invoice lines stay. Its raw segments
and CDR files, which name people in fifty headers, are removed: what they said stands in the tables. The month is
marked first: from then on it is never made again, neither from events nor by a close. A run cut short is
finished by the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.data_quality import FINDINGS_TABLE
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse, literal
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS, LANDED_SEGMENTS, REJECTED_EVENTS, TRUNCATED_MONTHS
from assets.invoices.lateness import settlements
from domain.calendar import Month
from domain.errors import PermanentError
from domain.retention import KEPT_OF_E164, KEPT_OF_OTHERS, Settlement, due_on
from ingest.event_journal import SegmentPath
from ingest.journal_segment import SEALED_SUFFIX

EVENT_NUMBERS = (
    "caller_id_number", "ani", "sip_from_user", "destination_number", "rdnis", "sip_req_user", "sip_to_user",
    "other_leg_caller_id_number", "other_leg_ani", "other_leg_rdnis", "other_leg_destination_number",
)  # fmt: skip
# Texts with a number inside: only that they were there is kept.
EVENT_TEXTS = ("transfer_history", "channel_name", "other_leg_channel_name")
# The far party; a customer's own number stays, it is on the invoice line.
RECORD_NUMBERS = {
    "dialed_number": "direction <> 'incoming'",
    "destination_number": "direction <> 'incoming'",
    "caller_number": "direction = 'incoming'",
    "origin_number": "direction = 'incoming'",
}


@dataclass(frozen=True)
class MonthRetention:
    """What retention makes of a month. ``reason``: why its numbers stay; None when they go or have gone."""

    month: Month
    due_on: dt.date | None
    reason: str | None
    is_truncated: bool = False


def plan(warehouse: Warehouse, ledger: Ledger, days: int, as_of: dt.date) -> list[MonthRetention]:
    """Every month with call records or events: when its numbers go, and why not yet."""
    tables = (CALL_EVENTS.name, CALL_DETAIL_RECORDS.name)
    months = sorted({path.parent.name.removeprefix("month=") for table in tables for path in warehouse.files(table)})
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
    unbilled, billing_months = _billed_in(warehouse, month)
    if unbilled:
        return MonthRetention(month, None, f"{unbilled} of its calls are not billed yet")
    documents = [one for billing in sorted({month, *billing_months}, key=str) for one in _settlements(ledger, billing)]
    unpaid = [one.number for one in documents if one.settled_on is None]
    due = due_on(documents, days, month.last_date)
    if due is None:
        return MonthRetention(month, None, f"unpaid: {', '.join(unpaid[:5])}{', ...' if len(unpaid) > 5 else ''}")
    return MonthRetention(month, due, None if due <= as_of else f"its last payment is not {days} days old")


def _billed_in(warehouse: Warehouse, month: Month) -> tuple[int, set[Month]]:
    """How many billable calls of a month no closed month has billed, and the months that billed the others."""
    rows = warehouse.read(
        """
        select closed_calls.month as billing_month, count(*) as calls
        from call_detail_records
        left join (
            select boot_id, leg_id, min(closed_calls.month) as month
            from closed_calls inner join billing_periods using (month)
            where is_billed and state = 'closed'
            group by boot_id, leg_id
        ) as closed_calls using (boot_id, leg_id)
        where call_detail_records.month = $1 and is_billable
        group by closed_calls.month
        """,
        [str(month)],
    ).to_pylist()
    unbilled = sum(row["calls"] for row in rows if row["billing_month"] is None)
    return unbilled, {Month.parse(row["billing_month"]) for row in rows if row["billing_month"]}


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


def truncate_month(warehouse: Warehouse, month: Month, on: dt.date) -> None:
    """Take the digits out of every table of a month. Twice is as once."""
    if str(month) not in truncated_months(warehouse):
        row = {"month": str(month), "truncated_on": on}
        marker = pa.Table.from_pylist([row], schema=TRUNCATED_MONTHS.arrow_schema)
        warehouse.replace(TRUNCATED_MONTHS.name, marker, month=str(month))
    events = {name: cut(name) for name in EVENT_NUMBERS} | {name: f"left({name}, 0)" for name in EVENT_TEXTS}
    records = {name: f"case when {far} then {cut(name)} else {name} end" for name, far in RECORD_NUMBERS.items()}
    records["called_digits"] = f"case when direction <> 'incoming' then {CUT_DIGITS} else called_digits end"
    _rewrite(warehouse, CALL_EVENTS.name, month, events)
    _rewrite(warehouse, REJECTED_EVENTS.name, month, {"body_excerpt": "''", "reason": cut_within("reason")})
    _rewrite(warehouse, FINDINGS_TABLE, month, {name: cut_within(name) for name in ("reason", "details")})
    _rewrite(warehouse, CALL_DETAIL_RECORDS.name, month, records)
    for table in ("rated_calls", "unrated_calls"):
        # Late calls stand in the months that billed them.
        for path in warehouse.files(table):
            billing_month = path.parent.name.removeprefix("month=")
            cuts = {"destination_number": cut("destination_number"), "called_digits": CUT_DIGITS}
            changes = {
                name: f"case when call_month = '{month}' then {kept} else {name} end" for name, kept in cuts.items()
            }
            _rewrite_file(warehouse, table, path, billing_month, None, changes)


# ``domain.retention.truncated`` of called_digits: E.164 without its +, or a short number behind its country.
CUT_DIGITS = (
    f"left(called_digits, case when called_digits >= 'A' then {2 + KEPT_OF_OTHERS} else {KEPT_OF_E164 - 1} end)"
)


def cut(column: str) -> str:
    """``domain.retention.truncated`` in SQL."""
    return f"left({column}, case when {column} like '+%' then {KEPT_OF_E164} else {KEPT_OF_OTHERS} end)"


def cut_within(column: str) -> str:
    """The same for every number that stands in a text."""
    return (
        rf"regexp_replace({column}, '(\+[0-9]{{{KEPT_OF_E164 - 1}}}|[0-9]{{{KEPT_OF_OTHERS}}})[0-9]{{4,}}', '\1', 'g')"
    )


def _rewrite(warehouse: Warehouse, table: str, month: Month, changes: dict[str, str]) -> None:
    for path in warehouse.files(table):
        if path.parent.name == f"month={month}":
            part = path.stem if warehouse.tables[table].layout == "parts" else None
            _rewrite_file(warehouse, table, path, str(month), part, changes)


def _rewrite_file(
    warehouse: Warehouse, table: str, path: Path, month: str, part: str | None, changes: dict[str, str]
) -> None:
    replaced = ", ".join(f"{expression} as {name}" for name, expression in changes.items())
    # A file written before a column existed has it empty.
    columns = ", ".join(f"cast(null as {column.type}) as {column.name}" for column in warehouse.tables[table].columns)
    file = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    source = f"(select {columns} where false union all by name select * from {file})"
    with warehouse.connect(tables=()) as connection:
        # Held whole: a file cannot be read while it is replaced. A file is a day, a segment or a month's calls.
        rows = connection.sql(f"select * replace ({replaced}) from {source}").to_arrow_table()
        if not rows.equals(connection.sql(f"select * from {source}").to_arrow_table()):
            warehouse.replace(table, rows, month=month, part=part, connection=connection)


def disposable_files(
    warehouse: Warehouse, journal: Path, quarantine: Path, archives: Iterable[Path] = ()
) -> list[Path]:
    """Raw segments that landed and whose every day is of a truncated month, their copies in the quarantine with the
    reasons, and such days' CDR files."""
    months = truncated_months(warehouse)
    disposable: list[Path] = []
    for row in sorted(_landed(warehouse), key=lambda row: str(row["segment"])):
        if {row["month"], *(date[:7] for date in row["landed_dates"].split(",") if date)} <= months:
            name = f"{row['segment']}{SEALED_SUFFIX}"
            files = [SegmentPath.of(folder / name) for folder in (journal, quarantine)]
            found = [path for segment in files for path in (segment.path, segment.manifest)]
            disposable += [path for path in (*found, quarantine / f"{name}.reason.txt") if path.exists()]
    for archive in archives:
        if not archive.is_dir():
            continue
        days = [day for day in sorted(archive.iterdir()) if day.is_dir() and day.name[:7] in months]
        disposable += [path for day in days for path in sorted(day.iterdir())]
    return disposable


def _landed(warehouse: Warehouse) -> Iterable[dict[str, Any]]:
    for path in warehouse.files(LANDED_SEGMENTS.name):
        yield from pq.read_table(path, partitioning=None).to_pylist()
