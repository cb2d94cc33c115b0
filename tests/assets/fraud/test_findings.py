"""Each rule of the watch over spend, at its edge: a day against the customer's own four weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from assets.fraud.findings import RULES, variables
from assets.fraud.spend import sql
from assets.fraud.tables import SPEND_DAILY
from domain.fraud import FraudThresholds

WEDNESDAY = dt.date(2026, 11, 25)
EURO = 1_000_000
DAY: dict[str, Any] = {
    "customer_id": "acct-1",
    "contract_id": "ctr-1",
    "destination": "GB",
    "destination_class": "international",
    "calls": 10,
    "billed_seconds": 600,
    "amount_micros": 5 * EURO,
    "unpriced_calls": 0,
    "night_calls": 0,
    "burst_calls": 0,
    "burst_prefix": None,
}


def day(date: dt.date = WEDNESDAY, **changed: Any) -> dict[str, Any]:
    return {"month": str(date)[:7], "record_date": date, **DAY, **changed}


def before(days: int, **changed: Any) -> list[dict[str, Any]]:
    """So many days of calls before the Wednesday, working days and weekends alike."""
    return [day(WEDNESDAY - dt.timedelta(n), **changed) for n in range(1, days + 1)]


def found(rows: Iterable[dict[str, Any]], cap: int | None = None, **changed: int) -> list[tuple[str, dt.date, bool]]:
    """The rules that find something, of which day, and whether people are told."""
    with duckdb.connect() as connection:
        connection.register("spend", pa.Table.from_pylist(list(rows), schema=SPEND_DAILY.arrow_schema))
        caps = [] if cap is None else ["ctr-1"]
        columns = {"contract_id": pa.array(caps, pa.string()), "cap_micros": pa.array([cap] * len(caps), pa.int64())}
        connection.register("caps", pa.table(columns))
        connection.execute("set variable month = '2026-11'")
        for name, value in variables(replace(FraudThresholds(), **changed)).items():
            connection.execute(f"set variable {name} = {value}::bigint")
        rows = connection.sql(sql("findings.sql")).to_arrow_table().to_pylist()
    assert {row["check_name"] for row in rows} <= RULES.keys()
    return [(row["check_name"], row["record_date"], row["is_told"]) for row in rows]


@pytest.mark.parametrize(("euros", "is_found"), [(50, False), (51, True)])
def test_a_day_below_the_floor_is_never_unusual(euros, is_found):
    rows = [*before(20), day(amount_micros=euros * EURO)]
    assert found(rows) == [("unusual_spend", WEDNESDAY, True)] * is_found


@pytest.mark.parametrize(("euros", "is_found"), [(80, False), (81, True)])
def test_above_the_floor_a_day_is_unusual_past_four_times_its_mean(euros, is_found):
    rows = [*before(20, amount_micros=20 * EURO), day(amount_micros=euros * EURO)]
    assert found(rows) == [("unusual_spend", WEDNESDAY, True)] * is_found


def test_a_day_no_dearer_than_the_busiest_of_its_four_weeks_is_usual():
    busy = day(WEDNESDAY - dt.timedelta(7), amount_micros=49 * EURO)
    rows = [*(row for row in before(20, amount_micros=0) if row["record_date"] != busy["record_date"]), busy]
    assert found([*rows, day(amount_micros=49 * EURO)], least_spend_cents=10_00) == [
        ("unusual_spend", busy["record_date"], True)
    ]


def test_minutes_count_where_they_cost_nothing():
    assert found([*before(20), day(billed_seconds=301 * 60)]) == [("unusual_spend", WEDNESDAY, True)]


@pytest.mark.parametrize(("euros", "is_found"), [(200, False), (201, True)])
def test_a_customer_without_a_history_has_four_times_the_floor(euros, is_found):
    assert found([*before(4), day(amount_micros=euros * EURO)]) == [("unusual_spend", WEDNESDAY, True)] * is_found


def test_four_weeks_are_what_counts_and_weekends_are_compared_with_weekends():
    old = [day(WEDNESDAY - dt.timedelta(29), amount_micros=999 * EURO)]
    weekend = [row for row in before(20) if row["record_date"].weekday() >= 5]
    dear_weekend = [row | {"amount_micros": 40 * EURO} for row in weekend]
    working = [row for row in before(20) if row["record_date"].weekday() < 5]
    told = found([*old, *dear_weekend, *working, day(amount_micros=60 * EURO)])
    assert ("unusual_spend", WEDNESDAY, True) in told


def test_a_destination_never_called_before_has_the_floor():
    assert found([*before(20), day(), day(destination="SO", amount_micros=51 * EURO)]) == [
        ("unusual_spend", WEDNESDAY, True)
    ]


@pytest.mark.parametrize(("calls", "is_told"), [(1, False), (2, False), (3, True)])
def test_a_call_to_a_blocked_range_is_always_a_finding_and_told_from_the_third_of_a_day(calls, is_told):
    rows = [*before(20), day(destination="satellite", destination_class="satellite", calls=calls)]
    assert found(rows) == [("high_risk_calls", WEDNESDAY, is_told)]


def test_calls_to_several_blocked_ranges_count_together():
    rows = [
        day(destination="SO", destination_class="high_risk", calls=2),
        day(destination="CU", destination_class="high_risk", calls=1),
    ]
    assert found([*before(20), *rows]) == [("high_risk_calls", WEDNESDAY, True)] * 2


@pytest.mark.parametrize(
    ("usual", "burst", "is_found"), [(0, 29, False), (0, 30, True), (15, 30, False), (15, 31, True)]
)
def test_a_burst_is_thirty_short_calls_in_an_hour_and_twice_the_customers_usual(usual, burst, is_found):
    rows = [*before(20, burst_calls=usual, burst_prefix="33612"), day(burst_calls=burst, burst_prefix="25261")]
    assert found(rows) == [("short_call_burst", WEDNESDAY, True)] * is_found


@pytest.mark.parametrize(
    ("usual", "night", "is_found"), [(0, 19, False), (0, 20, True), (10, 40, False), (10, 41, True)]
)
def test_a_night_is_unusual_from_twenty_calls_and_past_four_times_its_mean(usual, night, is_found):
    assert (
        found([*before(20, night_calls=usual), day(night_calls=night)])
        == [("night_traffic", WEDNESDAY, True)] * is_found
    )


@pytest.mark.parametrize(
    ("spent", "rule"), [(79, None), (80, "daily_cap_near"), (100, "daily_cap_near"), (101, "daily_cap_passed")]
)
def test_a_daily_cap_is_told_at_eighty_percent_and_when_it_is_passed(spent, rule):
    rows = [*before(20), day(amount_micros=spent * EURO // 5, destination="GB")]
    assert found(rows, cap=20 * EURO) == ([(rule, WEDNESDAY, True)] if rule else [])


def test_another_customers_history_is_not_this_ones():
    others = before(20, customer_id="acct-2", contract_id="ctr-2", amount_micros=45 * EURO)
    assert ("unusual_spend", WEDNESDAY, True) in found([*others, *before(20), day(amount_micros=60 * EURO)])
