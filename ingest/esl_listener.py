"""The event socket's client: connects, subscribes, queues every event for the journal, comes back.

One thread reads the socket and does nothing else: FreeSWITCH drops the events, and in the end the calls, of a
switch whose client is slow (FACTS.md, "Loss"). Another writes the journal, a third spills what the
journal cannot take yet. What the listener lives through (connections, disconnections, damage) stands in
the journal as notes, beside the events, because it says where events may be missing.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from domain.errors import PermanentError, TransientError
from ingest.esl_session import TICK_SECONDS, Session
from ingest.event_journal import Clock
from ingest.journal_writer import JournalWriter, open_journal
from ingest.listener_notes import note
from ingest.listener_settings import ListenerSettings
from ingest.listener_status import Heard, ListenerStatus
from ingest.outbox import Outbox
from ingest.record_queue import RecordQueue
from ingest.spill import keep_spilling, open_spill
from ingest.wakeup import Stoppable, Wakeup

__all__ = ["EslListener", "Heard", "ListenerSettings", "ListenerStatus", "stopped_by_signals"]

log = logging.getLogger(__name__)

# A peer that is gone without a word is found out in 20 + 3 x 5 s, whatever the heartbeat says.
KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 20), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))


class EslListener:
    """Listens to one switch until it is stopped (or, without ``reconnect``, until the stream ends).

    ``jitter`` gives numbers in [0, 1): many listeners must not come back at the same instant.
    """

    def __init__(self, settings: ListenerSettings, clock: Clock, jitter: Callable[[], float]) -> None:
        self.settings, self.clock, self.jitter = settings, clock, jitter
        self.heard = Heard()
        self.status = ListenerStatus()
        self._stop = Wakeup()

    def stop(self) -> None:
        """Drain, seal and return from ``run``. Safe in a signal handler and from another thread."""
        self._stop.set()

    def run(self) -> Heard:
        """Listen. The journal is sealed when this returns or raises.

        Raises:
            PermanentError: another process writes this journal; without ``reconnect``, the switch refuses
                the password, the address or the subscription.
            TransientError: the journal cannot be opened or, at the end, sealed; without ``reconnect``, the
                journal cannot be written or no switch answers.
        """
        self.status.heard = self.heard
        journal = open_journal(self.settings, self.clock)
        spill = open_spill(self.settings.spill_folder, self.settings.switch, self.status)
        queue = RecordQueue(self.settings.memory_bytes, spill.left if spill else (), self._queue_told)
        writer = JournalWriter(self.settings, self.clock, queue, self.status, journal, spill)
        outbox = Outbox(self.settings, self.clock, queue, self.status, self._stop)
        with closing(self._stop), ThreadPoolExecutor(2, thread_name_prefix=self.settings.switch) as threads:
            writing = threads.submit(writer.run)
            writing.add_done_callback(lambda _: self.stop())
            spilling = threads.submit(keep_spilling, queue, spill, self.status) if spill else None
            try:
                self._keep_listening(outbox)
            finally:
                queue.close()
            if spilling is not None:
                spilling.result()
            try:
                writing.result()
            except PermanentError:
                writer.save_the_rest()
                raise
        return self.heard

    def _queue_told(self, held_bytes: int, spill_files: int) -> None:
        self.status.queue_bytes, self.status.spill_files = held_bytes, spill_files

    def _keep_listening(self, outbox: Outbox) -> None:
        failures = 0
        while not self._stop.is_set:
            events_before = self.heard.events
            pause = None
            try:
                was_killed = self._listen_once(outbox, failures)
                pause = 0.0 if was_killed and self.heard.events > events_before else None
            except PermanentError as error:
                if not self.settings.reconnect:
                    raise
                pause = self.settings.refused_seconds
                self._refused(outbox, error, pause)
            failures = 0 if self.heard.events > events_before else failures + 1
            if not self.settings.reconnect:
                return
            self._wait(self.backoff_seconds(failures) if pause is None else pause)

    def _listen_once(self, outbox: Outbox, failures: int) -> bool:
        """One connection, if there is a switch; True when the switch killed it for lost events."""
        password = self.settings.current_password()
        try:
            connection = socket.create_connection((self.settings.host, self.settings.port), self.settings.reply_seconds)
        except OSError as error:
            self._unreachable(outbox, failures, error)
            return False
        with connection:
            keep_alive(connection)
            session = Session(
                self.settings, self.clock, outbox, self._stop, self.heard, self.status, connection, password
            )
            session.listen()
        if not self._stop.is_set:
            self.status.unwell["switch"] = session.end_reason or "the switch closed the connection"
        return session.was_killed

    def _unreachable(self, outbox: Outbox, failures: int, error: OSError) -> None:
        message = f"no FreeSWITCH answers at {self.settings.address}: {error}"
        if not self.settings.reconnect:
            raise TransientError(f"{message}; start it, or correct the address") from error
        self.status.unwell["switch"] = message
        log.warning("%s: %s", self.settings.switch, message)
        if failures == 0:  # once for each absence, or a night without a switch fills the journal
            outbox.add(note(self.clock(), "unreachable", address=self.settings.address, reason=str(error)))
            outbox.send()

    def _refused(self, outbox: Outbox, error: PermanentError, pause: float) -> None:
        self.status.refusals += 1
        log.error("%s: %s; trying again in %g s", self.settings.switch, error, pause)
        if "refused" not in self.status.unwell.get("switch", ""):
            outbox.add(note(self.clock(), "refused", reason=str(error)))
            outbox.send()
        self.status.unwell["switch"] = f"refused: {error}"

    def backoff_seconds(self, failures: int) -> float:
        """Doubles with each failure up to the cap, then half of it at random."""
        doubled = self.settings.backoff_first_seconds * 2.0 ** min(failures, 30)
        return min(doubled, self.settings.backoff_cap_seconds) * (0.5 + self.jitter() / 2)

    def _wait(self, seconds: float) -> None:
        due = time.monotonic() + seconds
        while (left := due - time.monotonic()) > 0 and not self._stop.is_set:
            self._stop.wait(min(left, TICK_SECONDS))


def keep_alive(connection: socket.socket) -> None:
    """Let the kernel find a peer that went without a word, also under what we send."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


@contextmanager
def stopped_by_signals(*listeners: Stoppable) -> Iterator[None]:
    """While inside, SIGTERM and SIGINT make the listeners drain, seal and return. Main thread only."""

    def stop(*_: object) -> None:
        for listener in listeners:
            listener.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
