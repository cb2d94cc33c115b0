"""Runs of numbers are sets of numbers, whatever is asked of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.session_runs import SessionRuns

NUMBERS = st.sets(st.integers(1, 60))


def runs_of(numbers: set[int]) -> SessionRuns:
    return SessionRuns.of((number, number) for number in numbers)


@given(NUMBERS, NUMBERS)
def test_runs_add_subtract_and_intersect_as_sets_do(left: set[int], right: set[int]) -> None:
    ours, theirs = runs_of(left), runs_of(right)
    assert set(ours | theirs) == left | right
    assert set(ours - theirs) == left - right
    assert set(ours & theirs) == left & right


@given(NUMBERS)
def test_runs_say_how_many_they_are_and_where_they_end(numbers: set[int]) -> None:
    runs = runs_of(numbers)
    assert len(runs) == len(numbers)
    assert bool(runs) == bool(numbers)
    assert (runs.first, runs.last) == ((min(numbers), max(numbers)) if numbers else (None, None))


@given(NUMBERS)
def test_runs_written_down_are_read_back(numbers: set[int]) -> None:
    assert SessionRuns.parse(str(runs_of(numbers))) == runs_of(numbers)


def test_runs_that_touch_are_one() -> None:
    assert str(SessionRuns.of([(5, 9), (1, 3), (4, 4), (12, 12), (9, 10), (20, 19)])) == "1-10 12"


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(BadInput, match="write them like 1-37 40"):
        SessionRuns.parse("1-x")
