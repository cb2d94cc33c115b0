"""Included minutes and volume tiers: the seconds of a call cut where the month's counter crosses a boundary.

One counter per contract, destination group and calendar month of the answer counts charged seconds in answer
order. Below the contract's allowance a second is included; past it, the highest tier reached prices the second;
before any tier, the rate does. The included seconds count in the tiers' volume: there is one counter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.tariff import Rate

SECONDS_PER_MINUTE = 60
PartKind = Literal["included", "rate", "tier"]


@dataclass(frozen=True)
class Tier:
    """The price of a minute of a version past so many minutes a month to a destination group."""

    version_id: str
    destination_group: str
    from_minutes: int
    price_per_minute_micros: int


@dataclass(frozen=True)
class Allowance:
    """Minutes a month a contract includes to a destination group, on Paris days ``[valid_from, valid_to)``."""

    contract_id: str
    destination_group: str
    minutes: int
    valid_from: dt.date
    valid_to: dt.date | None = None

    def is_in_force(self, day: dt.date) -> bool:
        """Whether a call answered that Paris day draws on it."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Part:
    """Seconds of a call that have one price."""

    kind: PartKind
    seconds: int
    price_per_minute_micros: int


def included_seconds(allowances: Iterable[Allowance], contract_id: str | None, group: str | None, day: dt.date) -> int:
    """Seconds a month that a contract includes to a group, by what is in force on the day of the call."""
    in_force = [
        allowance.minutes
        for allowance in allowances
        if (allowance.contract_id, allowance.destination_group) == (contract_id, group) and allowance.is_in_force(day)
    ]
    return SECONDS_PER_MINUTE * sum(in_force)


def split(rate: Rate, charged: int, consumed: int, included: int, tiers: Iterable[Tier]) -> tuple[Part, ...]:
    """The parts of ``charged`` seconds when the counter stands at ``consumed``, in the order they are talked.

    Args:
        rate: the winning rate; its version and group say which of ``tiers`` apply.
        charged: the call's charged seconds.
        consumed: charged seconds of the group before it, this month.
        included: the contract's allowance, in seconds.
        tiers: of any version and group.
    """
    end = consumed + charged
    free = max(0, min(end, included) - consumed)
    parts = [Part("included", free, 0)] if free else []
    bands = _bands(rate, tiers)
    for (kind, begins, price), ends in zip(bands, [*(begins for _, begins, _ in bands[1:]), end], strict=True):
        seconds = min(ends, end) - max(begins, consumed + free)
        if seconds > 0:
            parts.append(Part(kind, seconds, price))
    return tuple(parts)


def _bands(rate: Rate, tiers: Iterable[Tier]) -> Sequence[tuple[PartKind, int, int]]:
    """Kind, first second and price of each band, the rate's own first."""
    key = (rate.version_id, rate.destination_group)
    own = sorted(
        (t.from_minutes, t.price_per_minute_micros) for t in tiers if (t.version_id, t.destination_group) == key
    )
    steps: list[tuple[PartKind, int, int]] = [("tier", minutes * SECONDS_PER_MINUTE, price) for minutes, price in own]
    return [("rate", 0, rate.price_per_minute_micros), *steps]
