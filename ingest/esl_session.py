"""One connection to the event socket: greeting, subscription, events into the queue, goodbye."""

from __future__ import annotations

import logging
import re
import socket
import time

import orjson

from domain.errors import PermanentError
from ingest.esl_protocol import EVENT_KINDS, Damage, EventRun, Frame, FrameParser, decode_text
from ingest.event_journal import Clock
from ingest.event_run import HEARTBEAT
from ingest.journal_segment import Record
from ingest.listener_notes import damage_note, note, one_line
from ingest.listener_settings import ListenerSettings
from ingest.listener_status import Heard, ListenerStatus
from ingest.outbox import Outbox
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

# Plain loses characters, json does not. Every word after CUSTOM is taken for a subclass: it stays last,
# or what follows is silently never delivered.
SUBSCRIPTION = (
    "event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE SESSION_HEARTBEAT HEARTBEAT SHUTDOWN "
    "CUSTOM callcenter::info"
)
# What is in progress: asked when we come (back), and again so that every stretch of the journal has it.
CHANNELS = "api show channels as json"
# What FreeSWITCH says when its queue of 100,000 events for us overflowed.
KILLED = b"killed listener because of lost events"
HEARTBEATS = (HEARTBEAT, b"Event-Name: HEARTBEAT\n")
STAMP = re.compile(rb'Event-Date-Timestamp"?: ?"?(\d{16})')
# Where the stamp stands in an event: behind the switch's names and addresses.
STAMP_BYTES = 1024
# What one read brings at most: a flood's batch, and little of what the queue holds (a spill file is an eighth of it).
READ_BYTES, LEAST_READ_BYTES = 1 << 19, 1 << 12
READS_IN_MEMORY = 64
# The longest the loop sleeps.
TICK_SECONDS = 1.0


