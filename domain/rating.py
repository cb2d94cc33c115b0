"""Rating: an answered call and a rate deck to a price, with its working shown.

Pure and slow on purpose: it is the oracle the set-based SQL models are tested against, call by call.
Sources: BILLING_RULES, "What is charged" and "Money". Amounts are micro-euros, durations seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from domain.errors import BadInput
from domain.money import divide_half_up
from domain.tariff import ANY, Overlap, Rate

MICROS_PER_SECOND = 1_000_000
SECONDS_PER_MINUTE = 60

UnratedReason = Literal["NO_CUSTOMER", "INVALID_NUMBER", "EXPIRED_RATE", "NO_RATE"]


@dataclass(frozen=True)
class Call:
    """A billable leg, as rating needs it. ``answered_at`` is an aware UTC instant.

    ``plan`` is the tariff plan of the contract that owned the number; None when nobody did.
    ``destination_number`` is E.164 with ``+``; None when what was dialled is no such number.
    """

    plan: str | None
    destination_number: str | None
    answered_at: dt.datetime
    billed_seconds: int
    origin_country: str | None = None
    origin_number_type: str | None = None


@dataclass(frozen=True)
class RatedCall:
    """A priced call and its working."""

    rate: Rate
    billed_seconds: int
    charged_seconds: int
    amount_micros: int


@dataclass(frozen=True)
class Unrated:
    """A call no rate may price, and why: it is set aside, never billed at zero."""

    reason: UnratedReason


def billed_seconds(answer_us: int, end_us: int) -> int:
    """Whole seconds from answer to end, each begun second due in full ("toute seconde entamée").

    ``answer_us`` and ``end_us`` are FreeSWITCH's ``*_uepoch``: microseconds since 1970. Zero only if never
    answered (``answer_us`` 0): a call answered and ended on the same 20 ms tick bills one second.

    >>> billed_seconds(1_000_000, 1_200_000), billed_seconds(1_000_000, 4_000_000), billed_seconds(0, 4_000_000)
    (1, 3, 0)

    Raises:
        BadInput: the call ends before its answer.
    """
    if answer_us == 0:
        return 0
    if end_us < answer_us:
        raise BadInput(f"a call answered at {answer_us} us ends before, at {end_us} us; check the switch's clock")
    return max(1, -((answer_us - end_us) // MICROS_PER_SECOND))


def charged_seconds(billed: int, initial: int, increment: int) -> int:
    """Seconds the rate's increments charge: the first ``initial`` whole, then whole ``increment`` steps.

    >>> charged_seconds(32, 30, 6), charged_seconds(0, 30, 6)
    (36, 0)
    """
    if billed <= 0:
        return 0
    if billed <= initial:
        return initial
    return initial + -((initial - billed) // increment) * increment


def amount_micros(billed: int, rate: Rate) -> int:
    """Price of a call: connection fee plus the charged seconds, rounded half-up once to the micro-euro.

    A call that was never answered (0 seconds) owes nothing, not even the connection fee.
    """
    if billed <= 0:
        return 0
    charged = charged_seconds(billed, rate.initial_seconds, rate.increment_seconds)
    return rate.connection_fee_micros + divide_half_up(charged * rate.price_per_minute_micros, SECONDS_PER_MINUTE)


def rate_call(call: Call, rates: Iterable[Rate]) -> RatedCall | Unrated:
    """Price one call, or say why it has no price.

    Among the plan's rates in force at the answer instant, the longest matching prefix wins, then a named
    origin country over ``*``, then a named origin number type over ``*``.

    Raises:
        BadInput: two rates are equally good; the deck overlaps and must be mended first.
        ValueError: the call was never answered: it is not for rating.
    """
    if call.billed_seconds < 1:
        raise ValueError("a call that was never answered is not rated: keep only billable legs")
    if call.plan is None:
        return Unrated("NO_CUSTOMER")
    if call.destination_number is None:
        return Unrated("INVALID_NUMBER")
    matching = [rate for rate in rates if matches(rate, call)]
    in_force = [rate for rate in matching if rate.is_in_force(call.answered_at)]
    if not in_force:
        has_expired = any(rate.valid_to_at is not None and rate.valid_to_at <= call.answered_at for rate in matching)
        return Unrated("EXPIRED_RATE" if has_expired else "NO_RATE")
    best = max(in_force, key=precedence)
    rivals = [rate for rate in in_force if precedence(rate) == precedence(best)]
    if len(rivals) > 1:
        raise BadInput(str(Overlap(rivals[0], rivals[1])))
    charged = charged_seconds(call.billed_seconds, best.initial_seconds, best.increment_seconds)
    return RatedCall(best, call.billed_seconds, charged, amount_micros(call.billed_seconds, best))


def matches(rate: Rate, call: Call) -> bool:
    """Whether a rate is about this call, whenever it was in force."""
    return (
        rate.plan == call.plan
        and call.destination_number is not None
        and call.destination_number.removeprefix("+").startswith(rate.destination_prefix)
        and rate.origin_country in (ANY, call.origin_country)
        and rate.origin_number_type in (ANY, call.origin_number_type)
    )


def precedence(rate: Rate) -> tuple[int, bool, bool]:
    """What makes one rate better than another for the same call; the greatest wins."""
    return len(rate.destination_prefix), rate.origin_country != ANY, rate.origin_number_type != ANY
