"""The journal as it grows: whole records of open and freshly sealed segments, for who watches.

Reads what the listener has flushed (at most a fraction of a second old), not what it has synced: what is
shown here was not yet promised to last.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ingest.journal_segment import MAGIC, OPEN_SUFFIX, Record, SegmentPath, record_at, sealed_segments

# Of each switch, what was sealed just before: a list of channels stands in every stretch of five minutes.
SEALED_BEFORE = 2


class JournalTail:
    """Follows every switch's journal in a folder, from its last sealed segments on."""

    def __init__(self, folder: Path, sealed_before: int = SEALED_BEFORE) -> None:
        self.folder, self.sealed_before = folder, sealed_before
        self._growing: dict[str, GrowingSegment] = {}
        self._seen: set[str] = set()
        self._is_first = True

    def read_new(self) -> list[tuple[str, Record]]:
        """Records that came since the last call, each with its switch, in order within a switch."""
        for segment in self._segments():
            if segment.name not in self._seen and (growing := GrowingSegment.open(segment)) is not None:
                self._seen.add(segment.name)
                self._growing[segment.name] = growing
        records = []
        for name, growing in list(self._growing.items()):
            # Looked at before it is read: what a sealed segment has, it has for good.
            is_sealed = not (self.folder / (name + OPEN_SUFFIX)).exists()
            records += [(growing.switch, record) for record in growing.read()]
            if is_sealed:
                growing.close()
                del self._growing[name]
        return records

    def _segments(self) -> list[SegmentPath]:
        # Open ones are listed first: one that is sealed in between is then found among the sealed.
        open_now = [SegmentPath.of(path) for path in self.folder.glob(f"*{OPEN_SUFFIX}")]
        sealed = sealed_segments(self.folder)
        if self._is_first:
            self._is_first = False
            by_switch: dict[str, list[SegmentPath]] = {}
            for segment in sealed:
                by_switch.setdefault(segment.switch, []).append(segment)
            recent = {s.name for of in by_switch.values() for s in of[max(0, len(of) - self.sealed_before) :]}
            self._seen |= {segment.name for segment in sealed} - recent
        return sorted({s.name: s for s in [*open_now, *sealed]}.values(), key=lambda s: (s.switch, s.sequence))

    def close(self) -> None:
        for growing in self._growing.values():
            growing.close()


class GrowingSegment:
    """One segment read as far as its last whole record. The open file survives the renaming."""

    def __init__(self, switch: str, file: BinaryIO) -> None:
        self.switch, self._file = switch, file
        self._buffer = b""
        self._is_begun = False

    @classmethod
    def open(cls, segment: SegmentPath) -> GrowingSegment | None:
        """None when it was sealed under our hands: the next look finds it under its other name."""
        try:
            return cls(segment.switch, segment.path.open("rb"))
        except FileNotFoundError:
            return None

    def read(self) -> list[Record]:
        self._buffer += self._file.read()
        position = 0
        if not self._is_begun and (magic := MAGIC.match(self._buffer)) is not None:
            self._is_begun, position = True, magic.end()
        records = []
        while self._is_begun and isinstance(record := record_at(self._buffer, position), Record):
            end = self._buffer.index(b"\n", position) + 1 + len(record.body) + 1
            if len(self._buffer) < end:
                break
            records.append(record)
            position = end
        self._buffer = self._buffer[position:]
        return records

    def close(self) -> None:
        self._file.close()
