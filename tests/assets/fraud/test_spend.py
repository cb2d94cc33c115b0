"""What a day should cost is what the oracle says of each of its calls, before allowances and tiers."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import fields, replace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from adapters.ledger.rate_reading import FIELDS, SCHEMA
from assets.fraud.findings import variables
from assets.fraud.spend import sql
from assets.fraud.tables import SPEND_DAILY
from domain.calendar import local_date, midnight_utc
from domain.fraud import FraudThresholds
from domain.rating import Call, RatedCall, rate_call
from domain.tariff import Rate
from tests.dbt_like_sql.oracle_world import DAYS, FALLBACKS, World, random_world

LEG = {"is_billable": True, "customer_id": "acct", "account_code": None, "talk_micros": 60_000_000,
       "destination_country": "FR", "destination_class": "national"}  # fmt: skip
NAMES = {"plan", "id", *(name for name in FIELDS if name in {field.name for field in fields(Rate)})}
ASKED = ("contract_id", "called_digits", "billed_seconds", "origin_country", "origin_number_type", "call_category")


def in_force(world: World, day: dt.date) -> list[Rate]:
    return [rate for rate in world.tariffs.rates if rate.is_in_force(midnight_utc(day))]


def calls_of(world: World, day: dt.date) -> list[Call]:
    return [
        replace(call, fallback_plan=FALLBACKS[call.plan])
        for call in world.calls
        if call.plan is not None and call.call_category != "incoming" and local_date(call.answered_at) == day
    ]


def legs_table(legs: list[dict[str, Any]]) -> pa.Table:
    texts = ("customer_id", "contract_id", "account_code", "called_digits", "origin_country", "origin_number_type",
             "destination_country", "destination_class", "call_category")  # fmt: skip
    known = pa.Table.from_pylist(legs).schema
    schema = pa.schema([(name, pa.string() if name in texts else known.field(name).type) for name in known.names])
    return pa.Table.from_pylist(legs, schema)


def spend_of(day: dt.date, plans: list[dict[str, Any]], rates: list[dict[str, Any]], legs: list[dict[str, Any]]) -> Any:
    """The rows of a day, as the SQL says."""
    contracts = pa.schema([(name, pa.string()) for name in ("contract_id", "plan", "fallback_plan")])
    with duckdb.connect() as connection:
        connection.register("contracts", pa.Table.from_pylist(plans, contracts))
        connection.register("rates", pa.Table.from_pylist(rates, pa.schema([f for f in SCHEMA if f.name in NAMES])))
        connection.register("legs", legs_table(legs))
        connection.execute(f"set variable day = date '{day}'")
        connection.execute("set variable prefix_digits = 5")
        connection.execute("set variable short_micros = 10000000")
        return connection.sql(sql("spend_daily.sql")).to_arrow_table().to_pylist()


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
    rows = spend_of(day, plans, rates, legs)
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


DAY = dt.date(2026, 11, 25)
SHORT: dict[str, Any] = {
    **LEG, "contract_id": "ctr", "talk_micros": 5_000_000, "billed_seconds": 5, "origin_country": "FR",
    "origin_number_type": "fixed", "call_category": "direct",
}  # fmt: skip
NO_NUMBER = {"called_digits": None, "destination_country": None, "destination_class": "invalid"}
SOMALIA = {"called_digits": "252612345678", "destination_country": "SO", "destination_class": "high_risk"}
PLANS = [{"contract_id": "ctr", "plan": "standard", "fallback_plan": None}]


def burst(calls: int, **said: Any) -> list[dict[str, Any]]:
    start = dt.datetime.combine(DAY, dt.time(10))
    return [{**SHORT, **said, "answered_at": start + dt.timedelta(seconds=20 * n)} for n in range(calls)]


def judged(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    with duckdb.connect() as connection:
        connection.register("spend", pa.Table.from_pylist(rows, SPEND_DAILY.arrow_schema))
        caps = pa.schema([("contract_id", pa.string()), ("cap_micros", pa.int64())])
        connection.register("caps", caps.empty_table())
        connection.execute("set variable month = '2026-11'")
        for name, value in variables(FraudThresholds()).items():
            connection.execute(f"set variable {name} = {value}::bigint")
        found = connection.sql(sql("findings.sql")).to_arrow_table().to_pylist()
    return [(row["check_name"], row["customer_id"], row["reason"]) for row in found]


def test_a_burst_of_texts_that_are_no_number_is_told_in_words():
    rows = spend_of(DAY, PLANS, [], [*burst(30, **NO_NUMBER), *burst(29, **SOMALIA)])
    assert {(row["destination"], row["burst_calls"], row["burst_prefix"]) for row in rows} == {
        ("invalid", 30, "invalid"), ("SO", 29, "25261"),
    }  # fmt: skip
    told = {rule: reason for rule, _, reason in judged(rows)}
    assert told["short_call_burst"] == ("30 answered calls under 10 seconds within an hour to invalid... (invalid)")
    assert None not in told.values()


@pytest.mark.parametrize(("account", "who"), [(None, "unknown"), ("acct-1001", "acct-1001")])
def test_calls_of_nobodys_number_are_watched_under_the_account_the_switch_names(account, who):
    nobody = {"customer_id": None, "contract_id": None, "account_code": account}
    rows = spend_of(DAY, PLANS, [], [*burst(31, **nobody, **SOMALIA), *burst(1, **SOMALIA)])
    names = ("customer_id", "contract_id", "calls", "unpriced_calls", "burst_calls")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("acct", "ctr", 1, 1, 1), (who, "unknown", 31, 31, 31),
    ]  # fmt: skip
    assert {(rule, customer) for rule, customer, _ in judged(rows)} == {
        ("high_risk_calls", "acct"), ("high_risk_calls", who), ("short_call_burst", who),
    }  # fmt: skip


def test_two_accounts_of_nobodys_number_keep_their_bursts_apart():
    nobody = {"customer_id": None, "contract_id": None, **SOMALIA}
    rows = spend_of(DAY, PLANS, [], [*burst(3, **nobody, account_code="one"), *burst(2, **nobody, account_code="two")])
    assert [(row["customer_id"], row["calls"], row["burst_calls"]) for row in rows] == [("one", 3, 3), ("two", 2, 2)]
