"""The billing calendar: Paris days, months and half-years over UTC instants."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    BILLING_ZONE,
    Month,
    add_months,
    half_year,
    instant_from_micros,
    local_date,
    midnight_utc,
)
from domain.errors import BadInput

DATES = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
MONTHS = DATES.map(Month.of)


def utc(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0
) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, second, micro, dt.UTC)


def test_october_2026_is_745_hours_long():
    october = Month.parse("2026-10")
    assert (october.start_at, october.end_at) == (utc(2026, 9, 30, 22), utc(2026, 10, 31, 23))
    assert october.end_at - october.start_at == dt.timedelta(hours=745)


def test_march_2026_is_743_hours_long():
    march = Month(2026, 3)
    assert march.end_at - march.start_at == dt.timedelta(hours=743)


@given(MONTHS)
def test_months_follow_each_other_without_a_gap(month):
    assert month.end_at == month.next.start_at
    assert month.next.previous == month
    assert month.previous < month < month.next
    assert month.last_date + dt.timedelta(days=1) == month.next.first_date
    assert Month.parse(str(month)) == month


@given(DATES)
def test_a_day_of_paris_lies_in_its_own_month_from_its_first_instant_to_its_last(date):
    start, end = midnight_utc(date), midnight_utc(date + dt.timedelta(days=1))
    month = Month.of(date)
    assert month.start_at <= start < end <= month.end_at
    assert local_date(start) == local_date(end - dt.timedelta(microseconds=1)) == date


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2099, 12, 31), timezones=st.just(dt.UTC)))
def test_every_instant_has_one_paris_day(instant):
    date = local_date(instant)
    assert midnight_utc(date) <= instant < midnight_utc(date + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("instant", "date"),
    [
        (utc(2026, 9, 30, 21, 59, 59, 999_999), dt.date(2026, 9, 30)),
        (utc(2026, 9, 30, 22), dt.date(2026, 10, 1)),
        (utc(2026, 10, 31, 22, 59, 59, 999_999), dt.date(2026, 10, 31)),
        (utc(2026, 10, 31, 23), dt.date(2026, 11, 1)),
    ],
)
def test_the_first_and_last_microsecond_of_a_month_fall_where_paris_says(instant, date):
    assert local_date(instant) == date
    assert local_date(instant.astimezone(BILLING_ZONE)) == date


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        local_date(dt.datetime(2026, 10, 1))


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-1", "2026-001", "2026-13", "2026-00", "0000-01", "9999-12", "2026-10-01", " 2026-10",
             "2026-10\n", "26-10", "octobre 2026", "٢٠٢٦-١٠"]
)  # fmt: skip
def test_what_is_not_a_month_is_refused(text):
    with pytest.raises(BadInput, match="YYYY-MM"):
        Month.parse(text)


@given(st.text())
def test_reading_a_month_gives_back_the_same_text_or_bad_input(text):
    with suppress(BadInput):
        assert str(Month.parse(text)) == text


def test_months_sort_as_their_names_do():
    months = [Month(2026, 2), Month(2025, 12), Month(2026, 1)]
    assert [str(month) for month in sorted(months)] == sorted(str(month) for month in months)


def test_a_switch_stamp_becomes_its_instant_to_the_microsecond():
    assert instant_from_micros(1_795_372_163_550_001) == utc(2026, 11, 22, 18, 29, 23, 550_001)


@given(st.integers(0, 4_102_444_800_000_000))
def test_no_microsecond_is_lost_in_a_stamp(micros):
    since = instant_from_micros(micros) - utc(1970, 1, 1)
    assert since // dt.timedelta(microseconds=1) == micros


@pytest.mark.parametrize("micros", [10**18, 10**30, -(10**30)])
def test_a_damaged_stamp_is_bad_input(micros):
    with pytest.raises(BadInput, match="no date"):
        instant_from_micros(micros)


@pytest.mark.parametrize(
    ("date", "name"),
    [
        (dt.date(2026, 1, 1), "2026-S1"),
        (dt.date(2026, 6, 30), "2026-S1"),
        (dt.date(2026, 7, 1), "2026-S2"),
        (dt.date(2026, 12, 31), "2026-S2"),
        (dt.date(2024, 2, 29), "2024-S1"),
    ],
)
def test_a_half_year_turns_on_1_january_and_1_july(date, name):
    assert half_year(date) == name


@pytest.mark.parametrize(
    ("date", "months", "later"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2024, 1, 31), 1, dt.date(2024, 2, 29)),
        (dt.date(2026, 11, 30), 3, dt.date(2027, 2, 28)),
        (dt.date(2026, 12, 15), 1, dt.date(2027, 1, 15)),
        (dt.date(2026, 1, 15), -1, dt.date(2025, 12, 15)),
        (dt.date(2026, 3, 31), -1, dt.date(2026, 2, 28)),
        (dt.date(2026, 5, 5), 0, dt.date(2026, 5, 5)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(date, months, later):
    assert add_months(date, months) == later


@given(DATES, st.integers(0, 600))
def test_adding_months_never_leaves_the_month_aimed_at(date, months):
    later = add_months(date, months)
    aimed = Month.of(date)
    for _ in range(months):
        aimed = aimed.next
    assert Month.of(later) == aimed
    assert later.day == min(date.day, aimed.days)
