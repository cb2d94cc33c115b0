"""Every switch owes a count: between its boots, and to the end of a month."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.completeness import BootDay
from domain.silence import Silence, silences

NOON = dt.datetime(2026, 10, 20, 12)


def at(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def boot(boot_id: str, first: int, last: int, switch: str = "fs1", **heard: Any) -> BootDay:
    """A boot heard, and counted, from one minute to another."""
    return BootDay(NOON.date(), boot_id, switch, at(first), at(last), **{"known_until": at(last), **heard})


def test_a_switch_not_heard_again_is_silent_since_its_last_count() -> None:
    assert list(silences([boot("a", 0, 9, known_until=at(7))])) == [Silence("fs1", "a", at(7), None)]


def test_a_gap_in_which_a_boot_lived_on_is_no_silence() -> None:
    days = [boot("a", 0, 1), BootDay(dt.date(2026, 10, 25), "a", "fs1", at(7000), at(7001), known_until=at(7001))]
    assert list(silences(days)) == [Silence("fs1", "a", at(7001), None)]


def test_a_killed_switch_that_came_back_much_later_was_silent_until_then() -> None:
    found = list(silences([boot("a", 0, 9), boot("b", 60, 90)]))
    assert found[0] == Silence("fs1", "a", at(9), at(60))


def test_a_killed_switch_that_came_back_at_once_was_not_silent() -> None:
    assert [one.boot_id for one in silences([boot("a", 0, 9), boot("b", 11, 90)])] == ["b"]


def test_a_boot_heard_long_after_it_began_counts_from_its_beginning() -> None:
    assert [one.boot_id for one in silences([boot("a", 0, 9), boot("b", 60, 90, started_at=at(10))])] == ["b"]


def test_a_boot_that_said_it_shuts_down_owes_nothing_until_the_next() -> None:
    assert list(silences([boot("a", 0, 9, shut_down_at=at(9)), boot("b", 600, 700)])) == [
        Silence("fs1", "b", at(700), None)
    ]


def test_the_last_boot_s_shutdown_is_told() -> None:
    assert list(silences([boot("a", 0, 9, shut_down_at=at(9))])) == [Silence("fs1", "a", at(9), None, True)]


def test_two_boots_heard_alternately_are_silent_when_both_are() -> None:
    found = list(silences([boot("a", 0, 50), boot("b", 5, 40), boot("c", 55, 60)]))
    assert found == [Silence("fs1", "a", at(50), at(55)), Silence("fs1", "c", at(60), None)]


def test_switches_are_silent_each_on_its_own() -> None:
    found = list(silences([boot("a", 0, 9), boot("b", 600, 700, switch="fs2")]))
    assert found == [Silence("fs1", "a", at(9), None), Silence("fs2", "b", at(700), None)]
