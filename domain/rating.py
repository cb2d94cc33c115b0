"""Rating: an answered call and a rate deck to a price, with its working shown.

Pure and slow on purpose: it is the oracle the set-based SQL models are tested against, call by call.
Sources: BILLING_RULES, "What is charged" and "Money". Amounts are micro-euros, durations seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.call import CallCategory
from domain.errors import BadInput
from domain.money import divide_half_up
from domain.tariff import ANY, INCOMING, Overlap, Rate
from domain.tariff_bands import SECONDS_PER_MINUTE, Part, Tier, split

MICROS_PER_SECOND = 1_000_000

UnratedReason = Literal["NO_CUSTOMER", "INVALID_NUMBER", "EXPIRED_RATE", "NO_RATE"]


@dataclass(frozen=True)
class Call:
    """A leg as rating needs it. ``answered_at`` is an aware UTC instant.

    ``plan`` is the tariff plan of the contract that owned the number, ``fallback_plan`` the plan that one falls back
    to; None when nobody did. ``called_digits`` are E.164 digits, or a country and a short number; None when what was
    dialled is no such number.
    """

    plan: str | None
    called_digits: str | None
    answered_at: dt.datetime
    billed_seconds: int
    origin_country: str | None = None
    origin_number_type: str | None = None
    call_category: CallCategory = "direct"
    fallback_plan: str | None = None
    contract_id: str | None = None
    boot_id: str = ""
    leg_id: str = ""


@dataclass(frozen=True)
class RatedCall:
    """A priced call and its working. ``parts`` add up to ``charged_seconds``; the surcharge is an amount apart."""

    rate: Rate
    billed_seconds: int
    charged_seconds: int
    amount_micros: int
    surcharge_micros: int
    parts: tuple[Part, ...]

    @property
    def included_seconds(self) -> int:
        """Seconds the contract's allowance covers."""
        return sum(part.seconds for part in self.parts if part.kind == "included")


@dataclass(frozen=True)
class Unrated:
    """A call no rate may price, and why: it is set aside, never billed at zero."""

    reason: UnratedReason


@dataclass(frozen=True)
class Free:
    """An incoming call that no tariff prices: free, as the terms of sale say (art. 6.1)."""


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


def amount_micros(rate: Rate, parts: Sequence[Part]) -> int:
    """Price of an answered call: connection fee plus its seconds, rounded half-up once to the micro-euro.

    A call wholly covered by the allowance owes nothing, not even the connection fee; any other owes it whole, and
    at least the rate's minimum charge.
    """
    if all(part.kind == "included" for part in parts):
        return 0
    exact = sum(part.seconds * part.price_per_minute_micros for part in parts)
    amount = rate.connection_fee_micros + divide_half_up(exact, SECONDS_PER_MINUTE)
    return max(amount, rate.minimum_charge_micros)


def surcharge_micros(rate: Rate, charged: int) -> int:
    """The service's own price: no allowance, minimum or tier touches it."""
    per_minute = divide_half_up(charged * rate.surcharge_per_minute_micros, SECONDS_PER_MINUTE)
    return rate.surcharge_per_call_micros + per_minute


def rate_call(
    call: Call, rates: Iterable[Rate], *, consumed: int = 0, included: int = 0, tiers: Iterable[Tier] = ()
) -> RatedCall | Unrated | Free:
    """Price one call, or say why it has no price.

    ``consumed`` is what the month's counter of the call's group stands at, ``included`` the contract's allowance,
    both in seconds; ``domain.monthly_rating`` keeps them for a month.

    Raises:
        BadInput: two rates are equally good; the deck overlaps and must be mended first.
        ValueError: the call was never answered: it is not for rating.
    """
    best = best_rate(call, rates)
    if not isinstance(best, Rate):
        return best
    charged = charged_seconds(call.billed_seconds, best.initial_seconds, best.increment_seconds)
    if best.destination_group is None:
        consumed = included = 0
        tiers = ()
    parts = split(best, charged, consumed, included, tiers)
    amount = amount_micros(best, parts)
    return RatedCall(best, call.billed_seconds, charged, amount, surcharge_micros(best, charged), parts)


def best_rate(call: Call, rates: Iterable[Rate]) -> Rate | Unrated | Free:
    """The rate that prices a call, or why none does; errors as ``rate_call``."""
    if call.billed_seconds < 1:
        raise ValueError("a call that was never answered is not rated: keep only billable legs")
    matching = [rate for rate in rates if matches(rate, call)]
    ranked = contenders(call, matching)
    if not ranked:
        return _without_price(call, matching)
    if len(ranked) > 1 and precedence(ranked[0], call) == precedence(ranked[1], call):
        raise BadInput(str(Overlap(ranked[0], ranked[1])))
    return ranked[0]


def contenders(call: Call, rates: Iterable[Rate]) -> list[Rate]:
    """Every rate in force that might price a call, the best first."""
    fitting = [rate for rate in rates if matches(rate, call) and rate.is_in_force(call.answered_at)]
    return sorted(fitting, key=lambda rate: (*(-int(part) for part in precedence(rate, call)), rate.rate_id))


def matches(rate: Rate, call: Call) -> bool:
    """Whether a rate is about this call, whenever it was in force. A ``*`` takes no incoming call."""
    return (
        call.plan is not None
        and rate.plan in (call.plan, call.fallback_plan)
        and call.called_digits is not None
        and call.called_digits.startswith(rate.destination_prefix)
        and rate.origin_country in (ANY, call.origin_country)
        and rate.origin_number_type in (ANY, call.origin_number_type)
        and (rate.call_category == call.call_category or (rate.call_category == ANY and call.call_category != INCOMING))
    )


def precedence(rate: Rate, call: Call) -> tuple[int, bool, bool, bool, bool]:
    """What makes one rate better than another for the same call; the greatest wins.

    The longest prefix first: a customer's own price for France does not hide the standard one for French mobiles.
    At equal prefixes the customer's own plan, then a named origin country, origin number type, call category.
    """
    return (
        len(rate.destination_prefix),
        rate.plan == call.plan,
        rate.origin_country != ANY,
        rate.origin_number_type != ANY,
        rate.call_category != ANY,
    )


def _without_price(call: Call, matching: Sequence[Rate]) -> Unrated | Free:
    if call.call_category == INCOMING:
        return Free()
    if call.plan is None:
        return Unrated("NO_CUSTOMER")
    if call.called_digits is None:
        return Unrated("INVALID_NUMBER")
    has_expired = any(rate.valid_to_at is not None and rate.valid_to_at <= call.answered_at for rate in matching)
    return Unrated("EXPIRED_RATE" if has_expired else "NO_RATE")
