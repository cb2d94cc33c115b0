"""What a day should cost is what the oracle says of each of its calls, before allowances and tiers."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest

from adapters.ledger.rate_reading import FIELDS, SCHEMA
from assets.fraud.spend import sql
from domain.calendar import local_date, midnight_utc
from domain.rating import Call, RatedCall, rate_call
from domain.tariff import Rate
from tests.dbt_like_sql.oracle_world import DAYS, FALLBACKS, World, random_world

LEG = {"is_billable": True, "customer_id": "acct", "talk_micros": 60_000_000, "destination_country": "FR",
       "destination_class": "national"}  # fmt: skip
ASKED = ("contract_id", "called_digits", "billed_seconds", "origin_country", "origin_number_type", "call_category")


def in_force(world: World, day: dt.date) -> list[Rate]:
    return [rate for rate in world.tariffs.rates if rate.is_in_force(midnight_utc(day))]


def calls_of(world: World, day: dt.date) -> list[Call]:
    return [
        replace(call, fallback_plan=FALLBACKS[call.plan])
        for call in world.calls
        if call.plan is not None and call.call_category != "incoming" and local_date(call.answered_at) == day
    ]


def estimated(world: World, day: dt.date) -> dict[str, tuple[int, ...]]:
    """By contract: calls, micro-euros, calls without a price, as the SQL says."""
    rates = [
        {"plan": rate.plan, "id": rate.rate_id, **{name: getattr(rate, name) for name in FIELDS if hasattr(rate, name)}}
        for rate in in_force(world, day)
    ]
    legs = [
        {**LEG, **{name: getattr(call, name) for name in ASKED}, "answered_at": call.answered_at.replace(tzinfo=None)}
        for call in calls_of(world, day)
    ]
    plans = [
        {"contract_id": name, "plan": plan, "fallback_plan": FALLBACKS[plan]} for name, plan in world.plans.items()
    ]
    texts = [(name, pa.string()) for name in ("called_digits", "origin_country", "origin_number_type")]
    types = pa.schema([*texts, *[(name, pa.Table.from_pylist([leg]).schema.field(name).type) for leg in legs[:1]
                                 for name in leg if name not in dict(texts)]])  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("contracts", pa.Table.from_pylist(plans))
        connection.register("rates", pa.Table.from_pylist(rates, pa.schema([f for f in SCHEMA if f.name in rates[0]])))
        connection.register("legs", pa.Table.from_pylist(legs, types))
        connection.execute(f"set variable day = date '{day}'")
        connection.execute("set variable prefix_digits = 5")
        connection.execute("set variable short_micros = 10000000")
        rows = connection.sql(sql("spend_daily.sql")).to_arrow_table().to_pylist()
    return {row["contract_id"]: (row["calls"], row["amount_micros"], row["unpriced_calls"]) for row in rows}


def due(world: World, day: dt.date) -> dict[str, tuple[int, ...]]:
    """The same by the oracle, call by call."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for call in calls_of(world, day):
        outcome, spent = rate_call(call, world.tariffs.rates), sums[str(call.contract_id)]
        spent[0] += 1
        if isinstance(outcome, RatedCall):
            spent[1] += outcome.amount_micros + outcome.surcharge_micros
        else:
            spent[2] += 1
    return {contract: tuple(spent) for contract, spent in sums.items()}


@pytest.mark.parametrize("seed", range(4))
def test_a_days_estimate_is_the_sum_of_what_the_oracle_says_of_its_calls(seed: int) -> None:
    world = random_world(random.Random(seed), 400, 60)
    for day in DAYS[1:3]:
        expected = due(world, day)
        assert estimated(world, day) == expected
        assert sum(spent[1] for spent in expected.values()) > 0
        assert sum(spent[2] for spent in expected.values()) > 0
