"""One connection to the event socket: greeting, subscription, events into the journal, goodbye."""

from __future__ import annotations

import base64
import json
import logging
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import PermanentError
from ingest.esl_protocol import EVENT_KINDS, Damage, Frame, FrameParser
from ingest.event_journal import Clock, EventJournal
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

# Plain loses characters, json does not. Every word after CUSTOM is taken for a subclass: it stays last,
# or what follows is silently never delivered.
SUBSCRIPTION = (
    "event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE SESSION_HEARTBEAT HEARTBEAT SHUTDOWN "
    "CUSTOM callcenter::info"
)
READ_BYTES = 1 << 18
# The longest the loop sleeps, so that a segment is sealed on time in quiet hours.
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class ListenerSettings:
    """Where the switch is, where its journal is, and the bounds the listener keeps.

    An event is durable ``sync_seconds`` or ``sync_bytes`` after it came, whichever is first. FreeSWITCH
    sends a HEARTBEAT every 20 s: ``silence_seconds`` without a byte and the connection is taken for dead.
    Without ``reconnect`` the listener stops where the stream ends.
    """

    host: str
    port: int
    password: str = field(repr=False)
    switch: str
    folder: Path
    segment_bytes: int = 64 << 20
    segment_seconds: int = 300
    sync_bytes: int = 1 << 20
    sync_seconds: float = 0.2
    reply_seconds: float = 10.0
    silence_seconds: float = 65.0
    drain_seconds: float = 5.0
    backoff_first_seconds: float = 0.5
    backoff_cap_seconds: float = 30.0
    reconnect: bool = True

    def __post_init__(self) -> None:
        if "\n" in self.password or not self.password:
            raise PermanentError("the event socket's password is empty or has a line break; check how it is set")

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass
class Heard:
    """What a listener took in until it stopped."""

    connections: int = 0
    events: int = 0
    damage: int = 0


class Session:
    """One connection, from the greeting to the end of its stream."""

    def __init__(
        self,
        settings: ListenerSettings,
        clock: Clock,
        journal: EventJournal,
        stop: Wakeup,
        heard: Heard,
        connection: socket.socket,
    ) -> None:
        self.settings, self.clock, self.journal, self.heard = settings, clock, journal, heard
        self.connection, self.stop = connection, stop
        self.parser = FrameParser()
        self.unanswered: list[str] = []  # what we asked, in order
        self.is_subscribed = False
        self.is_draining = False
        self.end_reason = ""
        self.deadline = time.monotonic() + settings.reply_seconds
        self.sync_due: float | None = None
        self.unsynced_bytes = 0

    def listen(self) -> None:
        """Read until the stream ends; the journal then holds why."""
        self.heard.connections += 1
        note(self.journal, self.clock(), "connected", address=self.settings.address)
        log.info("connected to %s", self.settings.address)
        try:
            while self._read_once():
                pass
        except OSError as error:
            self.end_reason = self.end_reason or f"connection lost: {error}"
        except PermanentError as error:
            self.end_reason = str(error)
            raise
        finally:
            received_us = self.clock()
            for item in self.parser.close():
                if isinstance(item, Damage) or item.content_type in EVENT_KINDS:
                    self._take(item, received_us)
            reason = self.end_reason or "the switch closed the connection"
            note(self.journal, received_us, "disconnected", reason=reason)
            log.info("disconnected from %s: %s", self.settings.address, reason)

    def _read_once(self) -> bool:
        """Wait for bytes, journal them; False when the conversation is over."""
        if self.stop.is_set and not self.is_draining and not self._drain():
            return False
        now = time.monotonic()
        if now >= self.deadline:
            self.end_reason = self._silence()
            return False
        wake = min(self.deadline, now + TICK_SECONDS, now + TICK_SECONDS if self.sync_due is None else self.sync_due)
        if self.stop.wait(wake - now, self.connection):
            data = self.connection.recv(READ_BYTES)
            if not data:
                return False
            self._journal(data)
        self._sync_if_due()
        self.journal.seal_if_due()
        return True

    def _journal(self, data: bytes) -> None:
        received_us = self.clock()
        for item in self.parser.feed(data):
            self._take(item, received_us)
        if self.is_subscribed and not self.is_draining:
            self.deadline = time.monotonic() + self.settings.silence_seconds
        self.journal.flush()
        self.unsynced_bytes += len(data)
        if self.sync_due is None:
            self.sync_due = time.monotonic() + self.settings.sync_seconds

    def _sync_if_due(self) -> None:
        if self.sync_due is None:
            return
        if self.unsynced_bytes >= self.settings.sync_bytes or time.monotonic() >= self.sync_due:
            self.journal.sync()
            self.sync_due, self.unsynced_bytes = None, 0

    def _take(self, item: Frame | Damage, received_us: int) -> None:
        if isinstance(item, Damage):
            self._note_damage(item, received_us)
        elif (kind := EVENT_KINDS.get(item.content_type)) is not None:
            self.journal.append(received_us, kind, item.body)
            self.heard.events += 1
        elif item.content_type == "auth/request":
            self._ask(f"auth {self.settings.password}")
        elif item.content_type == "command/reply":
            self._answered(item.headers.get("Reply-Text", ""))
        elif item.content_type == "text/disconnect-notice":
            self.end_reason = self.end_reason or f"disconnect notice: {one_line(item.body)}"
        elif item.content_type == "text/rude-rejection":
            raise PermanentError(
                f"FreeSWITCH at {self.settings.address} refuses this address ({one_line(item.body)}); "
                "add it to apply-inbound-acl in event_socket.conf.xml"
            )
        else:
            note(self.journal, received_us, "unexpected", content_type=item.content_type, body=one_line(item.body))

    def _note_damage(self, damage: Damage, received_us: int) -> None:
        self.heard.damage += 1
        log.warning("damage at byte %d of the stream: %s", damage.offset, damage.reason)
        excerpt = base64.b64encode(damage.excerpt).decode()
        note(
            self.journal,
            received_us,
            "damage",
            offset=damage.offset,
            length=damage.length,
            reason=damage.reason,
            excerpt_base64=excerpt,
        )

    def _ask(self, command: str) -> None:
        self.unanswered.append(command.partition(" ")[0])
        self.connection.sendall(command.encode() + b"\n\n")

    def _answered(self, reply: str) -> None:
        question = self.unanswered.pop(0) if self.unanswered else ""
        refused = not reply.startswith("+OK")
        if question == "auth" and refused:
            raise PermanentError(
                f"FreeSWITCH at {self.settings.address} refused the password ({reply}); "
                "set the one of event_socket.conf.xml and start again"
            )
        if question == "event" and refused:
            raise PermanentError(f"FreeSWITCH at {self.settings.address} refused {SUBSCRIPTION!r}: {reply}")
        if question == "auth":
            self._ask(SUBSCRIPTION)
        elif question == "event":
            self.is_subscribed = True

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
        return f"not a byte in {self.settings.silence_seconds:g} s"


def note(journal: EventJournal, received_us: int, what: str, **details: str | int) -> None:
    """Put one of the listener's own observations in the journal: JSON with ``note`` saying which."""
    journal.append(received_us, "note", json.dumps({"note": what, **details}, ensure_ascii=False).encode())


def one_line(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())[:200]
