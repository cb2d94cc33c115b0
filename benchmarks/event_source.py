"""The other end of a benchmark: a process that says events as fast as the reader takes them."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser, decode_event

RECORDING = Path(__file__).parents[1] / "seeds" / "recorded_calls" / "twenty-two-calls.esl"
HANGUP = "CHANNEL_HANGUP_COMPLETE"
NO_CHANNELS = b'Content-Type: api/response\nContent-Length: 14\n\n{"row_count":0}\n'
GREETING = b"Content-Type: auth/request\n\n"
ACCEPTED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
BLOCK_BYTES = 4 << 20
SPAWN = multiprocessing.get_context("spawn")


def hangup_of(size: int) -> bytes:
    """A recorded hang-up brought to ``size`` bytes: its last headers left out, or one made longer."""
    bodies = [
        item.body
        for item in FrameParser().feed(RECORDING.read_bytes())
        if isinstance(item, Frame) and EVENT_KINDS.get(item.content_type) == "json"
    ]
    longest = max((body for body in bodies if HANGUP.encode() in body), key=len)
    event: dict[str, object] = {}
    for name, value in decode_event("json", longest).items():
        if len(orjson.dumps({**event, name: value, "padding": ""})) <= size:
            event[name] = value
    event["padding"] = ""
    event["padding"] = "." * (size - len(orjson.dumps(event)))
    return orjson.dumps(event)


def frame(body: bytes) -> bytes:
    """A body as FreeSWITCH sends it."""
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (len(body), body)


@contextmanager
def source(size: int, events: int) -> Iterator[int]:
    """A port on loopback where the first client gets so many events of that size, from another process."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=serve, args=(theirs, size, events), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def serve(parent: Connection, size: int, events: int) -> None:
    said = frame(hangup_of(size))
    in_a_block = min(events, BLOCK_BYTES // len(said))
    block = said * in_a_block
    with socket.create_server(("127.0.0.1", 0)) as server:
        parent.send(server.getsockname()[1])
        client, _ = server.accept()
        with client:
            client.sendall(GREETING)
            for _ in ("auth", "event"):
                await_command(client)
                client.sendall(ACCEPTED)
            for _ in range(events // in_a_block):
                client.sendall(block)
            client.sendall(said * (events % in_a_block))
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):  # until the reader leaves: closing earlier cuts off what it has not read
                pass


def await_command(client: socket.socket) -> None:
    received = b""
    while not received.endswith(b"\n\n"):
        received += client.recv(4096)
