"""Tariffs: prefixes, a month's notice, validity and overlaps."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import add_months, midnight_utc
from domain.errors import BadInput
from domain.tariff import Rate, TariffVersion, check_notice, find_overlaps, validity_instants

DAY = dt.date(2026, 10, 1)
RATE = Rate(
    rate_id=1,
    version_id="v1",
    plan="standard",
    destination_prefix="336",
    destination_country="FR",
    category="France - mobiles",
    price_per_minute_micros=40_000,
    valid_from_at=midnight_utc(DAY),
)


def days(start: int, end: int | None) -> tuple[dt.datetime, dt.datetime | None]:
    """Instants ``start`` and ``end`` days after 1 October 2026."""
    last = None if end is None else midnight_utc(DAY + dt.timedelta(days=end))
    return midnight_utc(DAY + dt.timedelta(days=start)), last


def rate(rate_id: int, start: int, end: int | None, **changes: object) -> Rate:
    valid_from_at, valid_to_at = days(start, end)
    return replace(RATE, rate_id=rate_id, valid_from_at=valid_from_at, valid_to_at=valid_to_at, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("notice", "earliest"),
    [
        (dt.date(2026, 9, 1), dt.date(2026, 10, 1)),
        (dt.date(2026, 1, 31), dt.date(2026, 2, 28)),
        (dt.date(2024, 1, 31), dt.date(2024, 2, 29)),
        (dt.date(2026, 12, 15), dt.date(2027, 1, 15)),
    ],
)
def test_a_version_may_start_one_month_after_its_notice_and_not_a_day_before(notice, earliest):
    check_notice(earliest, notice, version_id="v2")
    with pytest.raises(BadInput, match=f"v2.*{earliest - dt.timedelta(days=1)}.*{notice}.*{earliest}"):
        check_notice(earliest - dt.timedelta(days=1), notice, version_id="v2")


def test_a_version_without_notice_is_refused():
    with pytest.raises(BadInput, match="v2 takes effect on 2026-10-01 and has no notice date"):
        check_notice(DAY, None, version_id="v2")


def test_a_rule_somebody_answers_for_refuses_nothing_and_no_other_rule():
    check_notice(DAY, None, version_id="v2", waived={"missing_notice"})
    check_notice(DAY, DAY - dt.timedelta(days=3), version_id="v2", waived={"late_notice"})
    with pytest.raises(BadInput, match="no notice date"):
        check_notice(DAY, None, version_id="v2", waived={"late_notice"})
    with pytest.raises(BadInput, match="told on"):
        check_notice(DAY, DAY - dt.timedelta(days=3), version_id="v2", waived={"missing_notice", "gap"})


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 1, 1)), st.integers(0, 400))
def test_a_month_is_always_enough_notice_and_a_day_less_never_is(notice, more_days):
    earliest = add_months(notice, 1)
    check_notice(earliest + dt.timedelta(days=more_days), notice, version_id="v2")
    with pytest.raises(BadInput, match="v2"):
        check_notice(earliest - dt.timedelta(days=1), notice, version_id="v2")


@pytest.mark.parametrize(
    ("version", "own", "expected"),
    [
        ((DAY, None), (DAY, None), days(0, None)),
        ((DAY, None), (dt.date(2026, 10, 11), dt.date(2026, 10, 21)), days(10, 20)),
        ((DAY, dt.date(2026, 10, 11)), (dt.date(2026, 9, 1), None), days(0, 10)),
        ((DAY, dt.date(2026, 10, 11)), (dt.date(2026, 10, 6), dt.date(2026, 12, 1)), days(5, 10)),
        ((DAY, dt.date(2026, 10, 11)), (dt.date(2026, 10, 11), None), None),
        ((DAY, None), (dt.date(2026, 9, 1), DAY), None),
    ],
)
def test_a_rate_is_in_force_where_its_days_meet_its_versions(version, own, expected):
    edition = TariffVersion("v1", "standard", version[0], version[1], dt.date(2026, 8, 1))
    assert validity_instants(edition, own[0], own[1]) == expected


def test_validity_turns_at_midnight_of_paris_in_summer_and_winter():
    edition = TariffVersion("v1", "standard", dt.date(2026, 10, 1), dt.date(2026, 11, 1), dt.date(2026, 8, 1))
    instants = validity_instants(edition, edition.valid_from, None)
    assert instants == (dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC), dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC))


def test_validity_is_half_open():
    october = rate(1, 0, 31)
    assert october.valid_to_at is not None
    tick = dt.timedelta(microseconds=1)
    assert [october.is_in_force(at) for at in (october.valid_from_at - tick, october.valid_from_at)] == [False, True]
    assert [october.is_in_force(at) for at in (october.valid_to_at - tick, october.valid_to_at)] == [True, False]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price_per_minute_micros": -1}, "negative"),
        ({"connection_fee_micros": -1}, "negative"),
        ({"minimum_charge_micros": -1}, "negative"),
        ({"surcharge_per_call_micros": -1}, "negative"),
        ({"surcharge_per_minute_micros": -1}, "negative"),
        ({"initial_seconds": 0}, "0/1"),
        ({"increment_seconds": 0}, "1/0"),
        ({"destination_prefix": ""}, "not a prefix"),
        ({"destination_prefix": "06"}, "not a prefix"),
        ({"destination_prefix": "+336"}, "not a prefix"),
        ({"destination_prefix": "FR0800"}, "not a prefix"),
        ({"destination_prefix": "fr3639"}, "not a prefix"),
        ({"valid_to_at": RATE.valid_from_at}, "before it begins"),
    ],
)
def test_a_rate_that_cannot_be_right_is_refused_by_name(changes, reason):
    with pytest.raises(BadInput, match=f"rate 1 of tariff version v1.*{reason}"):
        replace(RATE, **changes)


def test_an_overlap_names_both_rows_and_the_day_it_starts():
    (overlap,) = find_overlaps([rate(7, 10, 40, version_id="v2"), rate(3, 0, 20)])
    assert (overlap.first.rate_id, overlap.second.rate_id) == (3, 7)
    assert "rate 3 of tariff version v1 (prefix 336) and rate 7 of tariff version v2 (prefix 336)" in str(overlap)
    assert "2026-10-10T22:00:00+00:00" in str(overlap)


def test_a_short_rate_inside_a_long_one_does_not_hide_the_next_overlap():
    pairs = [
        (o.first.rate_id, o.second.rate_id) for o in find_overlaps([rate(1, 0, None), rate(2, 1, 2), rate(3, 50, 60)])
    ]
    assert pairs == [(1, 2), (1, 3)]


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "premium"},
        {"destination_prefix": "337"},
        {"destination_prefix": "3361"},
        {"origin_country": "FR"},
        {"origin_number_type": "fixed"},
        {"call_category": "campaign"},
    ],
)
def test_rates_that_never_compete_do_not_overlap(changes):
    assert find_overlaps([rate(1, 0, None), rate(2, 0, None, **changes)]) == []


def test_one_rate_may_begin_the_instant_another_ends():
    assert find_overlaps([rate(1, 0, 10), rate(2, 10, None)]) == []


SPANS = st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 15)))


@given(st.lists(SPANS, max_size=8), st.randoms())
def test_an_overlap_is_found_whenever_two_rates_share_a_day_whatever_their_order(spans, random):
    rates = [rate(i, start, None if length is None else start + length) for i, (start, length) in enumerate(spans)]
    share_a_day = any(
        first.is_in_force(second.valid_from_at) or second.is_in_force(first.valid_from_at)
        for first, second in combinations(rates, 2)
    )
    found = find_overlaps(rates)
    assert bool(found) == share_a_day
    shuffled = list(rates)
    random.shuffle(shuffled)
    assert find_overlaps(shuffled) == found
