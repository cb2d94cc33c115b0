"""The two readers that are compared, each in a process of its own: the listener, and one that only writes."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.event_source import ACCEPTED, GREETING, SPAWN, source
from ingest.esl_listener import EslListener, ListenerSettings
from ingest.esl_session import READ_BYTES

PASSWORD = "ClueCon"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """``seconds`` from the first connection to the last byte durable; ``cpu_seconds`` of all its threads."""

    events: int
    bytes: int
    seconds: float
    cpu_seconds: float
    rss: tuple[int, ...]  # bytes, sampled while it ran

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def megabytes_per_second(self) -> float:
        return self.bytes / self.seconds / 1e6

    @property
    def cpu_micros_per_event(self) -> float:
        return self.cpu_seconds / self.events * 1e6


Reader = Callable[[int, Path], int]


def listen(port: int, folder: Path) -> int:
    """The real listener; how many events it journalled."""
    settings = ListenerSettings("127.0.0.1", port, PASSWORD, "bench", folder, reconnect=False)
    return EslListener(settings, lambda: time.time_ns() // 1000, lambda: 0.0).run().events


def only_write(port: int, folder: Path) -> int:
    """As little as can be done: the stream's bytes into a file, durable at the end. Knows of no events."""
    file = os.open(folder / "stream", os.O_WRONLY | os.O_CREAT)
    with socket.create_connection(("127.0.0.1", port)) as client:
        for answer, command in ((GREETING, b"auth x\n\n"), (ACCEPTED, b"event json\n\n"), (ACCEPTED, b"")):
            take(client, len(answer))
            client.sendall(command)
        while data := client.recv(READ_BYTES):
            os.write(file, data)
        os.fsync(file)
    os.close(file)
    return 0


def take(client: socket.socket, count: int) -> None:
    while count:
        count -= len(client.recv(count))


def measure(reader: Reader, size: int, events: int, home: Path) -> Run:
    """Let a reader take the events in a process of its own."""
    with tempfile.TemporaryDirectory(dir=home) as folder, source(size, events) as port:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=timed, args=(theirs, reader, port, Path(folder)))
        process.start()
        ours.recv()  # it is loaded and about to begin
        with sampled_rss(process.pid or 0) as rss:
            taken, seconds, cpu_seconds = ours.recv()
        process.join()
        if taken not in (0, events):
            raise SystemExit(f"the listener journalled {taken} of {events} events")
    return Run(events, events * size, seconds, cpu_seconds, tuple(rss))


def timed(parent: Connection, reader: Reader, port: int, folder: Path) -> None:
    parent.send(None)
    started, cpu_started = time.monotonic(), time.process_time()
    taken = reader(port, folder)
    parent.send((taken, time.monotonic() - started, time.process_time() - cpu_started))


@contextmanager
def sampled_rss(process: int) -> Iterator[list[int]]:
    """The resident bytes of a process, again and again until the end of the context."""
    samples: list[int] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(SAMPLE_SECONDS):
            fields = Path(f"/proc/{process}/statm").read_text().split()
            samples.append(int(fields[1]) * PAGE_BYTES)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield samples
    finally:
        done.set()
        sampler.join()
