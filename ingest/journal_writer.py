"""The one thread that writes a switch's journal: takes records from the queue, appends, syncs, seals.

A disk that refuses does not stop the listener: records wait in the queue (and its spill) while this
thread opens the journal again and again. What was appended but not yet synced is appended once more to
the new segment: it may then stand in the journal twice, never not at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from domain.errors import TransientError
from ingest.event_journal import Clock, EventJournal
from ingest.listener_notes import damage_note, note
from ingest.listener_settings import ListenerSettings
from ingest.listener_status import ListenerStatus
from ingest.record_batch import Batch, batch_of
from ingest.record_queue import RecordQueue
from ingest.spill import SpillFolder, read_spill

log = logging.getLogger(__name__)

# The longest it sleeps, so that a segment is sealed on time in quiet hours.
TICK_SECONDS = 1.0


class JournalWriter:
    """Owns the journal from its opening to its seal.

    Raises:
        PermanentError: another process writes this switch's journal. While the disk refuses, the lock is free, and
            another may have taken it: ``save_the_rest`` is then the caller's to ask, once the reader has stopped.
        TransientError: the journal cannot be written (at the start; at the end; any time without ``reconnect``).
    """

    def __init__(
        self,
        settings: ListenerSettings,
        clock: Clock,
        queue: RecordQueue,
        status: ListenerStatus,
        journal: EventJournal,
        spill: SpillFolder | None,
    ) -> None:
        self.settings, self.clock, self.queue, self.status = settings, clock, queue, status
        self.journal, self.spill = journal, spill
        self._unsynced: list[Batch] = []
        self._unsynced_bytes = 0
        self._sync_due: float | None = None

    def run(self) -> None:
        """Write until the queue is closed and empty, then seal."""
        try:
            self._attempt(self._note_recoveries)
            while (batch := self.queue.take(self._patience())) is not None:
                self._accept(batch)
            self._attempt(self._seal)
        except TransientError as error:
            log.error("%s", error)
            raise
        finally:
            self.journal.close()

    def _patience(self) -> float:
        if self._sync_due is None:
            return TICK_SECONDS
        return min(TICK_SECONDS, max(0.0, self._sync_due - time.monotonic()))

    def _accept(self, batch: Batch) -> None:
        if batch.file is not None:
            batch = self._from_spill(batch)
        if batch.records:
            self._unsynced.append(batch)
            self._unsynced_bytes += batch.bytes
            if self._sync_due is None:
                self._sync_due = time.monotonic() + self.settings.sync_seconds
        self._attempt(lambda: self._write(batch))

    def _write(self, batch: Batch) -> None:
        self.journal.append_batch(batch)
        self.journal.flush()
        late = self._sync_due is not None and time.monotonic() >= self._sync_due
        if late or self._unsynced_bytes >= self.settings.sync_bytes:
            self._sync()
        self.journal.seal_if_due()

    def _sync(self) -> None:
        started = time.monotonic()
        self.journal.sync()
        self.status.fsyncs.add(time.monotonic() - started)
        for batch in self._unsynced:
            self.status.journalled_events += batch.events
            if batch.file is not None:
                batch.file.unlink(missing_ok=True)
        self._unsynced.clear()
        self._unsynced_bytes, self._sync_due = 0, None

    def _seal(self) -> None:
        self._sync()
        self.journal.seal()

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do it; when the disk refuses, open the journal again until it takes what is not yet durable."""
        try:
            action()
        except TransientError as error:
            self.status.journal_failures += 1
            self.status.unwell["journal"] = str(error)
            if not self.settings.reconnect:
                raise
            log.error("%s: %s", self.settings.switch, error)
            self._reopen(self.clock(), error)

    def _reopen(self, since_us: int, error: TransientError) -> None:
        while True:
            # Told to stop, there is one more try: then what is left goes to the spill, or is reported lost.
            is_last = self.queue.closed.is_set()
            if not is_last:
                self.queue.closed.wait(self.settings.journal_retry_seconds)
            self.journal.close()
            try:
                self.journal = open_journal(self.settings, self.clock)
                self._note_recoveries()
                reason = str(error)
                self._append_note("journal_resumed", since_us=since_us, reason=reason)
                for batch in self._unsynced:
                    self.journal.append_batch(batch)
                self._sync()
            except TransientError as again:
                error = again
                if is_last:
                    self.save_the_rest()
                    raise
                continue
            self.status.unwell.pop("journal", None)
            log.warning("%s: the journal can be written again", self.settings.switch)
            return

    def save_the_rest(self) -> None:
        """The journal is gone, or another's, and we must stop: leave what is not durable to the next start. Asked once
        the queue is closed."""
        rest = self._unsynced
        while (batch := self.queue.take(0)) is not None:
            rest.append(batch)
        kept = [batch for batch in rest if batch.file is None]
        try:
            if self.spill is None:
                raise OSError("no spill folder is set")
            if kept:
                path = self.spill.write(kept)
                log.error("%s: what the journal did not take is in %s for the next start", self.settings.switch, path)
        except OSError as error:
            lost = sum(batch.records for batch in kept)
            self.status.lost_records += lost
            log.error("%s: %d records reached neither the journal nor the spill: %s", self.settings.switch, lost, error)

    def _from_spill(self, batch: Batch) -> Batch:
        """The records of a spill file; it is deleted once they are durable in the journal."""
        assert batch.file is not None  # noqa: S101
        try:
            scan = read_spill(batch.file)
        except OSError as error:
            self.status.unwell["spill"] = f"{batch.file} cannot be read: {error}"
            log.error("%s: spilled events cannot be read back from %s: %s", self.settings.switch, batch.file, error)
            return batch_of([note(self.clock(), "spill_lost", file=batch.file.name, reason=str(error))])
        now_us = self.clock()
        records = [*scan.records, *(damage_note(now_us, damage, file=batch.file.name) for damage in scan.damage)]
        records.append(note(now_us, "spilled", file=batch.file.name, records=len(scan.records)))
        return replace(batch_of(records), file=batch.file)

    def _note_recoveries(self) -> None:
        for recovery in self.journal.recovered:
            log.warning("a crash left %s open: kept %d records", recovery.segment, recovery.records)
            self._append_note("recovered", segment=recovery.segment, cut_bytes=recovery.cut_bytes)

    def _append_note(self, what: str, **details: str | int) -> None:
        record = note(self.clock(), what, **details)
        self.journal.append(record.received_us, record.kind, record.body)


def open_journal(settings: ListenerSettings, clock: Clock) -> EventJournal:
    return EventJournal(settings.folder, settings.switch, clock, settings.segment_bytes, settings.segment_seconds)
