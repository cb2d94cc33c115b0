"""A boot's books: what is claimed, what landed, what explains the rest."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.completeness import BootAccount, BootDay, DownGateway, account, accounts, overdue
from domain.session_runs import SessionRuns

NOON = dt.datetime(2026, 11, 22, 12)


def day(begun: str = "", ended: str = "", boot_id: str = "boot", hour: int = 0, **heard: Any) -> BootDay:
    at = NOON + dt.timedelta(hours=hour)
    runs = {"begun": SessionRuns.parse(begun), "ended": SessionRuns.parse(ended)}
    return BootDay(at.date(), boot_id, "fs1", at, at, **{**runs, **heard})


def books(*days: BootDay, is_first: bool = False, is_last: bool = True) -> BootAccount:
    return account(days, before=None if is_first else (day(boot_id="before", hour=-1),), is_last=is_last)


def missing(book: BootAccount) -> dict[str, str]:
    return {why: str(runs) for why, runs in book.missing.items() if runs}


def test_every_leg_whose_hang_up_landed_leaves_nothing_missing() -> None:
    book = books(day("1-39", "1-39"))
    assert (str(book.claimed), missing(book)) == ("1-39", {})


def test_a_number_of_which_nothing_was_heard_is_lost() -> None:
    assert missing(books(day("1-5 7-9", "1-5 7-9"))) == {"lost": "6"}


def test_a_leg_that_began_and_did_not_end_is_in_progress_while_its_switch_lives() -> None:
    assert missing(books(day("1-9", "1-6 8"))) == {"in_progress": "7 9"}


def test_a_leg_up_when_a_later_boot_is_heard_was_left_by_a_dead_switch() -> None:
    first, second = accounts([day("1-9", "1-6"), day("1-2", "1-2", boot_id="later", hour=1)])
    assert (missing(first), first.died_of) == ({"left_by_dead_switch": "7-9"}, "restart")
    assert (missing(second), second.died_of) == ({}, None)


def test_a_leg_up_when_its_switch_said_it_shuts_down_was_left() -> None:
    book = books(day("1-2", "1", shut_down_at=NOON))
    assert (missing(book), book.died_of) == ({"left_by_dead_switch": "2"}, "shutdown")


def test_a_heartbeats_count_bounds_the_tail() -> None:
    assert missing(books(day("1-5", "1-5", counted=8))) == {"lost": "6-8"}


def test_a_heartbeat_without_a_leg_in_progress_proves_that_those_counted_have_ended() -> None:
    assert missing(books(day("1-9", "1-3", idle_at_count=5))) == {"hangup_lost": "4-5", "in_progress": "6-9"}


def test_the_first_boot_of_a_switch_is_claimed_from_where_listening_began() -> None:
    book = books(day("40-56", "40-54", first_claimed=40), is_first=True)
    assert (str(book.claimed), book.legs_before_listening) == ("40-56", 39)


def test_a_long_call_that_ends_after_listening_began_claims_none_of_those_between() -> None:
    book = books(day("40-42", "7 40-42", first_claimed=40), is_first=True)
    assert (missing(book), book.legs_before_listening) == ({}, 38)


def test_a_call_from_before_listening_that_is_heard_alive_is_owed_a_hang_up() -> None:
    assert missing(books(day("7 40-42", "40-42", first_claimed=40), is_first=True)) == {"in_progress": "7"}


def test_a_boot_known_by_its_files_alone_is_claimed_from_the_first_file() -> None:
    assert missing(books(day("", "5-7 9"), is_first=True)) == {"lost": "8"}


def test_a_later_boot_is_claimed_from_its_first_leg() -> None:
    assert missing(books(day("4-5", "4-5", first_claimed=4))) == {"lost": "1-3"}


def test_a_hang_up_may_land_on_another_day_than_its_beginning() -> None:
    assert missing(books(day("1-3", "1"), day("4", "2-4", hour=24))) == {}


def test_a_leg_up_for_too_long_lost_its_hang_up() -> None:
    book = overdue(books(day("1-3", "1")), SessionRuns.parse("2"))
    assert missing(book) == {"in_progress": "3", "hangup_lost": "2"}


def test_a_switch_that_was_silent_for_a_day_while_others_lived_is_dead() -> None:
    other = BootDay(NOON.date(), "b2", "fs2", NOON, NOON + dt.timedelta(hours=25), begun=SessionRuns.parse("1"))
    gone, alive = accounts([day("1-9", "1-6"), other])
    assert (missing(gone), gone.died_of) == ({"left_by_dead_switch": "7-9"}, "silence")
    assert (missing(alive), alive.died_of) == ({"in_progress": "1"}, None)


def test_a_boot_heard_under_two_names_is_one_boot_of_the_later() -> None:
    tomorrow = NOON + dt.timedelta(1)
    renamed = BootDay(tomorrow.date(), "boot", "main", tomorrow, tomorrow, ended=SessionRuns.parse("2"))
    (book,) = accounts([day("1-2", "1", first_claimed=1), renamed])
    assert (book.switch_name, missing(book)) == ("main", {})


def test_legs_of_a_later_boot_began_after_it_did_or_after_the_boot_before_it_was_counted() -> None:
    before = day(boot_id="before", known_until=NOON)
    assert account((day(hour=9),), before=(before,), is_last=True).earliest_start_at == NOON
    began = NOON + dt.timedelta(hours=4)
    assert account((day(hour=9, started_at=began),), before=(before,), is_last=True).earliest_start_at == began


def test_boots_of_two_switches_do_not_end_each_other() -> None:
    other = BootDay(NOON.date(), "b2", "fs2", NOON + dt.timedelta(1), NOON, begun=SessionRuns.parse("1"))
    assert [book.died_of for book in accounts([day("1"), other])] == [None, None]


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.integers(0, 45), st.integers(0, 45), st.booleans())
def test_a_claimed_leg_has_landed_or_stands_once_among_the_missing(
    begun: set[int], ended: set[int], counted: int, idle: int, is_last: bool
) -> None:
    heard, landed = (" ".join(map(str, numbers)) for numbers in (begun, ended))
    book = books(day(heard, landed, counted=counted, idle_at_count=min(counted, idle)), is_last=is_last)
    listed = [number for why in book.missing.values() for number in why]
    assert sorted([*listed, *(book.claimed & book.landed)]) == list(book.claimed)
    assert set(book.claimed) == set(range(1, max(begun | ended | {counted}, default=0) + 1))


def down(*texts: str) -> tuple[DownGateway, ...]:
    return tuple(map(DownGateway.parse, texts))


def test_a_number_a_gateway_took_while_it_was_down_is_no_lost_leg() -> None:
    assert missing(books(day("1-5 7-9", "1-5 7-9", down_gateways=down("5-6:1")))) == {"gateway_down": "6"}


def test_a_gateway_accounts_for_as_many_numbers_as_it_was_down_and_no_more() -> None:
    heard = "1-5 9"
    assert missing(books(day(heard, heard, down_gateways=down("5-8:2")))) == {"gateway_down": "6-7", "lost": "8"}


def test_a_gateway_accounts_for_no_number_before_its_caller_or_after_the_caller_hung_up() -> None:
    heard = "1-3 5-7 9"
    book = books(day(heard, heard, down_gateways=down("5-7:1")))
    assert missing(book) == {"lost": "4 8"}


def test_the_caller_who_can_wait_least_is_served_first() -> None:
    heard = "1-2 4 6"
    assert missing(books(day(heard, heard, down_gateways=down("1-:1", "2-3:1")))) == {"gateway_down": "3 5"}


def test_a_leg_that_began_is_never_taken_for_a_gateway() -> None:
    assert missing(books(day("1-9", "1-6 8-9", down_gateways=down("6-:3")))) == {"in_progress": "7"}


@given(
    st.sets(st.integers(1, 30), min_size=1),
    st.lists(st.tuples(st.integers(1, 30), st.none() | st.integers(1, 32), st.integers(1, 3)), max_size=5),
)
def test_gateways_never_account_for_more_than_they_took(
    heard: set[int], taken: list[tuple[int, int | None, int]]
) -> None:
    runs = str(SessionRuns.of((number, number) for number in heard))
    callers = tuple(DownGateway(*one) for one in taken)
    book = books(day(runs, runs, down_gateways=callers))
    explained = set(book.missing.get("gateway_down", SessionRuns()))
    lost = set(book.missing.get("lost", SessionRuns()))
    assert explained | lost == set(range(1, max(heard) + 1)) - heard
    assert not explained & lost
    assert len(explained) <= sum(one.gateways for one in callers)
    assert all(any(one.caller < n <= (one.last or 99) for one in callers) for n in explained)
