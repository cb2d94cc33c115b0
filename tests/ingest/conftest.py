"""Captured streams, a clock, and a listener on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ingest.esl_listener import EslListener, ListenerSettings
from ingest.event_journal import Record, read_segment, sealed_segments
from ingest.replay import Recording

NOW_US = 1_795_372_163_000_000  # 2026-11-22T18:29:23Z, when the captures were made

Clock = Callable[[], int]


def split_frames(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Frames of a sound stream, cut by the book: a second opinion on the parser."""
    while data:
        head, _, data = data.partition(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\n"))
        length = int(headers.get("Content-Length", 0))
        yield headers, data[:length]
        data = data[length:]


@pytest.fixture(scope="session")
def captures(shared: Path) -> Path:
    return shared / "freeswitch" / "captures"


@pytest.fixture(scope="session")
def event_bodies() -> Callable[[bytes], list[bytes]]:
    """The bodies of the event frames of a sound stream."""

    def bodies(data: bytes) -> list[bytes]:
        return [body for headers, body in split_frames(data) if headers["Content-Type"].startswith("text/event")]

    return bodies


@pytest.fixture
def clock() -> Clock:
    """A clock that moves a millisecond each time it is asked."""
    ticks = count(NOW_US, 1000)
    return lambda: next(ticks)


@pytest.fixture
def listener(tmp_path: Path, clock: Clock) -> Callable[..., EslListener]:
    """A listener of switch fslab1 journalling under tmp_path, that stops where the stream ends."""

    def make(port: int, **changes: Any) -> EslListener:
        settings: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "password": "ClueCon",
            "switch": "fslab1",
            "folder": tmp_path / "journal",
            "sync_bytes": 1 << 20,  # a few megabytes of test must make the disk work
            "reconnect": False,
        }
        return EslListener(ListenerSettings(**settings | changes), clock, lambda: 0.0)

    return make


@pytest.fixture
def journalled(tmp_path: Path) -> Callable[[], list[Record]]:
    """Every record of the sealed segments, which must all be undamaged."""

    def records() -> list[Record]:
        readings = [read_segment(segment) for segment in sealed_segments(tmp_path / "journal")]
        assert [damage for reading in readings for damage in reading.damage] == []
        return [record for reading in readings for record in reading.records]

    return records


@pytest.fixture(scope="session")
def held_open() -> Callable[[bytes, bytes], Recording]:
    """A recording played at its pace: ``said`` at once, then ``later`` after an hour that never passes."""

    def recording(said: bytes, later: bytes = b"Content-Type: command/reply\nReply-Text: +OK\n\n") -> Recording:
        return Recording(said + later, ((0.0, len(said)), (3600.0, len(said) + len(later))))

    return recording
