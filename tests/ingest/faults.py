"""What may go wrong in a stream of events, as functions on bytes: the same seed gives the same fault."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CORE_UUID = re.compile(rb'"Core-UUID":"[0-9a-f-]{36}"')


def frame(body: bytes, length: int | None = None) -> bytes:
    """An event as FreeSWITCH sends it; ``length`` is the one it states, the true one unless it lies."""
    stated = len(body) if length is None else length
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (stated, body)


def lying(rng: random.Random, body: bytes) -> bytes:
    """An event whose length is a lie: none, too short, into the next frames, or beyond every limit."""
    true = len(body)
    lies = (0, rng.randrange(1, true), true + rng.randrange(1, 5_000), 10_000_000, 9_999_999_999)
    return frame(body, rng.choice(lies))


def cut(rng: random.Random, data: bytes) -> bytes:
    """The stream up to anywhere."""
    return data[: rng.randrange(len(data))]


def duplicated(rng: random.Random, items: Sequence[T], percent: int, within: int = 40) -> list[T]:
    """Some of the items said a second time, up to ``within`` items later."""
    places = [(place, item) for place, item in enumerate(items)]
    again = [(place + rng.randrange(1, within + 1), item) for place, item in places if rng.randrange(100) < percent]
    return [item for _, item in sorted(places + again, key=lambda pair: pair[0])]


def reordered(rng: random.Random, items: Sequence[T], within: int = 40) -> list[T]:
    """Each item up to ``within`` places from where it was."""
    places = [(place + rng.randrange(within), item) for place, item in enumerate(items)]
    return [item for _, item in sorted(places, key=lambda pair: pair[0])]


def pieces(rng: random.Random, data: bytes, longest: int) -> Iterator[bytes]:
    """The stream in writes of any length."""
    at = 0
    while at < len(data):
        end = at + rng.randrange(1, longest + 1)
        yield data[at:end]
        at = end


def restarted(bodies: Sequence[bytes], boot_id: str) -> list[bytes]:
    """The same calls on another boot of the switch: another Core-UUID, the count of legs as it was."""
    return [CORE_UUID.sub(b'"Core-UUID":"%b"' % boot_id.encode(), body) for body in bodies]