class Session:
    """One connection, from the greeting to the end of its stream."""

    def __init__(
        self,
        settings: ListenerSettings,
        clock: Clock,
        outbox: Outbox,
        stop: Wakeup,
        heard: Heard,
        status: ListenerStatus,
        connection: socket.socket,
        password: str,
    ) -> None:
        self.settings, self.clock, self.outbox, self.heard, self.status = settings, clock, outbox, heard, status
        self.connection, self.stop, self.password = connection, stop, password
        self.parser = FrameParser()
        self.unanswered: list[str] = []  # what we asked, in order
        self.is_subscribed = self.is_draining = self.was_killed = False
        self.end_reason = ""
        self.last_event: tuple[int, bytes] | None = None  # of this read: when it came, its body
        self.read_buffer = bytearray(min(READ_BYTES, max(LEAST_READ_BYTES, settings.memory_bytes // READS_IN_MEMORY)))
        self.deadline = time.monotonic() + settings.reply_seconds
        self.channels_due = self.heartbeat_wanted = 0.0

    def listen(self) -> None:
        """Read until the stream ends; the queue then holds why.

        Raises:
            PermanentError: the switch refuses the password, the address or the subscription.
        """
        self.heard.connections += 1
        self.outbox.add(note(self.clock(), "connected", address=self.settings.address))
        log.info("%s: connected to %s", self.settings.switch, self.settings.address)
        try:
            while self._read_once():
                pass
        except OSError as error:
            self.end_reason = self.end_reason or f"connection lost: {error}"
        except PermanentError as error:
            self.end_reason = str(error)
            raise
        finally:
            self._end()

    def _end(self) -> None:
        self.status.is_subscribed = False
        received_us = self.clock()
        for item in self.parser.close():
            if isinstance(item, Damage) or item.content_type in EVENT_KINDS:
                self._take(item, received_us)
        reason = self.end_reason or "the switch closed the connection"
        self.outbox.add(note(received_us, "disconnected", reason=reason))
        if self.was_killed:
            self.status.killed += 1
            self.outbox.add(note(received_us, "killed", reason=reason))
            log.error("%s: FreeSWITCH dropped events for us: %s; coming back at once", self.settings.switch, reason)
        else:
            log.info("%s: disconnected from %s: %s", self.settings.switch, self.settings.address, reason)
        self.outbox.send()

    def _read_once(self) -> bool:
        """Wait for bytes, queue what they say; False when the conversation is over."""
        if self.stop.is_set and not self.is_draining and not self._drain():
            return False
        now = time.monotonic()
        if now >= self.deadline:
            self.end_reason = self._silence()
            return False
        if self.is_subscribed and now >= self.channels_due and not self.is_draining:
            self.channels_due = now + self.settings.channels_seconds
            self._ask(CHANNELS)
        if self.stop.wait(min(self.deadline - now, TICK_SECONDS), self.connection):
            size = self.connection.recv_into(self.read_buffer)
            if not size:
                return False
            self._read(size)
        return True

    def _read(self, size: int) -> None:
        received_us = self.clock()
        self.status.received_bytes += size
        try:
            for item in self.parser.cut(self.read_buffer, size):
                if isinstance(item, EventRun):
                    self._take_run(item, received_us)
                else:
                    self._take(item, received_us)
        finally:
            self._measure()
            paused_seconds = self.outbox.send()
            self.deadline += paused_seconds  # the switch's heartbeats waited with everything else

    def _take(self, item: Frame | Damage, received_us: int) -> None:
        if isinstance(item, Frame) and (kind := EVENT_KINDS.get(item.headers["Content-Type"])) is not None:
            self._take_event(Record(received_us, kind, item.body))
        elif isinstance(item, Damage):
            self.heard.damage += 1
            log.warning("%s: damage at byte %d: %s", self.settings.switch, item.offset, item.reason)
            self.outbox.add(damage_note(received_us, item))
        elif item.content_type == "auth/request":
            self._ask(f"auth {self.password}")
        elif item.content_type == "command/reply":
            self._answered(item.headers.get("Reply-Text", ""))
        elif item.content_type == "api/response":
            self.outbox.add(channels_note(received_us, item.body))
            self.unanswered = [question for question in self.unanswered if question != "api"]
        elif item.content_type == "text/disconnect-notice":
            self.was_killed = item.body.startswith(KILLED)
            self.end_reason = self.end_reason or f"disconnect notice: {one_line(item.body)}"
        elif item.content_type == "text/rude-rejection":
            raise PermanentError(
                f"FreeSWITCH at {self.settings.address} refuses this address ({one_line(item.body)}); "
                "add it to apply-inbound-acl in event_socket.conf.xml"
            )
        else:
            self.outbox.add(note(received_us, "unexpected", content_type=item.content_type, body=one_line(item.body)))

    def _take_event(self, record: Record) -> None:
        self.outbox.add(record)
        self.last_event = record.received_us, record.body
        self.heard.events += 1
        if record.body.startswith(HEARTBEATS):
            self._heartbeat()

    def _take_run(self, run: EventRun, received_us: int) -> None:
        self.outbox.add_run(run, received_us)
        self.last_event = received_us, run.last_body(STAMP_BYTES)
        self.heard.events += len(run.bounds)
        # Looking takes a tenth of a small event's time; in a flood once a second will do.
        now = time.monotonic()
        if now >= self.heartbeat_wanted and run.has_heartbeat():
            self._heartbeat()
            self.heartbeat_wanted = now + TICK_SECONDS

    def _heartbeat(self) -> None:
        if not self.is_draining:
            self.deadline = time.monotonic() + self.settings.heartbeat_seconds

    def _measure(self) -> None:
        """Once a read, from its last event."""
        if self.last_event is None:
            return
        self.status.last_event = time.monotonic()
        received_us, body = self.last_event
        if (stamp := STAMP.search(body, 0, STAMP_BYTES)) is not None:
            self.status.lag_seconds = max(0, received_us - int(stamp[1])) / 1e6
        self.last_event = None

    def _ask(self, command: str) -> None:
        self.unanswered.append(command.partition(" ")[0])
        self.connection.sendall(command.encode() + b"\n\n")

    def _answered(self, reply: str) -> None:
        question = self.unanswered.pop(0) if self.unanswered else ""
        refused = not reply.startswith("+OK")
        if question == "auth" and refused:
            raise PermanentError(
                f"FreeSWITCH at {self.settings.address} refused the password ({reply}); "
                "set the one of event_socket.conf.xml in SECONDE_ESL_PASSWORD_FILE"
            )
        if question == "event" and refused:
            raise PermanentError(f"FreeSWITCH at {self.settings.address} refused {SUBSCRIPTION!r}: {reply}")
        if question == "auth":
            self._ask(SUBSCRIPTION)
        elif question == "event":
            self.is_subscribed = self.status.is_subscribed = True
            self.status.unwell.pop("switch", None)
            self.deadline = time.monotonic() + self.settings.heartbeat_seconds

    def _drain(self) -> bool:
        """Say goodbye and take what is still on the way; False when there is nothing to wait for."""
        self.end_reason = "told to stop"
        self.is_draining = True
        self.stop.acknowledge()
        self.deadline = time.monotonic() + self.settings.drain_seconds
        if self.is_subscribed:
            self._ask("exit")
        return self.is_subscribed

    def _silence(self) -> str:
        if self.is_draining:
            return f"{self.end_reason}; the switch did not close in {self.settings.drain_seconds:g} s"
        if not self.is_subscribed:
            return f"no answer in {self.settings.reply_seconds:g} s"
        return f"no HEARTBEAT in {self.settings.heartbeat_seconds:g} s"


def channels_note(received_us: int, body: bytes) -> Record:
    """The legs that are up, as ``show channels as json`` lists them; ``error`` when that was no list."""
    try:
        answer = orjson.loads(decode_text(body))
        rows = answer.get("rows", [])
    except (orjson.JSONDecodeError, AttributeError):
        return note(received_us, "channels", error=f"not an answer to {CHANNELS!r}: {one_line(body)}")
    return note(received_us, "channels", row_count=len(rows), rows=rows)
