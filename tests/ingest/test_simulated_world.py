"""The arithmetic of a simulated day."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.simulated_world import (
    RINGING,
    TALK,
    UNANSWERED,
    WAITING,
    Destination,
    SimulatedCustomer,
    SimulatedNumber,
    SimulatedWorld,
    calls_of_day,
    contacts,
    draw,
)

CUSTOMER = SimulatedCustomer(
    "acct-1",
    "Un",
    (SimulatedNumber("+33199000001"),),
    100,
    (Destination("+4477009", 5, 1), Destination("+3363998", 4, 9)),
)


@given(st.sampled_from([TALK, RINGING, WAITING, UNANSWERED]), st.integers())
def test_a_draw_is_a_whole_number_within_its_quantiles(quantiles, seed):
    drawn = draw(random.Random(seed), quantiles)
    assert isinstance(drawn, int)
    assert quantiles[0][1] <= drawn <= quantiles[-1][1]


def test_half_the_talks_are_shorter_than_the_median_quantile():
    rng = random.Random(1)
    talks = [draw(rng, TALK) for _ in range(20_000)]
    assert 9_700 < sum(talk < 75_000 for talk in talks) < 10_300
    assert 300 < sum(talk < 1_000 for talk in talks) < 500  # two in a hundred last less than a second


def test_a_sunday_has_a_tenth_of_a_monday_s_calls():
    rng = random.Random(1)
    mondays = sum(calls_of_day(rng, CUSTOMER, dt.date(2026, 10, 5)) for _ in range(200)) / 200
    sundays = sum(calls_of_day(rng, CUSTOMER, dt.date(2026, 10, 4)) for _ in range(200)) / 200
    assert 100 < mondays < 110
    assert 7 < sundays < 9


def test_a_customer_calls_numbers_of_its_destinations():
    called = contacts(random.Random(1), CUSTOMER)
    assert {len(number) for number in called} == {13, 12}
    assert all(number.startswith(("+4477009", "+3363998")) for number in called)
    assert sum(number.startswith("+3363998") for number in called) > len(called) / 2


def test_a_number_is_in_use_from_its_first_day_to_the_day_before_its_end():
    number = SimulatedNumber("+33199000001", dt.date(2026, 10, 12), dt.date(2026, 10, 16))
    assert [day for day in range(1, 32) if number.is_in_use(dt.date(2026, 10, day))] == [12, 13, 14, 15]


def test_a_world_is_lean_unless_asked():
    assert SimulatedWorld((CUSTOMER,), Path("x.esl")).lean
