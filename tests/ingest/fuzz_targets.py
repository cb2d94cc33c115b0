"""What must hold for any bytes: nothing crashes, nothing hangs, what is sound around damage is not lost."""

from __future__ import annotations

from typing import Any, Protocol

from domain.errors import BadInput
from ingest.esl_protocol import Damage, Frame, FrameParser, decode_event
from ingest.journal_segment import Record, encode_record, magic_line, scan_segment
from ingest.json_cdr import decode_cdr

MAX_BODY_BYTES = 1 << 11  # small, so that a lie gets over it
MAX_ITEMS = 6
# Damage that begins as a frame does is a frame, and what it swallows it may swallow.
BEGINS_A_FRAME = (b"Content-", b"SECONDE")


class Data(Protocol):
    """atheris.FuzzedDataProvider."""

    def ConsumeBytes(self, count: int) -> bytes: ...  # noqa: N802
    def ConsumeIntInRange(self, low: int, high: int) -> int: ...  # noqa: N802
    def ConsumeBool(self) -> bool: ...  # noqa: N802
    def remaining_bytes(self) -> int: ...


def fuzz_stream(data: Data) -> None:
    """Sound json events with damage between and around them, in any pieces: all bytes told, no sound event lost."""
    stream, sound = damaged_stream(data)
    parser = FrameParser(MAX_BODY_BYTES)
    items = parser.feed(stream) + parser.close()
    assert sum(item.length for item in items) == len(stream), "bytes are in no frame and in no damage"
    taken = [item.body for item in items if isinstance(item, Frame) and item.content_type == "text/event-json"]
    left = iter(taken)
    assert all(body in left for body in sound), "a sound event is lost, or out of order"
    again = FrameParser(MAX_BODY_BYTES)
    in_pieces: list[Frame | Damage] = []
    at = 0
    while at < len(stream):
        end = at + 200 - data.ConsumeIntInRange(0, 199)  # 200 once the input is used up
        in_pieces += again.feed(stream[at:end])
        at = end
    assert in_pieces + again.close() == items, "another split gives other items"


def damaged_stream(data: Data) -> tuple[bytes, list[bytes]]:
    """A stream, and the bodies in it that nothing happened to."""
    parts, sound = [], []
    for number in range(data.ConsumeIntInRange(1, MAX_ITEMS)):
        text = chunk(data, 60).replace(b"\n", b"").replace(b"SECONDE", b"")
        body = b'{"n":"%d","x":"%b"}' % (number, text)
        frame = b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (len(body), body)
        harmed = harm(data, frame, body)
        if harmed == frame:
            sound.append(body)
        parts += [harmed, rubbish(data)]
    return b"".join(parts), sound


def harm(data: Data, frame: bytes, body: bytes) -> bytes:
    """The frame, sound or with one thing wrong."""
    begin = data.ConsumeIntInRange(0, len(frame) - 1)
    end = data.ConsumeIntInRange(begin, len(frame))
    lie = b"Content-Length: %d\n" % data.ConsumeIntInRange(0, 2 * MAX_BODY_BYTES)
    return (
        frame,
        frame[:begin],
        frame[:begin] + frame[end:],
        frame[:begin] + rubbish(data) + frame[begin:],
        frame[:begin] + rubbish(data) + frame[end:],
        lie + frame.partition(b"\n")[2],
    )[data.ConsumeIntInRange(0, 5)]


def rubbish(data: Data) -> bytes:
    found = chunk(data, 40)
    return b"" if any(word in found for word in BEGINS_A_FRAME) else found


def chunk(data: Data, longest: int) -> bytes:
    return data.ConsumeBytes(data.ConsumeIntInRange(0, longest))


def fuzz_event(data: Data) -> None:
    """Any body is an event of strings and lists of strings, or BadInput."""
    kind = "json" if data.ConsumeBool() else "plain"
    try:
        event: dict[str, Any] = decode_event(kind, data.ConsumeBytes(data.remaining_bytes()))
    except BadInput:
        return
    for name, value in event.items():
        assert isinstance(name, str)
        assert isinstance(value, str) or all(isinstance(part, str) for part in value)


def fuzz_cdr(data: Data) -> None:
    """Any file is a hang-up, or BadInput."""
    try:
        reading = decode_cdr(data.ConsumeBytes(data.remaining_bytes()))
    except BadInput:
        return
    assert reading.event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"


def fuzz_segment(data: Data) -> None:
    """A journal with damage in it: every sound record comes back, in order, and nothing else."""
    parts, sound = [magic_line("fslab1")], []
    for number in range(data.ConsumeIntInRange(1, MAX_ITEMS)):
        record = Record(number, "json", chunk(data, 60))
        encoded = encode_record(*record)
        harmed = harm(data, encoded, record.body)
        if harmed == encoded:
            sound.append(record)
        parts += [harmed, rubbish(data)]
    found = iter(scan_segment(b"".join(parts)).records)
    assert all(record in found for record in sound), "a sound record is lost, or out of order"
