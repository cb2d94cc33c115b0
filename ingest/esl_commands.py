"""Asking a FreeSWITCH something: one connection to its event socket, commands one after the other, no events.

The listener never asks anything on its own connection; this is the other one, for ``seconde freeswitch apply``.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import PermanentError, TransientError
from ingest.esl_protocol import Damage, Frame, FrameParser

READ_BYTES = 1 << 16
# A greeting and a password's answer take no time; a switch that is stuck takes for ever.
GREETING_SECONDS = 10.0
# A reload of a large configuration takes seconds.
REPLY_SECONDS = 300.0
# What FreeSWITCH says for an answer of nothing.
NO_REPLY = "-ERR no reply"


class EslCommands:
    """An authenticated connection. Make it with ``connected``."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self.connection, self.address = connection, address
        self._parser = FrameParser()
        self._frames: list[Frame] = []
        self._is_greeted = False

    def api(self, command: str) -> str:
        """The answer to an API command, as FreeSWITCH words it, without the last line break.

        Raises:
            PermanentError: FreeSWITCH knows no such command.
            TransientError: the connection broke, or no answer came.
        """
        answer = self._ask(f"api {command}", "api/response").body.decode(errors="replace").rstrip("\n")
        if answer.endswith("Command not found!"):
            name = command.partition(" ")[0]
            raise PermanentError(
                f"the FreeSWITCH at {self.address} has no command {name!r}; load the module that has it"
            )
        return "" if answer == NO_REPLY else answer

    def run(self, command: str) -> str:
        """The answer to an API command that must succeed.

        Raises:
            PermanentError: FreeSWITCH refuses it (``-ERR``); the message has its words.
        """
        answer = self.api(command)
        if answer.startswith("-ERR"):
            raise PermanentError(f"the FreeSWITCH at {self.address} refused {command!r}: {answer}")
        return answer

    def authenticate(self, password: str) -> None:
        """Say the password. Raises PermanentError when it is refused."""
        greeting = self._next()
        self._is_greeted = True
        if greeting.content_type == "text/rude-rejection":
            raise PermanentError(f"the event socket of {self.address} refuses this address; see its apply-inbound-acl")
        if greeting.content_type != "auth/request":
            raise PermanentError(f"{self.address} is no event socket: it begins with {greeting.content_type!r}")
        reply = self._ask(f"auth {password}", "command/reply", secret=True).headers.get("Reply-Text", "")
        if not reply.startswith("+OK"):
            raise PermanentError(f"the event socket of {self.address} refuses the password: {reply}")

    def _ask(self, line: str, content_type: str, *, secret: bool = False) -> Frame:
        if "\n" in line or "\r" in line:
            raise ValueError("a password has a line break" if secret else f"one command is one line: {line!r}")
        try:
            self.connection.sendall(f"{line}\n\n".encode())
        except OSError as error:
            raise self._lost(error) from error
        frame = self._next()
        # A switch that says goodbye in between is going down.
        if frame.content_type != content_type:
            raise TransientError(f"the FreeSWITCH at {self.address} answered {frame.content_type!r}; ask again later")
        return frame

    def _next(self) -> Frame:
        while not self._frames:
            try:
                data = self.connection.recv(READ_BYTES)
            except OSError as error:
                self._refuse_unreadable(error)
                raise self._lost(error) from error
            for item in self._parser.feed(data) if data else self._parser.close():
                if isinstance(item, Damage):
                    raise TransientError(f"the FreeSWITCH at {self.address} speaks unreadably: {item.reason}")
                self._frames.append(item)
            if not data and not self._frames:
                raise TransientError(f"the FreeSWITCH at {self.address} closed the connection; ask again later")
        return self._frames.pop(0)

    def _refuse_unreadable(self, error: OSError) -> None:
        """What waits in the parser is no frame: a mail or web server greets otherwise, and then waits for us."""
        unread = [item for item in self._parser.close() if isinstance(item, Damage)]
        if unread and not self._is_greeted:
            raise PermanentError(f"{self.address} is no event socket: {unread[0].reason}") from error

    def _lost(self, error: OSError) -> TransientError:
        return TransientError(f"the connection to the FreeSWITCH at {self.address} was lost ({error}); ask again later")


@contextmanager
def connected(
    host: str,
    port: int,
    password: str,
    reply_seconds: float = REPLY_SECONDS,
    greeting_seconds: float = GREETING_SECONDS,
) -> Iterator[EslCommands]:
    """A connection to a switch, closed at the end.

    Raises:
        TransientError: nothing answers there, or what does is stuck.
        PermanentError: the address or the password is refused.
    """
    address = f"{host}:{port}"
    try:
        connection = socket.create_connection((host, port), greeting_seconds)
    except OSError as error:
        raise TransientError(
            f"no FreeSWITCH answers at {address}: {error}; start it, or correct the address"
        ) from error
    with connection:
        commands = EslCommands(connection, address)
        commands.authenticate(password)
        connection.settimeout(reply_seconds)
        yield commands
