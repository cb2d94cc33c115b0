"""What was heard of each switch boot, day by day: the books of completeness, kept small.

A day is read again when its segments changed; the proof then works on a few rows per boot and day, however
many legs they stand for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.warehouse import Warehouse, literal
from assets.cdr.completeness_tables import SWITCH_DAYS
from assets.cdr.day_records import event_files, events_in, sql
from assets.cdr.rebuilding import segments_by_day
from domain.calendar import Month
from domain.completeness import BootDay, DownGateway
from domain.session_runs import SessionRuns

# To be raised with any change of switch_days.sql: every day is then read again.
RULES_VERSION = 3

Row = dict[str, Any]


def refresh_switch_days(warehouse: Warehouse) -> list[dt.date]:
    """Read again the days whose segments changed; which those were, oldest first."""
    segments = segments_by_day(warehouse)
    known: dict[dt.date, list[Row]] = defaultdict(list)
    for row in switch_day_rows(warehouse):
        known[row["record_date"]].append(row)
    digests = {day: inputs_sha256(names) for day, names in segments.items()}
    stale = sorted(
        day
        for day in digests.keys() | known.keys()
        if {digests.get(day)} != {row["inputs_sha256"] for row in known.get(day, ())}
    )
    for month in sorted({Month.of(day) for day in stale}):
        kept = [row for day, rows in known.items() if Month.of(day) == month and day not in stale for row in rows]
        with warehouse.connect(tables=()) as connection:
            for day in stale:
                if day in digests and Month.of(day) == month:
                    kept += day_rows(connection, warehouse, day, digests[day])
            kept.sort(key=lambda row: (row["record_date"], row["boot_id"]))
            table = pa.Table.from_pylist(kept, schema=SWITCH_DAYS.arrow_schema)
            warehouse.replace(SWITCH_DAYS.name, table, month=str(month), connection=connection)
    return stale


def inputs_sha256(segments: list[str]) -> str:
    """A digest of all a day's rows depend on."""
    return hashlib.sha256(json.dumps([RULES_VERSION, sorted(segments)]).encode()).hexdigest()


def day_rows(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse, day: dt.date, digest: str) -> list[Row]:
    """The day's rows, read from its events."""
    source(connection, event_files(warehouse, day))
    connection.execute(f"set variable day = date '{day}'")
    connection.execute(f"set variable inputs = {literal(digest)}")
    rows: list[Row] = connection.sql(sql("switch_days.sql")).to_arrow_table().to_pylist()
    return rows


def source(connection: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """Event files as the view ``source``. Of two events of one journal, that of the higher ``journal_position`` was
    journalled later, whatever the clocks say: a journal numbers its segments, a segment its records."""
    connection.execute(f"create or replace temp view source as {events_in(files)}")
    connection.execute(
        "create or replace temp macro journal_position(segment, record_number) as "
        "regexp_extract(segment, '^(.+)-[0-9TZ]+-[0-9]+$', 1) || '/' || "
        "lpad(regexp_extract(segment, '[0-9]+$'), 12, '0') || '/' || lpad(cast(record_number as varchar), 12, '0')"
    )


def switch_day_rows(warehouse: Warehouse) -> list[Row]:
    """Every row of ``switch_days``, by day and boot."""
    files = sorted(map(str, warehouse.files(SWITCH_DAYS.name)))
    return [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]


def boot_days(rows: list[Row]) -> list[BootDay]:
    """Rows of ``switch_days`` as the domain reads them."""
    return [
        BootDay(
            record_date=row["record_date"],
            boot_id=row["boot_id"],
            switch_name=row["switch_name"],
            first_heard_at=row["first_heard_at"],
            last_heard_at=row["last_heard_at"],
            first_claimed=row["first_claimed_number"],
            begun=SessionRuns.parse(row["begun_runs"]),
            ended=SessionRuns.parse(row["ended_runs"]),
            down_gateways=tuple(map(DownGateway.parse, row["down_gateways"].split())),
            counted=row["counted_legs"],
            counted_at=row["counted_at"],
            idle_at_count=row["idle_counted_legs"],
            shut_down_at=row["shut_down_at"],
            known_until=row["known_until_at"],
            started_at=row["started_at"],
            listed_at=row["listed_at"],
            listed_position=row["listed_position"],
            listed_legs=frozenset((row["listed_legs"] or "").split()),
        )
        for row in rows
    ]
