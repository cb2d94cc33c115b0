"""Records on their way to the journal, as the bytes they will have there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ingest.event_run import EventRun
from ingest.journal_segment import Record, encode_record

# A batch's own weight beside its bytes.
BATCH_BYTES = 300


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded records in order, or (``file``) the file they wait in.

    ``first_us`` and ``last_us`` are times of its first and last record; ``is_ordered`` says that no record in between
    is older than the one before it. ``events`` of the ``records`` are no notes.
    """

    data: bytes = b""
    records: int = 0
    events: int = 0
    first_us: int = 0
    last_us: int = 0
    is_ordered: bool = True
    file: Path | None = None

    @property
    def bytes(self) -> int:
        return len(self.data) + BATCH_BYTES


class BatchMaker:
    """Collects what one read said."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._records = self._events = 0
        self._times: list[int] = []

    def add(self, record: Record) -> None:
        self._pieces.append(encode_record(*record))
        self._count(record.received_us, 1, record.kind != "note")

    def add_run(self, run: EventRun, received_us: int) -> None:
        """The events of a run, all of one time."""
        self._pieces.append(run.encode(received_us))
        self._count(received_us, len(run.bounds), len(run.bounds))

    def _count(self, received_us: int, records: int, events: int) -> None:
        self._records += records
        self._events += events
        self._times.append(received_us)

    def batch(self) -> Batch | None:
        """What was collected since the last call, if anything."""
        if not self._records:
            return None
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        times = self._times
        batch = Batch(data, self._records, self._events, times[0], times[-1], times == sorted(times))
        self.__init__()  # type: ignore[misc]
        return batch


def batch_of(records: Iterable[Record]) -> Batch:
    """The records as one batch; of none, an empty one."""
    maker = BatchMaker()
    for record in records:
        maker.add(record)
    return maker.batch() or Batch()


def joined(batches: list[Batch]) -> Batch:
    """Batches in order as one."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return Batch()
    is_ordered = all(batch.is_ordered for batch in batches) and all(
        before.last_us <= after.first_us for before, after in pairwise(batches)
    )
    return Batch(
        b"".join(batch.data for batch in batches),
        sum(batch.records for batch in batches),
        sum(batch.events for batch in batches),
        batches[0].first_us,
        batches[-1].last_us,
        is_ordered,
    )
