"""Many calls rated together: one counter per contract, destination group and month, in answer order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from domain.calendar import Month, local_date
from domain.rating import Call, Free, RatedCall, Unrated, best_rate, rate_call
from domain.tariff import Rate
from domain.tariff_bands import Allowance, Tier, included_seconds

# Contract, destination group, month of the answer.
CounterKey = tuple[str | None, str, str]
LegKey = tuple[str, str]


@dataclass(frozen=True)
class Tariffs:
    """All that prices calls. ``fallbacks`` say which plan each plan falls back to, if it does."""

    rates: tuple[Rate, ...]
    fallbacks: Mapping[str, str | None]
    tiers: tuple[Tier, ...] = ()
    allowances: tuple[Allowance, ...] = ()


def rate_calls(
    calls: Iterable[Call], tariffs: Tariffs, consumed: Mapping[CounterKey, int] | None = None
) -> dict[LegKey, RatedCall | Unrated | Free]:
    """What becomes of each call, by ``(boot_id, leg_id)``, whatever the order they come in.

    ``consumed`` is what closed months have counted already: a late call goes on from there.
    """
    counters: dict[CounterKey, int] = defaultdict(int, consumed or {})
    outcomes: dict[LegKey, RatedCall | Unrated | Free] = {}
    for call in sorted(calls, key=lambda call: (call.answered_at, call.boot_id, call.leg_id)):
        known = replace(call, fallback_plan=tariffs.fallbacks.get(call.plan or ""))
        outcomes[call.boot_id, call.leg_id] = _rated(known, tariffs, counters)
    return outcomes


def _rated(call: Call, tariffs: Tariffs, counters: dict[CounterKey, int]) -> RatedCall | Unrated | Free:
    rate = best_rate(call, tariffs.rates)
    if not isinstance(rate, Rate):
        return rate
    if rate.destination_group is None:
        return rate_call(call, [rate])
    day = local_date(call.answered_at)
    key = (call.contract_id, rate.destination_group, str(Month.of(day)))
    included = included_seconds(tariffs.allowances, call.contract_id, rate.destination_group, day)
    rated = rate_call(call, [rate], consumed=counters[key], included=included, tiers=tariffs.tiers)
    if isinstance(rated, RatedCall):
        counters[key] += rated.charged_seconds
    return rated
