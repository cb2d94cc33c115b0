"""Records on their way from the socket to the journal: in order, bounded in memory, the rest on another disk.

The reader of the socket never touches a disk: it puts. Three places keep the order: the front (memory,
what the writer takes next), the middle (spill files), the back (memory, what came last and may yet be
spilled). Without a stall everything passes through the front.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from ingest.record_batch import Batch, joined

# What one take joins from memory: enough for one write, little to hold twice. A flood's reads are larger.
TAKE_BYTES = 1 << 18


class RecordQueue:
    """Between one reader and one writer; ``spilled`` are the files an earlier process left, oldest first."""

    def __init__(self, memory_bytes: int, spilled: Iterable[Path] = (), told: Callable[[int, int], None] | None = None):
        self.memory_bytes = memory_bytes
        self.chunk_bytes = max(1, memory_bytes // 8)  # of one spill file
        self._front: deque[Batch] = deque()
        self._middle: deque[Batch] = deque(Batch(file=file) for file in spilled)
        self._back: deque[Batch] = deque()
        self._front_bytes = self._back_bytes = 0
        self._turns = 0  # how often the back became the front
        self.closed = threading.Event()
        self._told = told
        lock = threading.Lock()
        self._came, self._has_room, self._overflows = (threading.Condition(lock) for _ in range(3))

    def put(self, batch: Batch, seconds: float) -> bool:
        """Add records; False when there was no room for them in that time. Touches no disk."""
        size = batch.bytes
        with self._has_room:
            if not self._has_room.wait_for(lambda: self._fits(size), seconds):
                return False
            if self._middle or self._back or self._front_bytes >= self.memory_bytes // 2:
                self._back.append(batch)
                self._back_bytes += size
                if self._back_bytes >= self.chunk_bytes:
                    self._overflows.notify()
            else:
                self._front.append(batch)
                self._front_bytes += size
            self._tell()
            self._came.notify()
        return True

    def _fits(self, size: int) -> bool:
        held = self._front_bytes + self._back_bytes
        return held + size <= self.memory_bytes or held == 0

    def take(self, seconds: float) -> Batch | None:
        """The oldest records, empty when none came in that time, None when closed and all was taken.

        A batch with a ``file`` has its records there.
        """
        with self._came:
            self._came.wait_for(lambda: self._front or self._middle or self._back or self.closed.is_set(), seconds)
            if not self._front and self._middle:
                batch = self._middle.popleft()
                self._tell()
                return batch
            if not self._front and self._back:
                self._front, self._back = self._back, self._front
                self._front_bytes, self._back_bytes = self._back_bytes, 0
                self._turns += 1
            if not self._front and self.closed.is_set():
                return None
            return self._from_front()

    def _from_front(self) -> Batch:
        batches: list[Batch] = []
        size = 0
        while self._front and (not batches or size + self._front[0].bytes <= TAKE_BYTES):
            batches.append(self._front.popleft())
            size += batches[-1].bytes
        self._front_bytes -= size
        self._tell()
        self._has_room.notify()
        return joined(batches)

    def close(self) -> None:
        """Nothing more is put; what is here can still be taken."""
        with self._came:
            self.closed.set()
            self._came.notify_all()
            self._overflows.notify_all()

    def overflow(self) -> tuple[int, list[Batch]] | None:
        """Wait for a spill file's worth of records; None when closed. ``spilled`` says they are on disk."""
        with self._overflows:
            self._overflows.wait_for(lambda: self._back_bytes >= self.chunk_bytes or self.closed.is_set())
            if self.closed.is_set():
                return None
            chunk: list[Batch] = []
            while sum(batch.bytes for batch in chunk) < self.chunk_bytes:
                chunk.append(self._back[len(chunk)])
            return self._turns, chunk

    def spilled(self, turn: int, chunk: list[Batch], file: Path) -> bool:
        """The chunk is in the file; False when the writer has taken it from memory in the meantime."""
        with self._overflows:
            if self._turns != turn:
                return False
            for batch in chunk:
                self._back.popleft()
                self._back_bytes -= batch.bytes
            self._middle.append(Batch(file=file))
            self._tell()
            self._has_room.notify()
            self._came.notify()
            return True

    def _tell(self) -> None:
        if self._told is not None:
            self._told(self._front_bytes + self._back_bytes, len(self._middle))
