"""The event socket's words without a socket: bytes in, frames out, frames to events.

A frame is header lines, a blank line, then ``Content-Length`` bytes; nothing separates two frames and
some (``auth/request``, ``command/reply``) have no length (FACTS.md, "Framing and encoding").

Any split of a stream gives the same items, damage included: every decision depends on the bytes up to
the point where it is made, never on where a read happened to end. What each fault gives:

===============================  ======================================================================
a length too short or too long   ``Damage``; the frames after it, swallowed ones too, are whole
a length over the limit          ``Damage``; the body is skipped without being held in memory
a length that is missing         ``Damage``, unless the frame needs none; likewise two of them, or no number
a type FreeSWITCH has not        ``Damage``: its length is not to be trusted either
garbage between frames           ``Damage`` up to the next header a FreeSWITCH would write
a stream that ends in a frame    ``Damage`` from ``close()``; whole frames inside the rest are returned
bytes that are not UTF-8         each such byte is read as Latin-1, the rest of the value as UTF-8
a key that stands twice          the last value (in the captures, both are always equal)
an array                         a list of strings; in plain events too (``ARRAY::a|:b``)
===============================  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ingest.damage import EXCERPT_BYTES, Damage
from ingest.esl_event import EVENT_KINDS, EventValue, decode_event, decode_text
from ingest.esl_frame import (
    LENGTHLESS,
    PLAUSIBLE_HEAD,
    PLAUSIBLE_HEAD_BYTES,
    body_flaw,
    parse_head,
    plausible_head,
)
from ingest.event_run import EventRun, cut_run, usual_head

__all__ = ["EVENT_KINDS", "Damage", "EventRun", "EventValue", "Frame", "FrameParser", "decode_event", "decode_text"]

# The largest event of the captures has 13 kB. A length that lies delays what it swallows until that
# many bytes came, so the limit also bounds the delay.
MAX_BODY_BYTES = 1 << 20
MAX_HEAD_BYTES = 1 << 16
# `show channels` takes about 1 kB a leg: 16,000 of them.
MAX_ANSWER_BYTES = 1 << 24


class Frame(NamedTuple):
    """One whole frame. ``offset`` is its place in the stream, ``length`` all its bytes."""

    headers: dict[str, str]
    body: bytes
    offset: int
    length: int

    @property
    def content_type(self) -> str:
        return self.headers["Content-Type"]


@dataclass(frozen=True)
class Head:
    """The header block of a frame whose body is still to come."""

    headers: dict[str, str]
    length: int
    body_length: int


def frames_of(run: EventRun) -> Iterator[Frame]:
    """The run's events as frames of their own."""
    offset = run.offset
    for body in run.bodies():
        headers = {"Content-Length": str(len(body)), "Content-Type": "text/event-json"}
        length = len(usual_head(len(body))) + len(body)
        yield Frame(headers, body, offset, length)
        offset += length


