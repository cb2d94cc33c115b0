"""The switch's dial rules: the same numbers as the bill reads, for every string people may dial."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.numbering import Numbering
from adapters.switch_numbering import dial_plan, range_pattern
from domain.errors import BadInput

DAY = dt.date(2026, 11, 22)
FRANCE = dial_plan("FR", DAY)
NUMBERING = Numbering()


def sent(plan, dialled):
    """What the switch sends, and the type it gives: as a dialplan reads rules, the first that fits."""
    for rule in plan.rules:
        if (number := rule.sends(dialled)) is not None:
            return number, rule.number_type
    return None


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True), st.sampled_from(["0", "+33", "0033", "+330"]))
def test_a_french_number_is_sent_and_typed_as_it_will_be_billed(national, begins):
    kind = NUMBERING.classify(national, DAY)
    number, number_type = sent(FRANCE, begins + national[1:])
    if number_type == "unknown":  # outside the French table: the bill asks phonenumbers
        assert number == f"+33{national[1:]}"
    else:
        assert (number, number_type) == (kind.e164, kind.number_type)


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("0612345678", ("+33612345678", "mobile")),
        ("0639981234", ("+33639981234", "mobile")),
        ("0639012345", ("+262639012345", "mobile")),
        ("0692123456", ("+262692123456", "mobile")),
        ("+262692123456", ("+262692123456", "mobile")),
        ("+33692123456", ("+262692123456", "mobile")),
        ("0508412345", ("+508412345", "fixed")),
        ("+508412345", ("+508412345", "fixed")),
        ("0800123456", ("+33800123456", "free")),
        ("0899123456", ("+33899123456", "surcharged")),
        ("3639", ("3639", "surcharged")),
        ("3015", ("3015", "free")),
        ("118712", ("118712", "surcharged")),
        ("116000", ("116000", "free")),  # an emergency number, and those are asked first
        ("00442079460018", ("+442079460018", "international")),
        ("+14155550101", ("+14155550101", "international")),
        ("06123456789", None),
        ("*99*", None),
        ("alice", None),
        ("33170181010", None),
        ("+0612345678", None),
    ],
)
def test_what_is_dialled_in_france_is_sent_as(dialled, expected):
    assert sent(FRANCE, dialled) == expected


@pytest.mark.parametrize("number", ["15", "17", "18", "112", "114", "115", "116000", "116117", "119", "191", "196"])
def test_every_french_emergency_number_reaches_help(number):
    assert re.fullmatch(FRANCE.emergency, number)
    assert NUMBERING.classify(number, DAY).number_type == "emergency"


@pytest.mark.parametrize("number", ["1", "150", "0112", "1120", "16", "3915", ""])
def test_nothing_else_is_an_emergency(number):
    assert re.fullmatch(FRANCE.emergency, number) is None


@pytest.mark.parametrize("country", ["GP", "MQ", "GF", "RE", "YT", "PM"])
def test_overseas_departments_dial_as_france_does(country):
    assert dial_plan(country, DAY) == FRANCE


@pytest.mark.parametrize(
    ("country", "dialled", "expected"),
    [
        ("BE", "025550100", ("+3225550100", "national")),
        ("BE", "+3225550100", ("+3225550100", "national")),
        ("BE", "25550100", None),
        ("CH", "0225550100", ("+41225550100", "national")),
        ("CH", "0033170181001", ("+33170181001", "international")),
        ("MC", "97990101", ("+37797990101", "national")),
        ("MC", "0037797990101", ("+37797990101", "national")),
        ("MC", "+33170181001", ("+33170181001", "international")),
        ("US", "12125550123", ("+12125550123", "national")),
    ],
)
def test_other_countries_dial_by_their_own_plan(country, dialled, expected):
    assert sent(dial_plan(country, DAY), dialled) == expected


@pytest.mark.parametrize(("country", "number"), [("BE", "101"), ("CH", "144"), ("MC", "18"), ("US", "911")])
def test_other_countries_have_their_own_emergency_numbers(country, number):
    assert re.fullmatch(dial_plan(country, DAY).emergency, number)


def test_a_country_without_a_plan_is_refused():
    with pytest.raises(BadInput, match="numbering plan"):
        dial_plan("XX", DAY)


@given(st.data(), st.integers(1, 6))
def test_a_range_is_exactly_its_numbers(data, length):
    numbers = st.integers(0, 10**length - 1)
    first, last = sorted((data.draw(numbers), data.draw(numbers)))
    probe = data.draw(
        st.one_of(numbers, st.sampled_from([first, last, max(first - 1, 0), min(last + 1, 10**length - 1)]))
    )
    pattern = range_pattern(f"{first:0{length}d}", f"{last:0{length}d}")
    assert bool(re.fullmatch(pattern, f"{probe:0{length}d}")) == (first <= probe <= last)
