"""Any tariffs and any calls, and what the oracle and the SQL each make of them.

Few prefixes, origins, days and groups, so that rates compete for a call, end on the very day it is answered, and
counters cross every boundary.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from domain.calendar import Month, local_date, midnight_utc
from domain.monthly_rating import CounterKey, Tariffs, rate_calls
from domain.rating import Call, RatedCall, Unrated
from domain.tariff import Rate
from domain.tariff_bands import Allowance, Tier
from tests.dbt_like_sql.memory import RATING, Memory

MONTH, CLOSED = "2026-10", "2026-09"
# Gold falls back to standard; silver falls back to nothing; nobody priced tin.
FALLBACKS = {"standard": None, "gold": "standard", "silver": None, "tin": None}
# A prefix, and a number, of every length that the look-up of prefixes tells apart (4, 6, 8, 10, 12, 15).
LONG = "122234567890123"
PREFIXES = ("1", "12", "122", "13", "FR36", "FR363", *(LONG[:n] for n in (5, 6, 7, 8, 9, 10, 11, 12, 13, 15)))
SHORT_PREFIXES = PREFIXES[:6]
CALLED = (
    *("1222", "1222", "1", "12", "13", "2", "FR3639", "FR118", None),
    *(
        LONG,
        LONG[:14],
        LONG[:12] + "9",
        LONG[:10] + "99",
        LONG[:8] + "999",
        LONG[:7],
        LONG[:6] + "9999",
        LONG[:5] + "9",
    ),
)
COUNTRIES = ("FR", "BE", None)
NUMBER_TYPES = ("fixed", "mobile", None)
CATEGORIES = ("direct", "direct", "forwarded", "campaign", "incoming")
GROUPS = ("near", "far")
DAYS = [dt.date(2026, 9, 20), dt.date(2026, 10, 2), dt.date(2026, 10, 3), dt.date(2026, 10, 25)]
# When a contract includes minutes to a group: never, always, or some and then others.
PERIODS: list[list[tuple[dt.date, dt.date | None]]] = [
    [],
    [],
    [(DAYS[0], None)],
    [(DAYS[0], DAYS[2]), (DAYS[2], None)],
]
TICK = dt.timedelta(microseconds=1)
Row = dict[str, Any]
Outcome = tuple[Any, ...]


@dataclass(frozen=True)
class World:
    """Tariffs, the plan of each contract, calls of one billing month, and what a closed month has counted."""

    tariffs: Tariffs
    plans: dict[str, str]
    calls: list[Call]
    consumed: dict[CounterKey, int]


def random_world(dice: random.Random, calls: int, rates: int = 24) -> World:
    """A world of so many calls; about ``rates`` rates."""
    plans = {f"contract-{n}": dice.choice(list(FALLBACKS)) for n in range(max(3, calls // 200))}
    deck = [replace(rate, rate_id=number) for number, rate in enumerate(_rates(dice, rates), 1)]
    tiers = {
        (version, group, minutes): Tier(version, group, minutes, dice.choice([0, 7, 100_000]))
        for version in ("v1", "v2")
        for group in GROUPS
        for minutes in dice.sample(range(1, 90), dice.choice([0, 1, 2, 3]))
    }
    allowances = tuple(
        Allowance(contract, group, dice.randrange(1, 60), first, last)
        for contract in plans
        for group in GROUPS
        for first, last in dice.choice(PERIODS)
    )
    consumed: dict[CounterKey, int] = {
        (contract, group, CLOSED): dice.randrange(0, 4_000)
        for contract in plans
        for group in GROUPS
        if dice.random() < 0.5
    }
    tariffs = Tariffs(tuple(deck), FALLBACKS, tuple(tiers.values()), allowances)
    return World(tariffs, plans, [_call(dice, plans, n) for n in range(calls)], consumed)


def _rates(dice: random.Random, count: int) -> Iterator[Rate]:
    """Rates none of which competes with another: the asset ``tariff_rates`` refuses those that do."""
    seen = set[tuple[str, ...]]()
    for _ in range(count):
        # Half of them short, so that rates go on competing for a call.
        prefix = dice.choice(dice.choice([PREFIXES, SHORT_PREFIXES]))
        plan = dice.choice(["standard", "standard", "gold", "silver"])
        origin = (dice.choice(["*", "*", "FR", "BE"]), dice.choice(["*", "*", "fixed", "mobile"]))
        category = dice.choice(["*", "*", "*", "direct", "campaign", "incoming"])
        if (prefix, plan, *origin, category) in seen:
            continue
        seen.add((prefix, plan, *origin, category))
        days = sorted(dice.sample(DAYS, dice.choice([1, 2, 3])))
        for first, last in zip(days, [*days[1:], dice.choice([None, DAYS[3] + dt.timedelta(days=3)])], strict=True):
            if last is not None and dice.random() < 0.2:
                continue
            yield Rate(
                rate_id=1,
                version_id=dice.choice(["v1", "v2"]),
                plan=plan,
                destination_prefix=prefix,
                destination_country="FR",
                category="France",
                # Up to 1000 EUR a minute for a day: 2 * 86400 * 1e9 is far from the end of a BIGINT.
                price_per_minute_micros=dice.choice([dice.randrange(100), dice.randrange(1_000_000_001)]),
                valid_from_at=midnight_utc(first),
                valid_to_at=None if last is None else midnight_utc(last),
                connection_fee_micros=dice.choice([0, dice.randrange(1_000_000)]),
                initial_seconds=dice.choice([1, dice.randrange(1, 90)]),
                increment_seconds=dice.choice([1, dice.randrange(1, 90)]),
                origin_country=origin[0],
                origin_number_type=origin[1],
                call_category=category,
                minimum_charge_micros=dice.choice([0, 0, dice.randrange(2_000_000)]),
                surcharge_per_call_micros=dice.choice([0, 0, dice.randrange(3_000_000)]),
                surcharge_per_minute_micros=dice.choice([0, 0, dice.randrange(800_000)]),
                destination_group=dice.choice([None, *GROUPS]),
            )


def _call(dice: random.Random, plans: dict[str, str], number: int) -> Call:
    contract = dice.choice([*plans, None]) if dice.random() < 0.1 else dice.choice(list(plans))
    after = dice.choice([dt.timedelta(), -TICK, dt.timedelta(seconds=dice.randrange(80_000))])
    return Call(
        plan=None if contract is None else plans[contract],
        called_digits=dice.choice(CALLED),
        answered_at=midnight_utc(dice.choice(DAYS)) + after,
        billed_seconds=dice.choice([dice.randrange(1, 200), dice.randrange(1, 2_000), dice.randrange(1, 86_400)]),
        origin_country=dice.choice(COUNTRIES),
        origin_number_type=dice.choice(NUMBER_TYPES),
        call_category=dice.choice(CATEGORIES),  # type: ignore[arg-type]
        contract_id=contract,
        boot_id="boot",
        leg_id=f"{number:07}",
    )


def outcomes_of(world: World) -> dict[str, Outcome]:
    """What the oracle says of each call that is not free: its price and working, or the reason for none."""
    outcomes: dict[str, Outcome] = {}
    for (_, leg_id), result in rate_calls(world.calls, world.tariffs, world.consumed).items():
        if isinstance(result, Unrated):
            outcomes[leg_id] = (result.reason,)
        elif isinstance(result, RatedCall):
            parts = [(part.kind, part.seconds, part.price_per_minute_micros) for part in result.parts]
            whole = [("rate", result.charged_seconds, result.rate.price_per_minute_micros)]
            amounts = (result.charged_seconds, result.included_seconds, result.amount_micros, result.surcharge_micros)
            outcomes[leg_id] = (result.rate.rate_id, *amounts, () if parts == whole else tuple(parts))
    return outcomes


def outcomes_in(memory: Memory) -> dict[str, Outcome]:
    """The same from the tables."""
    parts: dict[str, list[Outcome]] = {}
    for row in memory.rows("select * from rated_call_parts order by leg_id, part_number"):
        parts.setdefault(row["leg_id"], []).append((row["kind"], row["seconds"], row["price_per_minute_micros"]))
    rated = memory.rows(
        "select leg_id, rate_id, charged_seconds, included_seconds, amount_micros, surcharge_micros from rated_calls"
    )
    unrated = memory.rows("select leg_id, reason from unrated_calls")
    outcomes = {row["leg_id"]: (*list(row.values())[1:], tuple(parts.pop(row["leg_id"], ()))) for row in rated}
    assert not parts, "a part of no call"
    assert not outcomes.keys() & {row["leg_id"] for row in unrated}
    assert len(outcomes) == len(rated)
    return outcomes | {row["leg_id"]: (row["reason"],) for row in unrated}


def rate_in_sql(memory: Memory, world: World) -> dict[str, Outcome]:
    """Put a world into the tables, run the models for its month, and read what they say."""
    memory.put("contracts", [{"contract_id": name, "tariff_plan": plan} for name, plan in world.plans.items()])
    memory.put("tariff_plans", [{"plan": plan, "fallback_plan": fallback} for plan, fallback in FALLBACKS.items()])
    memory.put("tariff_rates", [rate_row(rate) for rate in world.tariffs.rates])
    memory.put("tariff_tiers", [asdict(tier) for tier in world.tariffs.tiers])
    memory.put("contract_allowances", [asdict(allowance) for allowance in world.tariffs.allowances])
    memory.put("billing_periods", [{"month": CLOSED, "state": "closed"}])
    memory.put("closed_calls", [closed_row(key, seconds) for key, seconds in world.consumed.items()])
    memory.put("call_detail_records", [leg(call) for call in world.calls])
    memory.run(RATING, MONTH)
    return outcomes_in(memory)


def closed_row(key: CounterKey, seconds: int) -> Row:
    contract, group, call_month = key
    leg_id = f"closed {contract} {group}"
    counted = {"call_month": call_month, "destination_group": group, "charged_seconds": seconds}
    return {"month": CLOSED, "boot_id": "boot", "leg_id": leg_id, "contract_id": contract, "is_billed": True, **counted}


def rate_row(rate: Rate) -> Row:
    days = {"valid_from": local_date(rate.valid_from_at), "valid_to": rate.valid_to_at and local_date(rate.valid_to_at)}
    fields = {name: cell for name, cell in asdict(rate).items() if not name.endswith("_at")}
    return {**fields, "prefix_length": len(rate.destination_prefix), **days}


def leg(call: Call) -> Row:
    day = local_date(call.answered_at)
    return {
        "month": str(Month.of(day)),
        "record_date": day,
        "boot_id": call.boot_id,
        "leg_id": call.leg_id,
        "is_billable": call.call_category != "incoming",
        "is_carrier_leg": True,
        "contract_id": call.contract_id,
        "customer_id": call.contract_id,
        "called_digits": call.called_digits,
        "call_category": call.call_category,
        "answered_at": call.answered_at.replace(tzinfo=None),
        "billed_seconds": call.billed_seconds,
        "origin_country": call.origin_country,
        "origin_number_type": call.origin_number_type,
    }
