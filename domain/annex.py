"""The itemised annex of an invoice: which calls it may list, and how much of a number it may show.

Sources: BILLING_RULES, "Invoice"; CPCE D98-5. Numbers free to the caller, emergency and help lines first, are
never listed; the last four digits of a called number are hidden unless the customer asked otherwise in writing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from domain.calendar import BILLING_ZONE

FREE_NUMBER_TYPES = frozenset({"free", "emergency"})
NEVER_LISTED = frozenset(
    {"15", "17", "18", "112", "114", "115", "116000", "116111", "116117", "119", "191", "196", "197"}
)
HIDDEN_DIGITS = 4
HIDDEN = "•"


@dataclass(frozen=True)
class ListedCall:
    """A call as the annex prints it. ``answered_at`` is UTC and aware; amounts are micro-euros HT."""

    answered_at: dt.datetime
    origin_number: str
    called_number: str
    billed_seconds: int
    charged_seconds: int
    price_per_minute_micros: int
    connection_fee_micros: int
    amount_micros: int

    @property
    def local_at(self) -> dt.datetime:
        """The Paris time of the answer."""
        return self.answered_at.astimezone(BILLING_ZONE)


@dataclass(frozen=True)
class CallGroup:
    """The calls behind one usage line: ``amount_micros`` of them all, rounded, is the line's amount."""

    line_number: int
    label: str
    amount_micros: int
    amount_cents: int
    calls: tuple[ListedCall, ...]


def may_list(number: str, number_type: str) -> bool:
    """Whether a called number may stand on an annex at all."""
    digits = number.lstrip("+")
    national = digits.removeprefix("33") if number.startswith("+33") else digits
    return number_type not in FREE_NUMBER_TYPES and not {digits, national} & NEVER_LISTED


def shown_number(number: str, *, in_full: bool) -> str:
    """The called number, its last four digits hidden unless ``in_full``; a short number is hidden whole."""
    if in_full:
        return number
    kept = number[:-HIDDEN_DIGITS] if len(number) > HIDDEN_DIGITS else ""
    return kept + HIDDEN * min(HIDDEN_DIGITS, len(number))


def chronological(calls: Iterable[ListedCall]) -> tuple[ListedCall, ...]:
    """The order of an annex: by UTC instant (Paris time has an hour twice each autumn), then by numbers."""
    return tuple(sorted(calls, key=lambda call: (call.answered_at, call.origin_number, call.called_number)))
