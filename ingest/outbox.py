"""The reader's side of the queue: what one read gave goes over together, and a full queue is said."""

from __future__ import annotations

import logging
import time

from ingest.event_journal import Clock
from ingest.event_run import EventRun
from ingest.journal_segment import Record
from ingest.listener_notes import note
from ingest.listener_settings import ListenerSettings
from ingest.listener_status import ListenerStatus
from ingest.record_batch import BatchMaker
from ingest.record_queue import RecordQueue
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

# A disk that is only slower than a flood is no stall: it is not said, and not noted hundreds of times a second.
MOMENT_SECONDS = 0.25
# How long one try to put lasts, so that a stop is heard in between.
TRY_SECONDS = 0.5


class Outbox:
    """Collects records and puts them in the queue at each ``send``.

    When neither memory nor spill has room the reader stops reading, and says so. FreeSWITCH then queues
    (100,000 events) before it drops; nothing that was received is dropped here but at a stop, after
    ``drain_seconds``, with an error that says how much.
    """

    def __init__(
        self, settings: ListenerSettings, clock: Clock, queue: RecordQueue, status: ListenerStatus, stop: Wakeup
    ) -> None:
        self.settings, self.clock, self.queue, self.status, self.stop = settings, clock, queue, status, stop
        self._made = BatchMaker()

    def add(self, record: Record) -> None:
        self._made.add(record)

    def add_run(self, run: EventRun, received_us: int) -> None:
        self._made.add_run(run, received_us)

    def send(self) -> float:
        """Put what was added; returns the seconds it waited for room, 0 but in the worst hour."""
        batch = self._made.batch()
        if batch is None or self.queue.put(batch, MOMENT_SECONDS):
            return 0.0
        started = time.monotonic()
        log.error("%s: neither memory nor spill has room: reading pauses", self.settings.switch)
        self.status.unwell["queue"] = "neither memory nor spill has room: reading pauses"
        while not self.queue.put(batch, TRY_SECONDS):
            if self.stop.is_set and time.monotonic() - started > self.settings.drain_seconds:
                self.status.lost_records += batch.records
                log.error("%s: stopped with %d records no disk took", self.settings.switch, batch.records)
                return time.monotonic() - started
        paused_seconds = time.monotonic() - started
        self.status.unwell.pop("queue", None)
        self.status.paused_seconds += paused_seconds
        self.add(note(self.clock(), "paused", milliseconds=int(paused_seconds * 1000)))
        log.warning("%s: reading goes on after %.1f s", self.settings.switch, paused_seconds)
        return paused_seconds
