"""Waiting on a socket that a signal handler or another thread can cut short."""

from __future__ import annotations

import math
import select
import socket
from contextlib import suppress
from typing import Protocol


class Stoppable(Protocol):
    """What a signal may end: ``stop`` is safe in a handler."""

    def stop(self) -> None: ...


class Wakeup:
    """``set`` once, from anywhere; every ``wait`` then returns at once, until ``acknowledge``.

    Sockets are taken at the first ``wait``; ``close`` gives them back.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._is_acknowledged = False
        self._pair: tuple[socket.socket, socket.socket] | None = None

    def set(self) -> None:
        """Safe in a signal handler: a flag, and one byte for whoever waits."""
        if self.is_set:
            return
        self.is_set = True
        if self._pair is not None:
            with suppress(OSError):  # closed: nobody waits any more
                self._pair[0].send(b"!")

    def acknowledge(self) -> None:
        """Let later waits wait again; ``is_set`` stays."""
        self._is_acknowledged = True

    def wait(self, seconds: float | None, other: socket.socket | None = None) -> bool:
        """Wait for ``other`` to be readable, for ``set`` or for the time; True if ``other`` is readable."""
        if self._pair is None:
            self._pair = socket.socketpair()
        sockets = select.poll()  # asks the kernel once, where an epoll of its own would four times
        if not self._is_acknowledged:
            sockets.register(self._pair[1], select.POLLIN)
            # Looked at after the pair is there: a ``set`` before that left no byte.
            seconds = 0 if self.is_set else seconds
        if other is not None:
            sockets.register(other, select.POLLIN)
        ready = sockets.poll(None if seconds is None else math.ceil(max(0.0, seconds) * 1000))
        return other is not None and any(number == other.fileno() for number, _ in ready)

    def close(self) -> None:
        for end in self._pair or ():
            end.close()
