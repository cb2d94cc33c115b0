"""One segment of the journal as bytes: its name, its records, its manifest, and what can be saved of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from zlib_ng.zlib_ng import crc32

from domain.calendar import instant_from_micros
from ingest.damage import EXCERPT_BYTES, Damage

OPEN_SUFFIX = ".open"
SEALED_SUFFIX = ".esl"
KINDS = ("json", "plain", "cdr", "note")

MAGIC = re.compile(rb"SECONDE-JOURNAL 1 (\S+)\n")
RECORD_HEAD = re.compile(rb"(\d{1,20}) (json|plain|cdr|note) (\d{1,10}) ([0-9a-f]{8})\n")
NAME = re.compile(r"(?P<switch>.+)-(?P<opened>\d{8}T\d{6}Z)-(?P<sequence>\d{6,})")
SWITCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Record(NamedTuple):
    """One thing the switch or the listener said. ``received_us``: epoch microseconds, UTC."""

    received_us: int
    kind: str
    body: bytes


@dataclass(frozen=True)
class Manifest:
    """What a sealed segment holds, so that a missing tail or a changed byte shows."""

    segment: str
    switch: str
    records: int
    bytes: int
    sha256: str
    first_received_us: int
    last_received_us: int
    sealed_us: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True)
class SegmentPath:
    """A segment's file. A ``.esl`` under a foreign name is listed too: reading it says what is wrong."""

    path: Path
    name: str
    switch: str
    opened_at: dt.datetime | None
    sequence: int

    @classmethod
    def of(cls, path: Path) -> SegmentPath:
        match = NAME.fullmatch(path.stem)
        if match is None:
            return cls(path, path.stem, "", None, 0)
        opened_at = dt.datetime.strptime(match["opened"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        return cls(path, path.stem, match["switch"], opened_at, int(match["sequence"]))

    @property
    def manifest(self) -> Path:
        return self.path.with_suffix(".json")

    def __fspath__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class SegmentReading:
    """Every good record of a segment in order, and the damage between and around them."""

    records: list[Record]
    damage: list[Damage]


@dataclass(frozen=True)
class Scan:
    """What a segment's bytes hold. ``end``: just after the body of the last good record."""

    switch: str
    records: list[Record]
    damage: list[Damage]
    end: int


def segment_name(switch: str, opened_us: int, sequence: int) -> str:
    return f"{switch}-{instant_from_micros(opened_us):%Y%m%dT%H%M%SZ}-{sequence:06d}"


def magic_line(switch: str) -> bytes:
    return f"SECONDE-JOURNAL 1 {switch}\n".encode()


def record_head(received_us: int, kind: str, body: bytes) -> bytes:
    """A record's first line; the CRC covers its fields and its body."""
    fields = b"%d %b %d " % (received_us, kind.encode(), len(body))
    return b"%b%08x\n" % (fields, crc32(body, crc32(fields)))


def encode_record(received_us: int, kind: str, body: bytes) -> bytes:
    """A record's bytes."""
    return b"".join((record_head(received_us, kind, body), body, b"\n"))


def records_in(data: bytes) -> Iterator[Record]:
    """The records that stand one behind the other in what ``encode_record`` gave."""
    position = 0
    while position < len(data):
        record = record_at(data, position)
        if isinstance(record, str):
            raise ValueError(f"at byte {position} of a batch: {record}")
        yield record
        position = data.index(b"\n", position) + 1 + len(record.body) + 1


def sealed_segments(folder: Path) -> list[SegmentPath]:
    """The sealed segments of a journal, oldest first; none when the folder is not there yet."""
    segments = [SegmentPath.of(path) for path in folder.glob(f"*{SEALED_SUFFIX}")]
    return sorted(segments, key=lambda s: (s.name[-len("YYYYMMDDTHHMMSSZ-nnnnnn") :], s.name))


def read_segment(path: os.PathLike[str]) -> SegmentReading:
    """Read a sealed segment, verify it, and save what is good in it.

    A bad byte costs the record it is in: that record is reported with its offset and the reason, the
    records around it are returned. What disagrees with the manifest is reported at offset 0.
    """
    segment = SegmentPath.of(Path(path))
    data = segment.path.read_bytes()
    scan = scan_segment(data)
    flaw = manifest_flaw(segment, data, scan)
    return SegmentReading(scan.records, scan.damage + ([Damage(0, 0, flaw)] if flaw else []))


def scan_segment(data: bytes) -> Scan:
    """Every record that verifies, and the bytes between that do not."""
    magic = MAGIC.match(data)
    position = end = magic.end() if magic else 0
    reason = None if magic else "the first line is not that of a journal segment"
    records: list[Record] = []
    damage: list[Damage] = []
    while position < len(data) or reason:
        found = None if reason else record_at(data, position)
        if isinstance(found, Record):
            records.append(found)
            begin = data.index(b"\n", position) + 1
            position = end = begin + len(found.body)
            if data[position : position + 1] == b"\n":
                position += 1
                continue
            # Its own last bytes may be missing, and the next record have begun with the same.
            reason, after = "the newline after a record is not there", next_record(data, begin)
        else:
            after = next_record(data, position)
        lost = data[position : min(after, position + EXCERPT_BYTES)]
        damage.append(Damage(position, max(0, after - position), reason or str(found), lost))
        position, reason = after, None
    return Scan(magic[1].decode("ascii", "replace") if magic else "", records, damage, end)


def record_at(data: bytes, position: int) -> Record | str:
    """The record that begins here, or why there is none."""
    head = RECORD_HEAD.match(data, position)
    if head is None:
        return "no record begins here"
    body = data[head.end() : head.end() + int(head[3])]
    if len(body) < int(head[3]):
        return f"a record of {int(head[3])} bytes ends after {len(body)}"
    if crc32(body, crc32(data[position : head.start(4)])) != int(head[4], 16):
        return "a record does not match its CRC"
    return Record(int(head[1]), head[2].decode(), body)


def next_record(data: bytes, position: int) -> int:
    """Where the next record that verifies begins, at or after ``position``; else the end."""
    while (head := RECORD_HEAD.search(data, position)) is not None:
        if isinstance(record_at(data, head.start()), Record):
            return head.start()
        position = head.start() + 1
    return len(data)


def manifest_of(name: str, switch: str, data: bytes, records: list[Record], sealed_us: int) -> Manifest:
    """The manifest of a whole file read back."""
    first, last = records[0].received_us, records[-1].received_us
    sha256 = hashlib.sha256(data).hexdigest()
    return Manifest(name, switch, len(records), len(data), sha256, first, last, sealed_us)


def manifest_flaw(segment: SegmentPath, data: bytes, scan: Scan) -> str | None:
    """How a segment differs from its manifest, or None."""
    try:
        stated = json.loads(segment.manifest.read_bytes())
    except FileNotFoundError:
        return f"the manifest {segment.manifest.name} is missing"
    except ValueError as error:
        return f"the manifest {segment.manifest.name} is not JSON: {error}"
    found: dict[str, object] = {
        "segment": segment.name,
        "switch": scan.switch,
        "records": len(scan.records),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    if not isinstance(stated, dict):
        return f"the manifest {segment.manifest.name} is not an object"
    wrong = [f"{key} {stated.get(key)!r}, found {value!r}" for key, value in found.items() if stated.get(key) != value]
    return f"the manifest says {'; '.join(wrong)}" if wrong else None
