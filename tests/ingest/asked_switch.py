"""A switch that is asked: real event socket framing on a real port, answers given by the test.

Bytes as FreeSWITCH wrote them in captures/misc (bad-commands.esl, wrong-password.esl).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GOODBYE = (
    b"Content-Type: text/disconnect-notice\nContent-Length: 67\n\n"
    b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)
REFUSED = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"


def reply(text: str) -> bytes:
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def response(body: str) -> bytes:
    raw = body.encode()
    return b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(raw), raw)


@dataclass
class AskedSwitch:
    """``answer`` gives the body for an API command; ``said`` is every line that came."""

    answer: Callable[[str], str]
    password: str = "lab"
    greeting: bytes = b"Content-Type: auth/request\n\n"
    port: int = 0
    said: list[str] = field(default_factory=list)
    # Bytes to write at once, to try any split of the stream.
    chunk: int = 1 << 16

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        self._write(connection, self.greeting)
        buffer = b""
        while data := connection.recv(1 << 16):
            *lines, buffer = (buffer + data).split(b"\n\n")
            for line in lines:
                if not self._hear(connection, line.decode()):
                    return

    def _hear(self, connection: socket.socket, command: str) -> bool:
        """Answer one command; False when the conversation is over."""
        self.said.append(command)
        if command == f"auth {self.password}":
            self._write(connection, reply("+OK accepted"))
            return True
        if command.startswith("auth "):
            self._write(connection, reply("-ERR invalid") + GOODBYE)
            return False
        answer = self.answer(command.removeprefix("api "))
        if answer == "goodbye":
            self._write(connection, GOODBYE)
        elif answer != "silence":
            self._write(connection, response(answer))
        return answer not in ("goodbye", "silence")

    def _write(self, connection: socket.socket, data: bytes) -> None:
        for start in range(0, len(data), self.chunk):
            connection.sendall(data[start : start + self.chunk])


@contextmanager
def asked_switch(switch: AskedSwitch) -> Iterator[AskedSwitch]:
    """The switch on a loopback port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        switch.port = listener.getsockname()[1]
        thread = threading.Thread(target=switch.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield switch
        finally:
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
