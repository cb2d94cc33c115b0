"""The records of a journal segment as rows of ``call_events``, or set aside with the reason why not.

The hot path of the platform: rows are tuples, columns go straight to Arrow.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson
import pyarrow as pa

from assets.cdr.tables import CALL_EVENTS
from domain.calendar import Month, instant_from_micros
from domain.call_event import CHANNELS, EVENT_COLUMNS, EVENT_STAMP, EventValues, Value, read_event
from domain.errors import BadInput
from ingest.esl_protocol import decode_event, decode_text
from ingest.event_journal import Record
from ingest.json_cdr import decode_cdr
from ingest.json_cdr_spool import HALF_WRITTEN

# Enough of a body to recognise the event by; the journal keeps the whole.
EXCERPT_CHARACTERS = 500

BOOT, SWITCH = EVENT_COLUMNS.index("boot_id"), EVENT_COLUMNS.index("switch_name")

# In rejected_events, the name of no event: a file the spool waits for in vain.
CDR_FILE = "CDR_FILE"

# Record number, received (microseconds), source, the file's flaws, then domain.call_event.EVENT_COLUMNS.
Row = tuple[int, int, str, str | None, dt.date, str, int, *tuple[Value, ...]]


@dataclass
class Reading:
    """A segment's records, sorted out: rows by local day, and what is set aside."""

    by_date: dict[dt.date, list[Row]] = field(default_factory=dict)
    rejected: list[dict[str, object]] = field(default_factory=list)

    def reject(self, reason: str, body: bytes, number: int | None = None, received_us: int | None = None) -> None:
        """Set a record aside with its reason."""
        received_at = None if received_us is None else instant_from_micros(received_us).replace(tzinfo=None)
        excerpt = decode_text(body[: 4 * EXCERPT_CHARACTERS])[:EXCERPT_CHARACTERS]
        self.rejected.append(
            {
                "record_number": number,
                "received_at": received_at,
                "event_name": event_name(body),
                "reason": reason,
                "body_excerpt": excerpt,
            }
        )


def read_records(records: Iterable[Record]) -> Reading:
    """Every record to a row, to a reason why not, or to nothing when billing has no use for it."""
    reading = Reading()
    by_date = reading.by_date
    listings = Listings()
    for number, record in enumerate(records):
        if record.kind == "note":
            read_note(reading, listings, number, record)
            continue
        source, flaws = "esl", None
        try:
            if record.kind == "cdr":
                cdr = decode_cdr(record.body)
                source, flaws, event = "json_cdr", cdr.flaws, cdr.event
            else:
                event = decode_event(record.kind, record.body)
            values = read_event(event)
        except BadInput as error:
            reading.reject(str(error), record.body, number, record.received_us)
            continue
        if values is not None:
            by_date.setdefault(values[0], []).append((number, record.received_us, source, flaws, *values))
            if source == "esl":
                listings.heard(values[BOOT], values[SWITCH])
    for at, values in listings.rows():
        by_date.setdefault(values[0], []).append((*at, "esl", None, *values))
    return reading


class Listings:
    """The listener's listings of channels. None says of which boot it is: that of the connection's events."""

    def __init__(self) -> None:
        self._boots: list[tuple[object, object] | None] = [None]
        self._listed: list[tuple[int, int, int, str]] = []

    def connected(self) -> None:
        """Another connection, perhaps to another boot."""
        self._boots.append(None)

    def heard(self, boot_id: object, switch_name: object) -> None:
        """An event of the connection."""
        if self._boots[-1] is None:
            self._boots[-1] = (boot_id, switch_name)

    def listed(self, number: int, received_us: int, legs_up: str) -> None:
        """The legs up, as the switch answered. After a listing without a list, nothing is claimed."""
        self._listed.append((len(self._boots) - 1, number, received_us, legs_up))

    def rows(self) -> Iterator[tuple[tuple[int, int], EventValues]]:
        """Those of a boot that is known: record number, when it was received, the event they make."""
        for connection, number, received_us, legs_up in self._listed:
            boot = self._boots[connection]
            if boot is None:
                continue
            said = {
                "Event-Name": CHANNELS,
                "Core-UUID": str(boot[0]),
                EVENT_STAMP: str(received_us),
                "Legs-Up": legs_up,
            }
            values = read_event(said | ({"FreeSWITCH-Switchname": str(boot[1])} if boot[1] else {}))
            if values is not None:
                yield (number, received_us), values


def read_note(reading: Reading, listings: Listings, number: int, record: Record) -> None:
    """The listener's notes tell of connections, of legs that are up, and of bytes it could not frame: an event may
    have been among those."""
    try:
        note = orjson.loads(record.body)
        if note["note"] == "connected":
            listings.connected()
        elif note["note"] == "channels" and "rows" in note:
            listings.listed(number, record.received_us, " ".join(sorted(row["uuid"] for row in note["rows"])))
        elif note["note"] == "half_written":
            reason = waiting_file(note["file"], note["seconds"], note.get("reason", HALF_WRITTEN))
            reading.reject(reason, record.body, number, record.received_us)
            reading.rejected[-1].update(event_name=CDR_FILE, body_excerpt=note["file"])
        elif note["note"] == "damage":
            reason = f"damage in the switch's stream, {note['length']} bytes: {note['reason']}"
            reading.reject(reason, base64.b64decode(note["excerpt_base64"]), number, record.received_us)
    except (ValueError, KeyError, TypeError) as error:
        reading.reject(f"a note that cannot be read: {error!r}", record.body, number, record.received_us)


def waiting_file(file: str, seconds: int, reason: str) -> str:
    if reason == HALF_WRITTEN:
        return f"the CDR file {file} is half written since more than {seconds} s: its leg is missing until it is whole"
    return (
        f"the CDR file {file} cannot be read since more than {seconds} s ({reason}): its leg is missing until the user "
        "of `seconde spool` may read it"
    )


def events_table(segment: str, rows: list[Row]) -> pa.Table:
    """Rows of ``read_records`` as the columns of ``call_events``. All of one local day."""
    number, received_us, source, flaws, record_date, event_name, event_us, *fields = zip(*rows, strict=True)
    month = str(Month.of(rows[0][4]))
    said = [number, received_us, source, flaws, event_name, event_us]
    columns = [[month] * len(rows), record_date, [segment] * len(rows), *said]
    arrays = [
        pa.array(values, pa.int64()).cast(target.type)
        if target.type == pa.timestamp("us")
        else pa.array(values, target.type)
        for target, values in zip(CALL_EVENTS.arrow_schema, [*columns, *fields], strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=CALL_EVENTS.arrow_schema)


def event_name(body: bytes) -> str | None:
    """What a body that could not be read says it is, near its beginning."""
    head = body[:200]
    for before, after in ((b'"Event-Name":"', b'"'), (b"Event-Name: ", b"\n")):
        _, found, rest = head.partition(before)
        if found and after in rest:
            return decode_text(rest.partition(after)[0])
    return None
