"""Sealed journal segments to rows of ``call_events``, each segment exactly once.

A segment's files are named after it and its ``landed_segments`` row is written last: a crash in between
costs a second landing, which rewrites the same bytes. What cannot be read is set aside in
``rejected_events``; a damaged segment is also copied to the quarantine, and its good records land.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from adapters.files import file_sha256
from adapters.warehouse import Warehouse
from assets.cdr.segment_rows import events_table, read_records
from assets.cdr.tables import CALL_EVENTS, LANDED_SEGMENTS, REJECTED_EVENTS
from domain.calendar import Month, instant_from_micros, local_date
from ingest.event_journal import Damage, Record, SegmentPath, read_segment, sealed_segments


@dataclass(frozen=True)
class LandedSegment:
    """What one segment gave. ``dates``: the local days its events count on."""

    name: str
    month: str
    records: int
    events: int
    rejected: int
    damaged: int
    dates: tuple[dt.date, ...]


def pending_segments(warehouse: Warehouse, journal: Path) -> list[SegmentPath]:
    """Sealed segments that have not landed, oldest first."""
    landed = {path.stem for path in warehouse.files(LANDED_SEGMENTS.name)}
    return [segment for segment in sealed_segments(journal) if segment.name not in landed]


def land_segments(warehouse: Warehouse, journal: Path, quarantine: Path) -> Iterator[LandedSegment]:
    """Land every pending segment, one at a time: no more than one is ever held in memory."""
    pending = pending_segments(warehouse, journal)
    if not pending:
        return
    with warehouse.connect(tables=()) as connection:
        for segment in pending:
            yield land_segment(warehouse, connection, segment, quarantine)


def land_segment(
    warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, segment: SegmentPath, quarantine: Path
) -> LandedSegment:
    """Land one segment, whether it has landed before or not."""
    content = read_segment(segment)
    reading = read_records(content.records)
    for damage in content.damage:
        reading.reject(damage_reason(damage), damage.excerpt)
    if content.damage:
        keep_aside(segment, content.damage, quarantine)
    month = segment_month(segment, content.records)
    for date, rows in sorted(reading.by_date.items()):
        part = f"{date}--{segment.name}"
        table = events_table(segment.name, rows)
        warehouse.replace(CALL_EVENTS.name, table, month=str(Month.of(date)), part=part, connection=connection)
    if reading.rejected:
        rejected = with_constants(REJECTED_EVENTS.arrow_schema, reading.rejected, month=month, segment=segment.name)
        warehouse.replace(REJECTED_EVENTS.name, rejected, month=month, part=segment.name, connection=connection)
    else:
        warehouse.remove(REJECTED_EVENTS.name, month, segment.name)
    landed = LandedSegment(
        name=segment.name,
        month=month,
        records=len(content.records),
        events=sum(map(len, reading.by_date.values())),
        rejected=len(reading.rejected) - len(content.damage),
        damaged=len(content.damage),
        dates=tuple(sorted(reading.by_date)),
    )
    marker = with_constants(LANDED_SEGMENTS.arrow_schema, [marker_row(landed, file_sha256(segment.path))], month=month)
    warehouse.replace(LANDED_SEGMENTS.name, marker, month=month, part=segment.name, connection=connection)
    return landed


def with_constants(schema: pa.Schema, rows: list[dict[str, object]], **constants: object) -> pa.Table:
    return pa.Table.from_pylist([{**row, **constants} for row in rows], schema=schema)


def marker_row(landed: LandedSegment, sha256: str) -> dict[str, object]:
    return {
        "segment": landed.name,
        "sha256": sha256,
        "records": landed.records,
        "events": landed.events,
        "rejected_records": landed.rejected,
        "damaged_records": landed.damaged,
        "landed_dates": ",".join(map(str, landed.dates)),
    }


def segment_month(segment: SegmentPath, records: list[Record]) -> str:
    """The local month a segment was opened in; for a foreign name, of its first record."""
    opened_at = segment.opened_at or instant_from_micros(records[0].received_us if records else 0)
    return str(Month.of(local_date(opened_at)))


def keep_aside(segment: SegmentPath, damage: list[Damage], quarantine: Path) -> None:
    """Copy a damaged segment and its manifest, with the reasons beside it; as private as the journal."""
    quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
    for source in (segment.path, segment.manifest):
        if source.exists():
            temporary = quarantine / f".{source.name}"
            shutil.copy(source, temporary)
            os.replace(temporary, quarantine / source.name)
    lines = [f"{segment.path}: its good records have landed; what is damaged:"]
    lines += [f"  {damage_reason(one)}" for one in damage]
    lines.append("Compare with the switch's own json_cdr files of that time, then delete this copy.")
    (quarantine / f"{segment.path.name}.reason.txt").write_text("\n".join(lines) + "\n")


def damage_reason(damage: Damage) -> str:
    return f"{damage.reason} (byte {damage.offset}, {damage.length} bytes)"
