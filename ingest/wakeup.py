"""Waiting on a socket that a signal handler or another thread can cut short."""

from __future__ import annotations

import selectors
import socket


class Wakeup:
    """``set`` once, from anywhere; every ``wait`` then returns at once, until ``acknowledge``."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self.is_set = False

    def set(self) -> None:
        """Safe in a signal handler: one byte into a pipe, at most once."""
        if not self.is_set:
            self.is_set = True
            self._sender.send(b"!")

    def acknowledge(self) -> None:
        """Let later waits wait again; ``is_set`` stays."""
        self._receiver.recv(1)

    def wait(self, seconds: float | None, other: socket.socket | None = None) -> bool:
        """Wait for ``other`` to be readable, for ``set`` or for the time; True if ``other`` is readable."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._receiver, selectors.EVENT_READ)
            if other is not None:
                selector.register(other, selectors.EVENT_READ)
            ready = selector.select(None if seconds is None else max(0.0, seconds))
        return any(key.fileobj is other for key, _ in ready)

    def close(self) -> None:
        self._receiver.close()
        self._sender.close()
