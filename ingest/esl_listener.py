"""The event socket's client: connects, subscribes, appends every event to the journal, comes back.

It reads and appends and does nothing else: FreeSWITCH drops the events, and in the end the calls, of a
switch whose client is slow (FACTS.md, "Loss"). What it lives through (connections, disconnections,
damage) stands in the journal as notes, beside the events, because it says where events may be missing.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from domain.errors import TransientError
from ingest.esl_session import TICK_SECONDS, Heard, ListenerSettings, Session, note
from ingest.event_journal import Clock, EventJournal
from ingest.wakeup import Stoppable, Wakeup

__all__ = ["EslListener", "Heard", "ListenerSettings", "stopped_by_signals"]

log = logging.getLogger(__name__)


class EslListener:
    """Listens to one switch until it is stopped (or, without ``reconnect``, until the stream ends).

    ``jitter`` gives numbers in [0, 1): many listeners must not come back at the same instant.
    """

    def __init__(self, settings: ListenerSettings, clock: Clock, jitter: Callable[[], float]) -> None:
        self.settings, self.clock, self.jitter = settings, clock, jitter
        self.heard = Heard()
        self._stop = Wakeup()

    def stop(self) -> None:
        """Drain, seal and return from ``run``. Safe in a signal handler and from another thread."""
        self._stop.set()

    def run(self) -> Heard:
        """Listen. The journal is sealed when this returns or raises.

        Raises:
            PermanentError: the switch refuses the password, the address or the subscription.
            TransientError: the journal cannot be written; without ``reconnect``, no switch answers.
        """
        settings = self.settings
        with (
            closing(self._stop),
            EventJournal(
                settings.folder, settings.switch, self.clock, settings.segment_bytes, settings.segment_seconds
            ) as journal,
        ):
            for recovery in journal.recovered:
                log.warning("a crash left %s open: kept %d records", recovery.segment, recovery.records)
                note(journal, self.clock(), "recovered", segment=recovery.segment, cut_bytes=recovery.cut_bytes)
            self._keep_listening(journal)
        return self.heard

    def _keep_listening(self, journal: EventJournal) -> None:
        failures = 0
        while not self._stop.is_set:
            events_before = self.heard.events
            try:
                connection = socket.create_connection(
                    (self.settings.host, self.settings.port), self.settings.reply_seconds
                )
            except OSError as error:
                self._unreachable(journal, failures, error)
            else:
                with connection:
                    Session(self.settings, self.clock, journal, self._stop, self.heard, connection).listen()
            failures = 0 if self.heard.events > events_before else failures + 1
            if not self.settings.reconnect:
                return
            self._wait(journal, self.backoff_seconds(failures))

    def _unreachable(self, journal: EventJournal, failures: int, error: OSError) -> None:
        message = f"no FreeSWITCH answers at {self.settings.address}: {error}"
        if not self.settings.reconnect:
            raise TransientError(f"{message}; start it, or correct the address") from error
        log.warning("%s", message)
        if failures == 0:  # once for each absence, or a night without a switch fills the journal
            note(journal, self.clock(), "unreachable", address=self.settings.address, reason=str(error))

    def backoff_seconds(self, failures: int) -> float:
        """Doubles with each failure up to the cap, then half of it at random."""
        doubled = self.settings.backoff_first_seconds * 2.0 ** min(failures, 30)
        return min(doubled, self.settings.backoff_cap_seconds) * (0.5 + self.jitter() / 2)

    def _wait(self, journal: EventJournal, seconds: float) -> None:
        journal.sync()
        due = time.monotonic() + seconds
        while (left := due - time.monotonic()) > 0 and not self._stop.is_set:
            self._stop.wait(min(left, TICK_SECONDS))
            journal.seal_if_due()


@contextmanager
def stopped_by_signals(listener: Stoppable) -> Iterator[None]:
    """While inside, SIGTERM and SIGINT make the listener drain, seal and return. Main thread only."""
    before = {number: signal.signal(number, lambda *_: listener.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
