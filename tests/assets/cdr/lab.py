"""A small installation on tmp_path, and what to do with a recorded switch's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from adapters.numbering import Numbering
from adapters.warehouse import Warehouse
from assets.cdr.landing import LandedSegment, land_segments
from assets.cdr.rebuilding import RebuiltDay, Sources, rebuild_days
from assets.cdr.tables import TABLES
from domain.inventory import Assignment, NumberInventory
from ingest.esl_protocol import decode_event
from ingest.event_journal import EventJournal

DAY = dt.date(2026, 11, 22)  # of every capture
OPENED_US = 1_795_372_164_000_000  # 2026-11-22T18:29:24Z

# The event streams of the captures, and the CHANNEL_HANGUP_COMPLETE in their bytes.
STREAMS = {
    "short/json-subset.esl": 37,
    "mini/json-subset.esl": 15,
    "encode-false/json-subset.esl": 15,
    "sigkill/plain-subset.esl": 1,
    "shutdown/plain-subset.esl": 11,
}

HANGUP = "CHANNEL_HANGUP_COMPLETE"
Body = tuple[str, bytes]
Row = dict[str, Any]


def lab_inventory() -> NumberInventory:
    """The numbers of the captures: +331701810xx are acct-1001's, +331701820xx acct-1002's."""
    return NumberInventory(
        Assignment(f"+3317018{n}0{i:02d}", f"ctr-100{n}-1", f"acct-100{n}", dt.date(2026, 1, 1))
        for n in (1, 2)
        for i in range(100)
    )


class Lab:
    """Journal, warehouse and quarantine of one installation."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.journal, self.quarantine = home / "journal", home / "quarantine"
        self.warehouse = Warehouse(home / "warehouse", home / "warehouse.duckdb", TABLES)
        self.sources = Sources(lab_inventory(), Numbering(), frozenset({"external"}))

    def write_segment(self, bodies: Iterable[Body], received_us: int = OPENED_US, switch: str = "fslab1") -> Path:
        """Journal the bodies as the switch's next sealed segment."""
        with EventJournal(self.journal, switch, lambda: received_us, 1 << 30, 86_400) as journal:
            for n, (kind, body) in enumerate(bodies):
                journal.append(received_us + n, kind, body)
            sealed = journal.seal()
        assert sealed is not None
        return sealed.path

    def land(self) -> list[LandedSegment]:
        return list(land_segments(self.warehouse, self.journal, self.quarantine))

    def rebuild(self, days: Iterable[dt.date] | None = None) -> list[RebuiltDay]:
        return list(rebuild_days(self.warehouse, self.sources, days))

    def take(self, *segments: Iterable[Body]) -> list[Row]:
        """Journal, land and rebuild; the call records there are then."""
        for bodies in segments:
            self.write_segment(bodies)
        self.land()
        self.rebuild()
        return self.records()

    def records(self, where: str = "true") -> list[Row]:
        sql = f"select * from call_detail_records where {where} order by boot_id, session_number"
        return rows_of(self.warehouse.read(sql))

    def files(self, *tables: str) -> dict[str, bytes]:
        """The bytes of tables' files by their place in the warehouse."""
        root = self.warehouse.root
        return {str(path.relative_to(root)): path.read_bytes() for t in tables for path in self.warehouse.files(t)}


def rows_of(table: pa.Table) -> list[Row]:
    rows: list[Row] = table.to_pylist()
    return rows


def is_event(body: Body, name: str | None, **fields: str) -> bool:
    """Whether a body is an event of that name (of any, for None) with these headers."""
    event = decode_event(*body)
    headers = {k if k.startswith("variable_") else k.replace("_", "-"): v for k, v in fields.items()}
    return name in (None, event["Event-Name"]) and all(event.get(header) == value for header, value in headers.items())


def changed(body: Body, changes: Mapping[str, str | None]) -> Body:
    """A body with headers set, or taken away where None."""
    event = {**decode_event(*body), **changes}
    return "json", orjson.dumps({name: value for name, value in event.items() if value is not None})


def call(bodies: list[Body], dialed: str) -> list[Body]:
    """All that was said about the legs of the call to a number: its root leg's id stands in each event."""
    (root,) = [
        decode_event(*body)["Unique-ID"]
        for body in bodies
        if is_event(body, "CHANNEL_CREATE", variable_sip_req_user=dialed)
    ]
    return [body for body in bodies if str(root).encode() in body[1]]


def hangup(bodies: list[Body], direction: str) -> Body:
    """The one hang-up of a leg in that direction."""
    (body,) = [body for body in bodies if is_event(body, HANGUP, Call_Direction=direction)]
    return body


def alter(
    bodies: list[Body], changes: Mapping[str, str | None], event: str | None = HANGUP, **which: str
) -> list[Body]:
    """The bodies with the events that match ``which`` (header=value) changed; of any name for ``event=None``."""
    return [changed(body, changes) if is_event(body, event, **which) else body for body in bodies]
