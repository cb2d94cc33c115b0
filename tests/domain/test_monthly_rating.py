"""A month of calls: one counter per contract, group and month, in answer order, whatever order they come in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import midnight_utc
from domain.monthly_rating import Tariffs, rate_calls
from domain.rating import Call, Free, RatedCall, Unrated
from domain.tariff import Rate
from domain.tariff_bands import Allowance, Part, Tier

DAY = dt.date(2026, 10, 1)
NOON = dt.datetime(2026, 10, 5, 10, tzinfo=dt.UTC)
FIXED = Rate(
    rate_id=1,
    version_id="v1",
    plan="standard",
    destination_prefix="33",
    destination_country="FR",
    category="France - fixes",
    price_per_minute_micros=60_000,
    valid_from_at=midnight_utc(dt.date(2026, 1, 1)),
    initial_seconds=30,
    increment_seconds=6,
    destination_group="france",
)
MOBILE = replace(FIXED, rate_id=2, destination_prefix="336", price_per_minute_micros=120_000)
ABROAD = replace(FIXED, rate_id=3, destination_prefix="44", destination_group=None)
INCLUDED = Allowance("c", "france", 10, dt.date(2026, 1, 1))
TARIFFS = Tariffs((FIXED, MOBILE, ABROAD), {"standard": None}, (Tier("v1", "france", 15, 6_000),), (INCLUDED,))
CALL = Call("standard", "33170182000", NOON, 300, contract_id="c", boot_id="b", leg_id="1")


def call(leg_id: str, minutes: int, **changes: object) -> Call:
    return replace(CALL, leg_id=leg_id, answered_at=NOON + dt.timedelta(minutes=minutes), **changes)  # type: ignore[arg-type]


def parts(outcome: RatedCall | Unrated | Free) -> tuple[Part, ...]:
    assert isinstance(outcome, RatedCall)
    return outcome.parts


def test_minutes_are_drawn_in_answer_order_by_every_call_of_the_group():
    outcomes = rate_calls(
        [
            call("third", 20),
            call("first", 0),
            call("abroad", 5, called_digits="442012345678"),
            call("second", 10, called_digits="33601020304", billed_seconds=400),
        ],
        TARIFFS,
    )
    assert parts(outcomes["b", "first"]) == (Part("included", 300, 0),)
    assert parts(outcomes["b", "second"]) == (Part("included", 300, 0), Part("rate", 102, 120_000))
    assert parts(outcomes["b", "third"]) == (Part("rate", 198, 60_000), Part("tier", 102, 6_000))
    assert parts(outcomes["b", "abroad"]) == (Part("rate", 300, 60_000),)


def test_calls_at_one_instant_are_counted_by_boot_and_leg():
    at_once = [call(leg, 0, billed_seconds=600) for leg in "ba"]
    outcomes = rate_calls(at_once, TARIFFS)
    assert parts(outcomes["b", "a"]) == (Part("included", 600, 0),)
    assert parts(outcomes["b", "b"])[0].kind == "rate"


def test_each_contract_and_each_month_has_its_own_counter():
    november = replace(CALL, leg_id="november", answered_at=midnight_utc(dt.date(2026, 11, 1)))
    october = replace(november, leg_id="october", answered_at=november.answered_at - dt.timedelta(microseconds=1))
    other = call("other", 0, contract_id="d")
    outcomes = rate_calls([call("first", 0, billed_seconds=600), october, november, other], TARIFFS)
    assert parts(outcomes["b", "october"])[0].kind == "rate"
    assert parts(outcomes["b", "november"]) == (Part("included", 300, 0),)
    assert parts(outcomes["b", "other"]) == (Part("rate", 300, 60_000),)


def test_a_late_call_goes_on_from_what_its_closed_month_counted():
    outcomes = rate_calls([call("late", 0)], TARIFFS, {("c", "france", "2026-10"): 420})
    assert parts(outcomes["b", "late"]) == (Part("included", 180, 0), Part("rate", 120, 60_000))


def test_a_call_without_a_price_counts_for_nothing():
    expired = replace(FIXED, destination_prefix="3399", rate_id=9, valid_to_at=NOON)
    outcomes = rate_calls(
        [call("unrated", 0, called_digits="81312345678"), call("free", 1, call_category="incoming"), call("x", 2)],
        replace(TARIFFS, rates=(*TARIFFS.rates, expired)),
    )
    assert outcomes["b", "unrated"] == Unrated("NO_RATE")
    assert outcomes["b", "free"] == Free()
    assert parts(outcomes["b", "x"]) == (Part("included", 300, 0),)


CALLS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["33170182000", "33601020304", "442012345678"]), st.integers(1, 900)),
    max_size=12,
)


@given(CALLS, st.randoms())
def test_the_order_calls_come_in_changes_nothing(rows, random):
    calls = [call(str(n), minutes, called_digits=to, billed_seconds=s) for n, (minutes, to, s) in enumerate(rows)]
    shuffled = list(calls)
    random.shuffle(shuffled)
    assert rate_calls(calls, TARIFFS) == rate_calls(shuffled, TARIFFS)


@given(CALLS)
def test_an_allowance_is_never_drawn_past_its_end_nor_left_while_a_call_pays(rows):
    calls = [call(str(n), minutes, called_digits=to, billed_seconds=s) for n, (minutes, to, s) in enumerate(rows)]
    rated = [outcome for outcome in rate_calls(calls, TARIFFS).values() if isinstance(outcome, RatedCall)]
    group = [outcome for outcome in rated if outcome.rate.destination_group == "france"]
    drawn = sum(outcome.included_seconds for outcome in group)
    assert drawn == min(600, sum(outcome.charged_seconds for outcome in group))
    assert all(sum(part.seconds for part in outcome.parts) == outcome.charged_seconds for outcome in rated)
