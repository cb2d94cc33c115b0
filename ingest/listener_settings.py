"""Where a listener's switch is, where its journal is, and the bounds it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import PermanentError


@dataclass(frozen=True)
class ListenerSettings:
    """One switch's listener. Seconds and bytes, as the names say.

    An event is durable ``sync_seconds`` or ``sync_bytes`` after it came, whichever is first. FreeSWITCH
    sends a HEARTBEAT every 20 s: ``heartbeat_seconds`` without one and the connection is taken for dead.
    While the journal stalls, ``memory_bytes`` of records wait in memory, the rest in ``spill_folder``.
    ``read_password`` is asked at each connection and wins over ``password``: it may have changed.
    Without ``reconnect`` the listener stops where the stream ends and at the first error.
    """

    host: str
    port: int
    password: str = field(repr=False)
    switch: str
    folder: Path
    segment_bytes: int = 64 << 20
    segment_seconds: int = 300
    sync_bytes: int = 8 << 20
    sync_seconds: float = 0.2
    memory_bytes: int = 64 << 20
    spill_folder: Path | None = None
    reply_seconds: float = 10.0
    heartbeat_seconds: float = 65.0
    channels_seconds: float = 300.0
    drain_seconds: float = 5.0
    backoff_first_seconds: float = 0.5
    backoff_cap_seconds: float = 30.0
    refused_seconds: float = 60.0
    journal_retry_seconds: float = 5.0
    reconnect: bool = True
    read_password: Callable[[], str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.read_password is None:
            check_password(self.password)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def current_password(self) -> str:
        """The password to say now.

        Raises:
            PermanentError: it cannot be read or cannot be one.
        """
        return check_password(self.password if self.read_password is None else self.read_password())


def check_password(password: str) -> str:
    if "\n" in password or not password:
        raise PermanentError("the event socket's password is empty or has a line break; check how it is set")
    return password
