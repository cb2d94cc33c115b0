from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.annex import NEVER_LISTED, ListedCall, chronological, may_list, shown_number

CALL = ListedCall(
    answered_at=dt.datetime(2026, 10, 5, 8, 0, tzinfo=dt.UTC),
    origin_number="+33170181001",
    called_number="+3361234••••",
    billed_seconds=60,
    charged_seconds=60,
    price_per_minute_micros=19_000,
    connection_fee_micros=0,
    amount_micros=19_000,
)


@pytest.mark.parametrize("number", sorted(NEVER_LISTED))
@pytest.mark.parametrize("prefix", ["", "+33"])
def test_emergency_and_help_lines_are_never_listed_however_they_are_written(number, prefix):
    assert not may_list(prefix + number, "short")


@pytest.mark.parametrize("number_type", ["free", "emergency"])
def test_a_number_free_to_its_caller_is_never_listed(number_type):
    assert not may_list("+33800123456", number_type)


@pytest.mark.parametrize("number", ["+33612345678", "118218", "+33115000000", "3639", "+44112345678"])
def test_other_numbers_are_listed(number):
    assert may_list(number, "mobile")


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+33612345678", "+3361234••••"), ("118218", "11••••"), ("3639", "••••"), ("119", "•••")],
)
def test_the_last_four_digits_are_hidden(number, shown):
    assert shown_number(number, in_full=False) == shown


def test_a_customer_who_asked_in_writing_sees_whole_numbers():
    assert shown_number("+33612345678", in_full=True) == "+33612345678"


@given(st.from_regex(r"\+?[1-9][0-9]{1,14}", fullmatch=True))
def test_no_number_ever_shows_its_last_four_digits(number):
    shown = shown_number(number, in_full=False)
    assert len(shown) == len(number)
    assert not any(digit.isdigit() for digit in shown[-4:])


def test_a_call_is_printed_at_its_paris_time():
    assert f"{CALL.local_at:%d/%m/%Y %H:%M}" == "05/10/2026 10:00"


def test_the_hour_that_comes_twice_in_autumn_is_listed_in_the_order_of_events():
    # 25 October 2026: 02:50 summer time is 00:50 UTC, 02:10 winter time is 01:10 UTC.
    summer = replace(CALL, answered_at=dt.datetime(2026, 10, 25, 0, 50, tzinfo=dt.UTC))
    winter = replace(CALL, answered_at=dt.datetime(2026, 10, 25, 1, 10, tzinfo=dt.UTC))
    assert chronological([winter, summer]) == (summer, winter)
    assert [f"{call.local_at:%H:%M}" for call in (summer, winter)] == ["02:50", "02:10"]
