"""A call cut where the month's counter crosses an allowance or a tier."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import midnight_utc
from domain.rating import amount_micros
from domain.tariff import Rate
from domain.tariff_bands import Allowance, Part, Tier, included_seconds, split

DAY = dt.date(2026, 10, 1)
RATE = Rate(
    rate_id=1,
    version_id="v1",
    plan="standard",
    destination_prefix="33",
    destination_country="FR",
    category="France - fixes",
    price_per_minute_micros=60_000,
    valid_from_at=midnight_utc(DAY),
    connection_fee_micros=100_000,
    destination_group="france",
)
TIERS = (Tier("v1", "france", 10, 30_000), Tier("v1", "france", 20, 6_000))


def test_a_call_that_crosses_every_boundary_is_cut_at_each():
    assert split(RATE, 1500, 60, 300, TIERS) == (
        Part("included", 240, 0),
        Part("rate", 300, 60_000),
        Part("tier", 600, 30_000),
        Part("tier", 360, 6_000),
    )


def test_an_allowance_counts_in_the_volume_of_the_tiers():
    assert split(RATE, 120, 660, 720, TIERS) == (Part("included", 60, 0), Part("tier", 60, 30_000))


def test_a_boundary_belongs_to_the_band_above_it():
    assert split(RATE, 60, 540, 0, TIERS) == (Part("rate", 60, 60_000),)
    assert split(RATE, 60, 600, 0, TIERS) == (Part("tier", 60, 30_000),)


def test_tiers_of_another_version_or_group_do_not_count():
    others = (Tier("v2", "france", 1, 1), Tier("v1", "europe", 1, 1))
    assert split(RATE, 120, 600, 0, others) == (Part("rate", 120, 60_000),)


def test_a_call_wholly_included_owes_no_connection_fee_and_no_minimum():
    priced = replace(RATE, minimum_charge_micros=500_000)
    assert amount_micros(priced, split(priced, 60, 0, 60, ())) == 0
    # One second past the allowance owes the fee, and the minimum.
    assert amount_micros(RATE, split(RATE, 61, 0, 60, ())) == 101_000
    assert amount_micros(priced, split(priced, 61, 0, 60, ())) == 500_000


def test_a_call_in_parts_is_rounded_once():
    priced = replace(RATE, connection_fee_micros=0, price_per_minute_micros=10)
    # 10/60 + 20/60 of a micro-euro are half of one: up.
    assert amount_micros(priced, split(priced, 2, 599, 0, (Tier("v1", "france", 10, 20),))) == 1


def test_an_allowance_is_in_force_on_its_days():
    first = Allowance("c", "france", 10, DAY, DAY + dt.timedelta(days=10))
    then = Allowance("c", "france", 20, DAY + dt.timedelta(days=10))
    other = Allowance("d", "france", 40, DAY)
    days = [DAY - dt.timedelta(days=1), DAY, DAY + dt.timedelta(days=9), DAY + dt.timedelta(days=10)]
    assert [included_seconds([first, then, other], "c", "france", day) for day in days] == [0, 600, 600, 1200]
    assert included_seconds([first, then], "c", None, DAY) == 0


SECONDS = st.integers(1, 5_000)
ALL_TIERS = st.lists(
    st.builds(Tier, st.just("v1"), st.just("france"), st.integers(1, 60), st.integers(0, 100_000)),
    max_size=4,
    unique_by=lambda tier: tier.from_minutes,
)


@given(SECONDS, st.integers(0, 5_000), st.integers(0, 5_000), ALL_TIERS)
def test_parts_add_up_to_the_call_and_include_no_more_than_is_left(charged, consumed, included, tiers):
    parts = split(RATE, charged, consumed, included, tiers)
    assert sum(part.seconds for part in parts) == charged
    assert all(part.seconds > 0 for part in parts)
    free = sum(part.seconds for part in parts if part.kind == "included")
    assert free == min(charged, max(0, included - consumed))


@given(SECONDS, st.integers(0, 5_000), st.integers(0, 5_000), ALL_TIERS)
def test_each_second_has_the_price_of_where_the_counter_stands(charged, consumed, included, tiers):
    def price(second: int) -> int:
        if second < included:
            return 0
        reached = [tier for tier in tiers if tier.from_minutes * 60 <= second]
        return max(reached, key=lambda tier: tier.from_minutes).price_per_minute_micros if reached else 60_000

    by_part = [
        p.price_per_minute_micros for p in split(RATE, charged, consumed, included, tiers) for _ in range(p.seconds)
    ]
    assert by_part == [price(second) for second in range(consumed, consumed + charged)]


@given(SECONDS, SECONDS, st.integers(0, 5_000), st.integers(0, 5_000), ALL_TIERS)
def test_two_calls_by_the_second_have_the_parts_of_one_as_long(first, second, consumed, included, tiers):
    def exact(*calls: tuple[Part, ...]) -> int:
        return sum(part.seconds * part.price_per_minute_micros for parts in calls for part in parts)

    one = split(RATE, first + second, consumed, included, tiers)
    two = split(RATE, first, consumed, included, tiers), split(RATE, second, consumed + first, included, tiers)
    assert exact(one) == exact(*two)