class FrameParser:
    """Cuts a stream of bytes into frames; see the module for what each fault gives."""

    def __init__(self, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self.max_body_bytes = max_body_bytes
        self._buffer = bytearray()  # deleting at its front only moves a pointer
        self._offset = 0  # of the buffer's first byte in the stream
        self._scanned = 0  # bytes of the buffer that need no second look
        self._head: Head | None = None
        self._fault: str | None = None  # why we are looking for the next plausible head
        self._skipped = 0  # damaged bytes that already left the buffer
        self._excerpt = b""

    def feed(self, data: bytes) -> list[Frame | Damage]:
        """The frames and damage that became certain with ``data``."""
        items: list[Frame | Damage] = []
        for item in self.cut(data, len(data)):
            items += frames_of(item) if isinstance(item, EventRun) else (item,)
        return items

    def cut(self, data: bytes | bytearray, size: int) -> list[Frame | Damage | EventRun]:
        """What ``feed`` gives for the first ``size`` bytes, runs of json events left where they stand in ``data``."""
        items: list[Frame | Damage | EventRun] = []
        at = 0
        if self._head is not None and self._fault is None:
            at = min(size, max(0, self._head.length + self._head.body_length - len(self._buffer)))
            items += self._hold(data, 0, at)
        if not self._buffer and self._fault is None:
            run = cut_run(data, size, at, self.max_body_bytes, self._offset)
            if run.bounds:
                items.append(run)
            at += run.length
            self._offset += run.length
        return items + self._hold(data, at, size)

    def _hold(self, data: bytes | bytearray, begin: int, end: int) -> list[Frame | Damage | EventRun]:
        """Take bytes into the buffer; the items that became certain there."""
        with memoryview(data) as view:
            self._buffer += view[begin:end]
        items: list[Frame | Damage | EventRun] = []
        while (item := self._next()) is not None:
            items.append(item)
        return items

    def close(self) -> list[Frame | Damage]:
        """The stream ended: what is left of it, as damage and the whole frames inside."""
        items: list[Frame | Damage] = []
        while self._buffer or self._skipped:
            if self._fault is None:
                self._give_up("the stream ended inside a frame")
            head = plausible_head(self._buffer, self._scanned)
            self._skip_to(len(self._buffer) if head is None else head)
            items += [self._report(), *self.feed(b"")]
        return items

    def _next(self) -> Frame | Damage | None:
        if self._fault is None and self._head is None:
            self._read_head()
        if self._fault is None and self._head is not None:
            frame = self._read_body(self._head)
            if frame is not None:
                return frame
        if self._fault is not None:
            return self._resync()
        return None

    def _read_head(self) -> None:
        end = self._buffer.find(b"\n\n", self._scanned, MAX_HEAD_BYTES)
        if end < 0:
            self._scanned = max(0, len(self._buffer) - 1)
            if len(self._buffer) >= MAX_HEAD_BYTES:
                self._give_up(f"no end of the headers in {MAX_HEAD_BYTES} bytes")
            return
        headers = parse_head(bytes(self._buffer[:end]))
        if isinstance(headers, str):
            self._give_up(headers)
            return
        length = int(headers.get("Content-Length", "0"))
        self._head = Head(headers, end + 2, length)
        answer = headers["Content-Type"] == "api/response"
        limit = max(self.max_body_bytes, MAX_ANSWER_BYTES) if answer else self.max_body_bytes
        if length > limit:
            self._give_up(f"a body of {length} bytes is over the limit of {limit}")
        elif headers["Content-Type"] not in LENGTHLESS and "Content-Length" not in headers:
            self._give_up(f"{headers['Content-Type'][:40]!r} without a Content-Length")

    def _read_body(self, head: Head) -> Frame | None:
        end = head.length + head.body_length
        if len(self._buffer) < end:
            return None
        body = bytes(memoryview(self._buffer)[head.length : end])
        flaw = body_flaw(head.headers["Content-Type"], body)
        if flaw is not None:
            self._give_up(f"Content-Length {head.body_length} does not fit: {flaw}")
            return None
        frame = Frame(head.headers, body, self._offset, end)
        self._drop(end)
        self._head = None
        self._scanned = 0
        return frame

    def _give_up(self, reason: str) -> None:
        """Look for the next plausible head: behind this one's own lines, it may have swallowed another."""
        own = PLAUSIBLE_HEAD.match(self._buffer) if self._head is not None else None
        self._scanned = own.end() if own is not None else 1
        self._head = None
        self._fault = reason

    def _resync(self) -> Damage | None:
        head = plausible_head(self._buffer, self._scanned)
        if head is None:
            # One may have begun in the last bytes; what stands before them is lost for sure.
            self._skip_to(max(0, len(self._buffer) - PLAUSIBLE_HEAD_BYTES))
            return None
        self._skip_to(head)
        return self._report()

    def _skip_to(self, end: int) -> None:
        self._excerpt += bytes(self._buffer[: min(end, EXCERPT_BYTES - len(self._excerpt))])
        self._skipped += end
        self._scanned = max(0, self._scanned - end)
        self._drop(end)

    def _report(self) -> Damage:
        damage = Damage(self._offset - self._skipped, self._skipped, self._fault or "", self._excerpt)
        self._fault, self._skipped, self._excerpt, self._scanned = None, 0, b"", 0
        return damage

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count
