"""When a delivery is tried again, and by what it is known: the same thing to the same address is one delivery.

States: ``queued`` (waits for its next attempt), ``sending`` (an attempt began; past its lease, its process died),
``sent`` (the relay or the folder took it), ``bounced`` (refused for good, then or later), ``failed`` (a person has to
look). Instants are naive UTC.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Channel = Literal["email", "folder"]
State = Literal["queued", "sending", "sent", "bounced", "failed"]

FIRST_RETRY = dt.timedelta(minutes=5)
LONGEST_RETRY = dt.timedelta(hours=6)
# 5, 10, 20 ... 320 minutes, then every 6 hours: two days in all, as a mail server would.
MOST_ATTEMPTS = 14
# How long an attempt may take before another process may think that it died.
LEASE = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Earlier:
    """What became of the same thing on the same channel before."""

    recipient: str
    state: State


def retry_at(now: dt.datetime, attempts: int) -> dt.datetime | None:
    """When to try again after so many attempts; None when that was the last one."""
    if attempts >= MOST_ATTEMPTS:
        return None
    # Doubling stops long before a timedelta overflows.
    return now + min(FIRST_RETRY * (1 << min(attempts - 1, 10)), LONGEST_RETRY)


def is_to_be_queued(earlier: Sequence[Earlier], recipient: str) -> bool:
    """Whether a thing goes to a recipient: never when it went, or may still go, to anybody on this channel; after a
    refusal only to another address, so that a corrected one gets it."""
    if any(one.state not in ("bounced", "failed") for one in earlier):
        return False
    return recipient not in {one.recipient for one in earlier}


def delivery_id(channel: Channel, recipient: str, subject: str) -> str:
    """The same channel, recipient and subject give the same id."""
    return hashlib.sha256(f"{channel}\n{recipient}\n{subject}".encode()).hexdigest()[:32]


def message_id(subject: str, identity: str, round_number: int, domain: str) -> str:
    """The Message-ID of every attempt of a round: a receiver that gets it twice knows it is one message."""
    return f"<{subject}.{identity[:16]}.{round_number}@{domain}>"
