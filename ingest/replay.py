"""Speaks recorded bytes as a FreeSWITCH would, for the demo and the tests.

A recording is what a real server sent, from ``auth/request`` on. Where it answered a command (an
``auth``, an ``event``), the replay waits for the client's command before it sends the answer, so the
client under test does its real handshake.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domain.errors import BadInput, TransientError
from ingest.esl_protocol import Frame, FrameParser
from ingest.wakeup import Wakeup

log = logging.getLogger(__name__)

ANSWERS = {"command/reply", "api/response"}
GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
BYE = (
    b"Content-Type: command/reply\nReply-Text: +OK bye\n\n"
    b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%b" % (len(GOODBYE), GOODBYE)
)
# How long a client may take to hang up after the end of a recording.
LINGER_SECONDS = 5.0


@dataclass(frozen=True)
class Step:
    """Bytes to send: after a command of the client (``is_answer``), ``at`` seconds after the first."""

    data: bytes
    is_answer: bool
    at: float


@dataclass(frozen=True)
class Recording:
    """A server's bytes; ``index``: (unix time, end offset) of each read, when the pace is known."""

    data: bytes
    index: tuple[tuple[float, int], ...] = ()

    @classmethod
    def load(cls, path: Path) -> Recording:
        """A ``.esl`` and the ``.idx`` beside it, if any. Raises BadInput for an index that is none."""
        index_path = path.with_name(path.name + ".idx")
        if not index_path.exists():
            return cls(path.read_bytes())
        try:
            rows = [line.split() for line in index_path.read_text().splitlines()]
            index = tuple((float(at), int(offset) + int(length)) for at, offset, length in rows)
        except ValueError:
            raise BadInput(f"{index_path}: each line must read 'unix_time offset length'") from None
        return cls(path.read_bytes(), index)

    def steps(self) -> Iterator[Step]:
        """The recording cut where the server answered a command, and at frames when its pace is known."""
        parser = FrameParser()
        items = parser.feed(self.data) + parser.close()
        reads = iter(self.index)
        start = self.index[0][0] if self.index else 0.0
        at, received = start, 0
        for item in items:
            end = item.offset + item.length
            while received < end and self.index:
                at, received = next(reads, (at, end))
            is_answer = isinstance(item, Frame) and item.content_type in ANSWERS
            yield Step(self.data[item.offset : end], is_answer, at - start)


class Replay:
    """Serves recordings on a loopback port: each client that connects gets the next one.

    It serves, in a thread, as long as the context lasts; ``wait`` returns when the last recording was
    taken. ``at_recorded_pace`` needs recordings with an index; otherwise bytes go out as fast as the
    client reads.
    """

    def __init__(self, recordings: Sequence[Recording], *, port: int = 0, at_recorded_pace: bool = False) -> None:
        if at_recorded_pace and not all(recording.index for recording in recordings):
            raise BadInput("a replay at the recorded pace needs the .idx file beside each recording")
        self.recordings = recordings
        self.at_recorded_pace = at_recorded_pace
        self.commands: list[str] = []  # what the clients said, in order
        self._stop = Wakeup()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="replay", daemon=True)
        try:
            self._server = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise TransientError(f"port {port} on loopback cannot be taken: {error}; choose another") from error
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        client = self._client
        if client is not None:
            # Ends a send that waits for a client that does not read.
            hang_up(client, socket.SHUT_RDWR)
        self._thread.join()
        self._stop.close()

    def wait(self) -> None:
        """Until every recording was played."""
        self._thread.join()

    def _serve(self) -> None:
        with self._server:
            for recording in self.recordings:
                if not self._stop.wait(None, self._server):
                    break
                self._client, _ = self._server.accept()
                with self._client as client:
                    try:
                        Conversation(client, self._stop, self.commands, self.at_recorded_pace).play(recording)
                    except OSError as error:
                        log.info("the client left the replay: %s", error)
                self._client = None


class Conversation:
    """One client and the recording it gets."""

    def __init__(self, client: socket.socket, stop: Wakeup, commands: list[str], at_recorded_pace: bool) -> None:
        self.client, self.stop, self.commands, self.at_recorded_pace = client, stop, commands, at_recorded_pace
        self._unanswered = 0
        self._received = b""

    def play(self, recording: Recording) -> None:
        """Say the recording as far as the client lets us, then hang up in good order."""
        if self._say(recording):
            hang_up(self.client, socket.SHUT_WR)
        self._await_end()

    def _say(self, recording: Recording) -> bool:
        started = time.monotonic()
        batch: list[bytes] = []
        for step in recording.steps():
            if step.is_answer or self.at_recorded_pace:
                self.client.sendall(b"".join(batch))
                batch.clear()
            if step.is_answer and not self._await_command():
                return False
            if self.at_recorded_pace and not self._await_time(started + step.at):
                return False
            batch.append(step.data)
        self.client.sendall(b"".join(batch))
        return True

    def _await_command(self) -> bool:
        """Wait for a command to answer; False when the client is gone or we are told to stop."""
        while self._unanswered == 0:
            self.stop.wait(None, self.client)
            if not self._read():
                return False
        self._unanswered -= 1
        return True

    def _await_time(self, due: float) -> bool:
        while (left := due - time.monotonic()) > 0:
            if (self.stop.wait(left, self.client) or self.stop.is_set) and not self._read():
                return False
        return not self.stop.is_set

    def _await_end(self) -> None:
        """Closing while the client's last words are unread would reset the connection under its read."""
        due = time.monotonic() + LINGER_SECONDS
        while (left := due - time.monotonic()) > 0 and self.stop.wait(left, self.client):
            if self.stop.is_set or not self._receive():
                return

    def _read(self) -> bool:
        """Take the client's commands; False when the conversation is over: stopped, gone or ``exit``."""
        if self.stop.is_set or not self._receive():
            return False
        if "exit" not in self.commands[-self._unanswered :]:
            return True
        self.client.sendall(BYE)
        hang_up(self.client, socket.SHUT_WR)
        return False

    def _receive(self) -> bool:
        data = self.client.recv(4096)
        *commands, self._received = (self._received + data).split(b"\n\n")
        self.commands += [command.decode(errors="replace") for command in commands]
        self._unanswered += len(commands)
        return bool(data)


def hang_up(client: socket.socket, how: int) -> None:
    try:
        client.shutdown(how)
    except OSError as error:
        log.debug("the client had left already: %s", error)
