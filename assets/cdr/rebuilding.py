"""Which local days of call records must be made again, and making them.

A day's records depend on three things only: the segments with events of that day or the two before (a
call may begin days before a leg of it is answered, and its A leg may land after its B leg), the numbers
in force that day, and the rules. ``call_record_days`` keeps a digest of them; a day whose digest changed
is made again, the others are left alone. So the order in which segments land never matters.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.warehouse import Warehouse
from assets.cdr.day_records import NumberPlan, window, write_day
from assets.cdr.retention import truncated_months
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS, CALL_RECORD_DAYS
from domain.calendar import Month
from domain.inventory import NumberInventory

# To be raised with any change of what a record says for the same events: every day is then made again.
RULES_VERSION = 3


@dataclass(frozen=True)
class RebuiltDay:
    """A day of call records as it now stands."""

    record_date: dt.date
    legs: int
    billable_calls: int


@dataclass(frozen=True)
class Sources:
    """What call records are made with, besides events."""

    inventory: NumberInventory
    numbering: NumberPlan
    carrier_profiles: frozenset[str]


def rebuild_days(warehouse: Warehouse, sources: Sources, days: Iterable[dt.date] | None = None) -> Iterator[RebuiltDay]:
    """Make again the days that changed, or the ``days`` given, oldest first, one at a time."""
    segments = segments_by_day(warehouse)
    built = built_days(warehouse)
    digests = {day: inputs_sha256(day, segments, sources) for day in segments}
    if days is None:
        days = [day for day in digests.keys() | built.keys() if is_stale(warehouse, day, digests, built)]
    gone = truncated_months(warehouse)
    days = [day for day in days if str(Month.of(day)) not in gone]
    with warehouse.connect(tables=()) as connection:
        for day in sorted(days):
            written = write_day(warehouse, day, sources.inventory, sources.numbering, sources.carrier_profiles)
            rebuilt = RebuiltDay(day, written.rows, billable_calls(written.path)) if written else RebuiltDay(day, 0, 0)
            record_day(warehouse, connection, rebuilt, digests.get(day))
            yield rebuilt


def segments_by_day(warehouse: Warehouse) -> dict[dt.date, list[str]]:
    """The segments with events that count on each local day, from the names of their files."""
    segments: dict[dt.date, list[str]] = {}
    for path in warehouse.files(CALL_EVENTS.name):
        day, _, segment = path.stem.partition("--")
        segments.setdefault(dt.date.fromisoformat(day), []).append(segment)
    return segments


def inputs_sha256(day: dt.date, segments: dict[dt.date, list[str]], sources: Sources) -> str:
    """A digest of all a day's records depend on."""
    inputs = {
        "rules": RULES_VERSION,
        "carrier_profiles": sorted(sources.carrier_profiles),
        "numbers": sources.inventory.fingerprint(day),
        "segments": [sorted(segments.get(date, [])) for date in window(day)],
    }
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def is_stale(
    warehouse: Warehouse, day: dt.date, digests: dict[dt.date, str], built: dict[dt.date, dict[str, object]]
) -> bool:
    """Whether a day was made from something else than what stands now, or its file is gone."""
    known = built.get(day)
    if known is None or known["inputs_sha256"] != digests.get(day):
        return True
    return bool(known["legs"]) and not warehouse.path(CALL_DETAIL_RECORDS.name, str(Month.of(day)), str(day)).exists()


def built_days(warehouse: Warehouse) -> dict[dt.date, dict[str, object]]:
    """The rows of ``call_record_days`` by local day."""
    return {day: row for path in warehouse.files(CALL_RECORD_DAYS.name) for day, row in read_days(path).items()}


def read_days(path: Path) -> dict[dt.date, dict[str, object]]:
    """The rows of one month's file."""
    return {row["record_date"]: row for row in pq.read_table(path, partitioning=None).to_pylist()}


def record_day(
    warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, rebuilt: RebuiltDay, digest: str | None
) -> None:
    """Remember what a day was made from; forget a day that has no event any more (``digest`` None)."""
    month = str(Month.of(rebuilt.record_date))
    path = warehouse.path(CALL_RECORD_DAYS.name, month)
    rows = read_days(path) if path.exists() else {}
    rows.pop(rebuilt.record_date, None)
    if digest is not None:
        row = (month, rebuilt.record_date, digest, rebuilt.legs, rebuilt.billable_calls)
        rows[rebuilt.record_date] = dict(zip(CALL_RECORD_DAYS.arrow_schema.names, row, strict=True))
    table = pa.Table.from_pylist([rows[date] for date in sorted(rows)], schema=CALL_RECORD_DAYS.arrow_schema)
    warehouse.replace(CALL_RECORD_DAYS.name, table, month=month, connection=connection)


def billable_calls(path: Path) -> int:
    """How many records of a day's file are billed."""
    return pc.sum(pq.read_table(path, columns=["is_billable"], partitioning=None)[0]).as_py() or 0
