"""The rating models price any calls on any deck exactly as ``domain.rating`` does, call by call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.rating import Call, RatedCall, rate_call
from domain.tariff import Rate, find_overlaps
from tests.dbt_like_sql.memory import Memory

MONTH = "2026-10"
PLANS = ("standard", "gold")
# Few prefixes, origins and instants, so that rates compete for a call and end at the very instant it is answered.
PREFIXES = ("1", "12", "122", "13")
NUMBERS = ("+1", "+12", "+1222", "+13", "+2")
COUNTRIES = ("FR", "BE")
NUMBER_TYPES = ("fixed", "mobile")
INSTANTS = [dt.datetime(2026, 10, day, 22, tzinfo=dt.UTC) for day in (1, 2, 3, 4)]


def mostly_first(values: Sequence[str | None]) -> st.SearchStrategy[Any]:
    return st.just(values[0]) | st.sampled_from(values)


rates = st.builds(
    Rate,
    rate_id=st.just(0),
    version_id=st.sampled_from(["v1", "v2"]),
    plan=mostly_first(PLANS),
    destination_prefix=mostly_first(PREFIXES),
    destination_country=st.just("FR"),
    category=st.sampled_from(["France - fixes", "France - mobiles"]),
    # Up to 1000 EUR a minute for a day: 2 * 86400 * 1e9 is far from the end of a BIGINT.
    price_per_minute_micros=st.integers(0, 1_000_000_000) | st.integers(0, 100),
    connection_fee_micros=st.integers(0, 1_000_000),
    initial_seconds=st.integers(1, 90),
    increment_seconds=st.integers(1, 90),
    origin_country=st.sampled_from(["*", *COUNTRIES]),
    origin_number_type=st.sampled_from(["*", *NUMBER_TYPES]),
    valid_from_at=st.sampled_from(INSTANTS[:3]),
    valid_to_at=st.none(),
)
calls = st.builds(
    Call,
    plan=mostly_first([*PLANS, None]),
    destination_number=mostly_first(["+1222", *NUMBERS, None]),
    answered_at=st.sampled_from(INSTANTS) | st.sampled_from(INSTANTS).map(lambda at: at - dt.timedelta(microseconds=1)),
    billed_seconds=st.integers(1, 200) | st.integers(1, 86_400),
    origin_country=mostly_first([*COUNTRIES, None]),
    origin_number_type=mostly_first([*NUMBER_TYPES, None]),
)


@st.composite
def decks(draw: st.DrawFn) -> list[Rate]:
    """Rates none of which competes with another: the asset ``tariff_rates`` refuses those that do."""
    deck: list[Rate] = []
    for candidate in draw(st.lists(rates, min_size=draw(st.sampled_from([0, 12])), max_size=20)):
        ends = [None, *(instant for instant in INSTANTS if instant > candidate.valid_from_at)]
        fields = asdict(candidate) | {"rate_id": len(deck) + 1, "valid_to_at": draw(st.sampled_from(ends))}
        rate = Rate(**fields)
        if not find_overlaps([*deck, rate]):
            deck.append(rate)
    return deck


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deck=decks(), calls=st.lists(calls, min_size=8, max_size=24))
def test_sql_and_domain_agree_on_every_call(memory: Memory, deck: list[Rate], calls: list[Call]) -> None:
    memory.put("contracts", [{"contract_id": plan, "tariff_plan": plan} for plan in PLANS])
    memory.put("tariff_rates", [rate_row(rate) for rate in deck])
    memory.put("call_detail_records", [leg(str(number), call) for number, call in enumerate(calls)])
    memory.run(["int_calls__billable", "int_calls__prefix_matches", "rated_calls", "unrated_calls"], MONTH)
    assert outcomes_in(memory) == outcomes_of(calls, deck)


def outcomes_of(calls: Sequence[Call], deck: Sequence[Rate]) -> dict[str, tuple[Any, ...]]:
    """What the oracle says of each call: rate, seconds charged and price, or the reason for none."""
    outcomes: dict[str, tuple[Any, ...]] = {}
    for number, call in enumerate(calls):
        result = rate_call(call, deck)
        outcomes[str(number)] = (
            (result.rate.rate_id, result.charged_seconds, result.amount_micros)
            if isinstance(result, RatedCall)
            else (result.reason,)
        )
    return outcomes


def outcomes_in(memory: Memory) -> dict[str, tuple[Any, ...]]:
    rated = memory.rows("select leg_id, rate_id, charged_seconds, amount_micros from rated_calls")
    unrated = memory.rows("select leg_id, reason from unrated_calls")
    assert len({row["leg_id"] for row in [*rated, *unrated]}) == len(rated) + len(unrated)
    return {row["leg_id"]: tuple(row.values())[1:] for row in [*rated, *unrated]}


def rate_row(rate: Rate) -> dict[str, Any]:
    ends = rate.valid_to_at
    return asdict(rate) | {
        "prefix_length": len(rate.destination_prefix),
        "valid_from_at": rate.valid_from_at.replace(tzinfo=None),
        "valid_to_at": None if ends is None else ends.replace(tzinfo=None),
    }


def leg(leg_id: str, call: Call) -> dict[str, Any]:
    return {
        "month": MONTH,
        "record_date": dt.date(2026, 10, 5),
        "boot_id": "boot",
        "leg_id": leg_id,
        "is_billable": True,
        "contract_id": call.plan,
        "customer_id": call.plan,
        "destination_number": call.destination_number,
        "called_digits": call.destination_number.removeprefix("+") if call.destination_number else None,
        "call_category": "direct",
        "answered_at": call.answered_at.replace(tzinfo=None),
        "billed_seconds": call.billed_seconds,
        "origin_country": call.origin_country,
        "origin_number_type": call.origin_number_type,
    }
