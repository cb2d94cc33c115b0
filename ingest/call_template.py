"""A recorded call ready to happen again: the same events with other people, other ids, another time.

What differs from call to call (ids, numbers, names, instants, all that is computed from an instant) is a
slot; the rest of each event stays as FreeSWITCH wrote it, keys, order and quirks included.

Instants keep their small distances (the 20 ms steps of a set-up or a hang-up) and move in groups; what
lies between two groups, a *phase* (ringing, waiting, talking), is as long as the simulation wants it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from domain.calendar import instant_from_micros

SECOND = 1_000_000  # microseconds
# What a slot holds: its kind (a key of SLOT_VALUES) and which one of that kind.
Slot = tuple[str, Any]


@dataclass(frozen=True)
class Shape:
    """Which recorded call to take, by the session numbers of its legs (root leg first), and who is who in it.

    ``roles`` says what each recorded text stands for. ``changes`` are headers of a leg's hang-up that
    differ from the recording; None takes one away.
    """

    name: str
    sessions: tuple[int, ...]
    roles: Mapping[str, str]
    changes: Mapping[int, Mapping[str, str | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Instant:
    """A recorded instant of a leg: the group it moves with and its distance in ticks from the group's first."""

    leg: int
    group: int
    ticks: int


@dataclass(frozen=True)
class EventTemplate:
    """An event's text with a ``%s`` for each slot, which slots those are, and the instant it happens at."""

    text: str
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    at: int


@dataclass(frozen=True)
class CallValues:
    """What the slots are filled with. ``stamps``: epoch microseconds of each of the template's instants."""

    boot_id: str
    texts: Mapping[str, str]
    uuids: Sequence[str]
    sessions: Sequence[int]
    stamps: Sequence[int]
    first_sequence: int


@dataclass(frozen=True)
class CallTemplate:
    """``phases``: how many stretches of time lie between its groups of instants.

    ``answer_lag_ticks``: by how much the root leg was answered after the last one, where it was
    answered because that one was; else None.
    """

    name: str
    legs: int
    uuids: int
    phases: int
    answer_lag_ticks: int | None
    instants: tuple[Instant, ...]
    slots: tuple[Slot, ...]
    events: tuple[EventTemplate, ...]

    def fill(self, values: CallValues) -> list[tuple[int, bytes]]:
        """The call's events in the recorded order: (epoch microseconds, JSON body)."""
        texts = [SLOT_VALUES[kind](values, which) for kind, which in self.slots]
        return [(values.stamps[event.at], (event.text % event.pick(texts)).encode()) for event in self.events]


def escaped(text: str) -> str:
    """As it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


@lru_cache(maxsize=4096)
def utc_text(seconds: int) -> str:
    return f"{instant_from_micros(seconds * SECOND):%Y-%m-%d %H:%M:%S}"


@lru_cache(maxsize=4096)
def gmt_text(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def difference(values: CallValues, which: tuple[int, int, int]) -> str:
    """FreeSWITCH cuts both ends to the unit first: that is why billsec is off by one either way."""
    begin, end, unit = which
    return str(values.stamps[end] // unit - values.stamps[begin] // unit)


def campaign_pair(values: CallValues, _: None) -> str:
    """A whole header, there only when the call belongs to a campaign."""
    campaign = values.texts.get("campaign")
    return f',"variable_campaign":"{escaped(campaign)}"' if campaign else ""


SLOT_VALUES: dict[str, Callable[[CallValues, Any], str]] = {
    "boot": lambda values, _: values.boot_id,
    "campaign": campaign_pair,
    "campaign_export": lambda values, _: ",campaign" if values.texts.get("campaign") else "",
    "difference": difference,
    "digits": lambda values, role: values.texts[role].removeprefix("+"),
    "gmt": lambda values, at: gmt_text(values.stamps[at] // SECOND),
    "micros": lambda values, at: str(values.stamps[at]),
    "role": lambda values, role: escaped(values.texts[role]),
    "seconds": lambda values, at: str(values.stamps[at] // SECOND),
    "sequence": lambda values, event: str(values.first_sequence + event),
    "session": lambda values, leg: str(values.sessions[leg]),
    "utc": lambda values, at: utc_text(values.stamps[at] // SECOND),
    "uuid": lambda values, which: values.uuids[which],
}
