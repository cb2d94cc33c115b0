"""A FreeSWITCH that goes wrong when told to: what the listener meets in its life, on loopback, at will."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from ingest.wakeup import Wakeup

GREETING = b"Content-Type: auth/request\n\n"
GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
KILLED = b"killed listener because of lost events\n"  # word for word: captures/misc/overflow-reads-late.log
NO_CHANNELS = b'{"row_count":0}\n'
LINGER_SECONDS = 5.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The client left, or the switch was told to stop: the visit is over."""


class Visitor:
    """One client, and all a switch may do to it."""

    def __init__(self, client: socket.socket, stop: Wakeup, commands: list[str]) -> None:
        self.client, self.stop, self.commands = client, stop, commands
        self._unanswered = 0
        self._received = b""

    def greet(self) -> None:
        """The handshake, the subscription, and that no channel is up."""
        self.say(GREETING)
        self.answer("+OK accepted")
        self.answer("+OK event listener enabled json")
        self._await_command()
        if "exit" in self.commands[-1:]:
            self.hold()
            raise Gone
        self.say(b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(NO_CHANNELS), NO_CHANNELS))

    def refuse(self) -> None:
        """Say no to the password, as FreeSWITCH does."""
        self.say(GREETING)
        self.answer("-ERR invalid")
        self.notice(GOODBYE)

    def say(self, data: bytes) -> None:
        """Send, for as long as the client takes to read it."""
        try:
            self.client.sendall(data)
        except OSError:
            raise Gone from None

    def trickle(self, writes: Iterable[bytes], pause: float) -> None:
        """Send piece by piece, with a pause after each."""
        for data in writes:
            self.say(data)
            self.idle(pause)

    def idle(self, seconds: float) -> None:
        """Say nothing for a while."""
        self._read_for(seconds)

    def answer(self, reply: str) -> None:
        """Wait for the client's next command and answer it."""
        self._await_command()
        self.say(b"Content-Type: command/reply\nReply-Text: %b\n\n" % reply.encode())

    def _await_command(self) -> None:
        while self._unanswered == 0:
            self._read_for(None)
        self._unanswered -= 1

    def notice(self, text: bytes) -> None:
        """The disconnect notice that comes before the end."""
        self.say(b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%b" % (len(text), text))

    def reset(self) -> None:
        """Leave without a goodbye: what the client has not read is lost to it."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        raise Gone

    def hold(self) -> None:
        """Say nothing more; answer the client's ``exit`` as FreeSWITCH does."""
        while "exit" not in self.commands[-1:]:
            self._read_for(None)
        self.say(b"Content-Type: command/reply\nReply-Text: +OK bye\n\n")
        self.notice(GOODBYE)

    def linger(self) -> None:
        """Hang up in good order: closing while the client's last words are unread would reset the connection."""
        end(self.client, socket.SHUT_WR)
        while self._read_for(LINGER_SECONDS):
            pass

    def _read_for(self, seconds: float | None) -> bool:
        readable = self.stop.wait(seconds, self.client)
        if self.stop.is_set:
            raise Gone
        if readable:
            self._receive()
        return readable

    def _receive(self) -> None:
        try:
            data = self.client.recv(4096)
        except OSError:
            data = b""
        if not data:
            raise Gone
        *commands, self._received = (self._received + data).split(b"\n\n")
        self.commands += [command.decode() for command in commands]
        self._unanswered += len(commands)


Visit = Callable[[Visitor], None]


class FaultySwitch:
    """Serves one visit after another, the last one again and again; each client that connects gets the next.

    It serves, in a thread, as long as the context lasts.
    """

    def __init__(self, visits: Sequence[Visit]) -> None:
        self.visits = visits
        self.commands: list[str] = []
        self._stop = Wakeup()
        self._client: socket.socket | None = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="faulty-switch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        client = self._client
        if client is not None:
            end(client, socket.SHUT_RDWR)  # ends a send that waits for a client that does not read
        self._thread.join()
        self._stop.close()

    def _serve(self) -> None:
        turn = 0
        with self._server:
            while self._stop.wait(None, self._server):
                self._client, _ = self._server.accept()
                with self._client as client:
                    self._host(client, self.visits[min(turn, len(self.visits) - 1)])
                self._client = None
                turn += 1

    def _host(self, client: socket.socket, visit: Visit) -> None:
        visitor = Visitor(client, self._stop, self.commands)
        try:
            visit(visitor)
            visitor.linger()
        except Gone:
            return


def end(client: socket.socket, how: int) -> None:
    try:
        client.shutdown(how)
    except OSError:
        return  # the client was faster
