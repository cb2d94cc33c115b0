r"""Append-only segments of a switch's events: write, group fsync, seal, read back whatever happened.

A segment ``<switch>-<opened at, UTC>-<sequence>`` grows as ``.open`` and becomes ``.esl`` when it is
sealed, after its manifest ``.json`` is durable. Inside::

    SECONDE-JOURNAL 1 <switch>\n
    <received_us> <kind> <length> <crc32>\n<body>\n        and so on

``kind`` is ``json`` or ``plain`` (an event's body, byte for byte), ``cdr`` (a mod_json_cdr file's content)
or ``note`` (the listener's own JSON).
The CRC covers the three fields before it as well as the body. Times are epoch microseconds, UTC.
One process writes a switch's journal at a time; files are for their owner only (0600): they say who
called whom.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from domain.errors import PermanentError, TransientError
from ingest.damage import Damage
from ingest.journal_segment import (
    KINDS,
    OPEN_SUFFIX,
    SEALED_SUFFIX,
    SWITCH,
    Record,
    SegmentPath,
    SegmentReading,
    read_segment,
    records_in,
    sealed_segments,
    segment_name,
)
from ingest.listener_notes import note
from ingest.open_segment import OpenSegment, Recovery, recover, seal_file, sync_folder
from ingest.record_batch import Batch

__all__ = [
    "Clock",
    "Damage",
    "EventJournal",
    "Record",
    "Recovery",
    "SegmentPath",
    "SegmentReading",
    "read_segment",
    "sealed_segments",
]

# What time it is: epoch microseconds, UTC. Handed in by orchestration.
Clock = Callable[[], int]

# A clock set back by less is smoothed over (records keep the time of the one before them); by more, the
# segment is sealed, the next one begins at the new time and says so: within a segment time never goes back.
CLOCK_STEP_US = 1_000_000


class EventJournal:
    """The journal of one switch in ``folder``, for one writing process.

    Opening it seals what a crash left open (``recovered`` says what). A record is on its way to the
    disk after ``flush`` (a killed process loses nothing) and durable after ``sync``; when to call
    them is the caller's trade between delay and load. A segment is sealed when a record would come
    after ``segment_seconds``, or once it has ``segment_bytes``; call ``seal_if_due`` in quiet hours.

    Raises:
        PermanentError: the switch's name cannot name a file, or another process has this journal.
        TransientError: the disk refuses (full, gone); what was synced stands, start again later.
    """

    def __init__(self, folder: Path, switch: str, clock: Clock, segment_bytes: int, segment_seconds: int) -> None:
        if not SWITCH.fullmatch(switch):
            raise PermanentError(f"switch name {switch!r} cannot name a file; use letters, digits, '.', '_', '-'")
        self.folder, self.switch, self.clock = folder, switch, clock
        self.segment_bytes, self.segment_us = segment_bytes, segment_seconds * 1_000_000
        self._segment: OpenSegment | None = None
        self._last_us = 0  # of the last record
        self._lock: int | None = None
        with self._disk():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = lock_journal(folder, switch)
            try:
                self.recovered = [recover(path, switch, clock()) for path in self._own_files(OPEN_SUFFIX)]
                sync_folder(folder)
            except OSError:
                self._unlock()
                raise
        self._sequence = max((SegmentPath.of(p).sequence for p in self._own_files(SEALED_SUFFIX)), default=0)

    def _own_files(self, suffix: str) -> list[Path]:
        paths = sorted(self.folder.glob(f"*{suffix}"))
        return [path for path in paths if SegmentPath.of(path).switch == self.switch]

    def append(self, received_us: int, kind: str, body: bytes) -> None:
        """Add one record; seals the segment first when it is due."""
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is none of {KINDS}")
        if self._is_due(received_us):
            self.seal()
        segment = self._segment
        if segment is None:
            with self._disk():
                segment = self._open(received_us)
        segment.append(max(received_us, segment.last_us), kind, body)  # in memory: no disk can refuse it
        self._last_us = segment.last_us

    def append_batch(self, batch: Batch) -> None:
        """Add records that are encoded already; one by one only where times or the segment's end ask for it."""
        if not batch.records:
            return
        segment = self._segment
        if segment is None or self._is_due(batch.first_us):
            self.seal()
            with self._disk():
                segment = self._open(batch.first_us)
            self._last_us = batch.first_us  # said already, should the clock have been set back
        if batch.is_ordered and segment.last_us <= batch.first_us and not self._is_late(segment, batch.last_us):
            segment.append_batch(batch)
            self._last_us = segment.last_us
            return
        for received_us, kind, body in records_in(batch.data):
            self.append(received_us, kind, body)

    def _open(self, received_us: int) -> OpenSegment:
        self._sequence += 1
        name = segment_name(self.switch, received_us, self._sequence)
        self._segment = segment = OpenSegment(self.folder, name, self.switch, received_us)
        sync_folder(self.folder)
        if self._went_back(received_us):
            clock = note(received_us, "clock", was_us=self._last_us, is_us=received_us)
            segment.append(clock.received_us, clock.kind, clock.body)
        return segment

    def _went_back(self, now_us: int) -> bool:
        return self._last_us - now_us > CLOCK_STEP_US

    def _is_due(self, now_us: int) -> bool:
        segment = self._segment
        if segment is None:
            return False
        is_full = segment.bytes >= self.segment_bytes
        return is_full or self._is_late(segment, now_us) or self._went_back(now_us)

    def _is_late(self, segment: OpenSegment, now_us: int) -> bool:
        return now_us - segment.opened_us >= self.segment_us

    def flush(self) -> None:
        """Hand what was appended to the operating system."""
        if self._segment is not None:
            with self._disk():
                self._segment.flush()

    def sync(self) -> None:
        """Make everything appended so far durable."""
        if self._segment is not None:
            with self._disk():
                self._segment.sync()

    def seal_if_due(self) -> None:
        """Seal a segment whose time is up though nothing more came."""
        if self._is_due(self.clock()):
            self.seal()

    def seal(self) -> SegmentPath | None:
        """Close the segment for good: sync, manifest, rename. None when none is open."""
        segment = self._segment
        if segment is None:
            return None
        with self._disk():
            segment.sync()
            sealed = seal_file(segment.path, segment.manifest(self.clock()))
        segment.close()
        self._segment = None
        return sealed

    def close(self) -> None:
        """Seal and let another process have the journal. Closing again does nothing."""
        try:
            self.seal()
        finally:
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """The disk's refusal as an error that says what to do.

        The segment is then left as it is, for the next start to recover: an fsync tried again after
        it failed once may answer success for pages that are gone.
        """
        try:
            yield
        except OSError as error:
            if self._segment is not None:
                self._segment.close()
                self._segment = None
            raise TransientError(
                f"the journal in {self.folder} cannot be written: {error}; make room and start again"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lock_journal(folder: Path, switch: str) -> int:
    """One writer per switch: the lock goes with the process, however it ends."""
    handle = os.open(folder / f".{switch}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise PermanentError(
            f"another process writes the journal of {switch} in {folder}; stop it before starting this one"
        ) from None
    return handle
