"""Every case of the rating cases, priced by the real models to the micro-euro."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dbt_like_sql.project import Project
from domain.calendar import BILLING_ZONE, Month, local_date
from domain.money import MICROS_PER_EURO, parse_euros
from domain.rating import billed_seconds
from tests.dbt_like_sql.memory import RATING, Memory

ANSWERED_AT = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
# Cases whose point is the instant: Paris wall clock, its offset told by fold.
ANSWERED_IN_PARIS = {
    "R23": dt.datetime(2026, 3, 29, 1, 50, tzinfo=BILLING_ZONE),
    "R24": dt.datetime(2026, 10, 25, 2, 50, tzinfo=BILLING_ZONE, fold=0),
}
DELIVERIES = {"R22": 3}
NUMBER = "+33601020304"
SINCE = dt.date(2026, 1, 1)
YESTERDAY = dt.date(2026, 11, 21)

Row = dict[str, Any]


def rates_of(case: Row) -> list[Row]:
    """The deck a case speaks of: one rate for the number's prefix, unless the case is about the deck."""
    if case["case"] == "R19":
        return [rate(case, "4420", None)]
    if case["case"] == "R20":
        return [rate(case | {"price_eur_per_minute": "0.10"}, "336", YESTERDAY)]
    if case["case"] == "R21":
        return [rate(case | {"price_eur_per_minute": "0.10"}, "3360", YESTERDAY), rate(case, "336", None)]
    return [rate(case, "336", None)]


def rate(case: Row, prefix: str, valid_to: dt.date | None) -> Row:
    return {
        "version_id": f"v-{case['case']}",
        "plan": case["case"],
        "rate_id": int(case["case"][1:]) * 10 + (valid_to is not None),
        "origin_country": "*",
        "origin_number_type": "*",
        "destination_prefix": prefix,
        "prefix_length": len(prefix),
        "destination_country": "FR",
        "category": "France - mobiles",
        "price_per_minute_micros": euros(case["price_eur_per_minute"]),
        "connection_fee_micros": euros(case["connection_fee_eur"]),
        "initial_seconds": int(case["initial_seconds"] or 1),
        "increment_seconds": int(case["increment_seconds"] or 1),
        "call_category": "*",
        "minimum_charge_micros": 0,
        "surcharge_per_call_micros": 0,
        "surcharge_per_minute_micros": 0,
        "valid_from": SINCE,
        "valid_to": valid_to,
    }


def leg(case: Row) -> Row:
    """The call as the call records have it; answered seconds are exact microseconds."""
    answered_at = ANSWERED_IN_PARIS.get(case["case"], ANSWERED_AT).astimezone(dt.UTC)
    answer_us = int(answered_at.timestamp()) * 1_000_000
    is_answered = case["answered_seconds"] != ""
    talk_us = int(Decimal(case["answered_seconds"] or 0) * 1_000_000)
    return {
        "month": str(Month.of(local_date(answered_at))),
        "record_date": local_date(answered_at),
        "boot_id": "boot",
        "leg_id": case["case"],
        "is_carrier_leg": True,
        "is_billable": is_answered,
        "direction": "outgoing",
        "customer_id": "acct-1001",
        "contract_id": case["case"],
        "destination_number": NUMBER,
        "called_digits": NUMBER[1:],
        "call_category": "direct",
        "answered_at": answered_at.replace(tzinfo=None) if is_answered else None,
        "billed_seconds": billed_seconds(answer_us if is_answered else 0, answer_us + talk_us),
    }


def euros(text: str) -> int:
    return parse_euros(text or "0", unit=MICROS_PER_EURO, what="case")


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Row]:
    with (shared / "cases" / "rating_cases.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rated(cases: list[Row], project: Project) -> Memory:
    """All cases in one warehouse, each under its own contract and plan, every month run."""
    memory = Memory(project)
    memory.put("contracts", [{"contract_id": case["case"], "tariff_plan": case["case"]} for case in cases])
    memory.put("tariff_rates", [row for case in cases for row in rates_of(case)])
    legs = [leg(case) for case in cases for _ in range(DELIVERIES.get(case["case"], 1))]
    memory.put("call_detail_records", legs)
    for month in sorted({row["month"] for row in legs}):
        memory.run([*RATING, "usage_charges"], month)
    return memory


def test_every_case_is_priced_as_expected(cases: list[Row], rated: Memory) -> None:
    rows = rated.rows("select leg_id, amount_micros from rated_calls")
    prices = {row["leg_id"]: row["amount_micros"] for row in rows}
    assert len(prices) == len(rows)
    expected = {case["case"]: case["expected_eur"] for case in cases}
    never_answered = {"R17"}
    assert prices == {
        name: euros(amount) for name, amount in expected.items() if amount != "UNRATED" and name not in never_answered
    }
    assert len(cases) == 24


def test_a_call_without_a_price_says_why(rated: Memory) -> None:
    rows = rated.rows("select leg_id, reason from unrated_calls order by leg_id")
    assert rows == [{"leg_id": "R19", "reason": "NO_RATE"}, {"leg_id": "R20", "reason": "EXPIRED_RATE"}]


def test_a_call_that_was_never_answered_is_neither_charged_nor_waiting(rated: Memory) -> None:
    for table in ("rated_calls", "unrated_calls"):
        assert rated.rows(f"select * from {table} where leg_id = 'R17'") == []


def test_a_call_takes_the_month_of_its_answer_in_paris(rated: Memory) -> None:
    rows = rated.rows("select leg_id, month, billed_seconds from rated_calls where leg_id in ('R23', 'R24') order by 1")
    assert rows == [
        {"leg_id": "R23", "month": "2026-03", "billed_seconds": 1200},
        {"leg_id": "R24", "month": "2026-10", "billed_seconds": 1200},
    ]


def test_a_leg_delivered_three_times_is_charged_once(rated: Memory) -> None:
    assert len(rated.rows("select * from call_detail_records where leg_id = 'R22'")) == 3
    assert rated.rows("select calls, amount_micros, amount_cents from usage_charges where contract_id = 'R22'") == [
        {"calls": 1, "amount_micros": 20_000, "amount_cents": 2}
    ]
