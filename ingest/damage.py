"""What is reported, and never silently skipped, when bytes are not what they should be."""

from __future__ import annotations

from dataclasses import dataclass, field

# Enough of the damaged bytes to keep a whole event (13 kB at most in the captures) for a person to read.
EXCERPT_BYTES = 65_536


@dataclass(frozen=True)
class Damage:
    """Bytes that could not be taken: where they began, how many, why, and the first of them."""

    offset: int
    length: int
    reason: str
    excerpt: bytes = field(default=b"", repr=False)
