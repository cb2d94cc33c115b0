"""Rating: the customer's cases, which rate wins, and what must hold for every call."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Month, local_date, midnight_utc
from domain.errors import BadInput
from domain.money import MICROS_PER_EURO, parse_euros
from domain.rating import Call, Free, RatedCall, Unrated, billed_seconds, charged_seconds, rate_call
from domain.tariff import Rate
from domain.tariff_bands import Part

ANSWER_US = 1_795_372_163_540_000
ANSWERED_AT = dt.datetime(2026, 11, 22, 18, 29, 23, 540_000, tzinfo=dt.UTC)
RATE = Rate(
    rate_id=1,
    version_id="v1",
    plan="standard",
    destination_prefix="336",
    destination_country="FR",
    category="France - mobiles",
    price_per_minute_micros=40_000,
    valid_from_at=midnight_utc(dt.date(2026, 1, 1)),
)
CALL = Call(
    plan="standard",
    called_digits="33601020304",
    answered_at=ANSWERED_AT,
    billed_seconds=60,
    origin_country="FR",
    origin_number_type="fixed",
)
TICK = dt.timedelta(microseconds=1)


def rate(rate_id: int, prefix: str, euros: str = "0.04", **changes: object) -> Rate:
    price = parse_euros(euros, unit=MICROS_PER_EURO, what="price")
    return replace(RATE, rate_id=rate_id, destination_prefix=prefix, price_per_minute_micros=price, **changes)  # type: ignore[arg-type]


def winner(call: Call, *rates: Rate) -> int | str:
    """The id of the rate that priced the call, or the reason none did."""
    result = rate_call(call, rates)
    if isinstance(result, Free):
        return "FREE"
    return result.reason if isinstance(result, Unrated) else result.rate.rate_id


def amount_micros(seconds: int, priced: Rate) -> int:
    """What a call of so many seconds costs at a rate; one that was never answered is not rated at all."""
    if seconds == 0:
        return 0
    result = rate_call(replace(CALL, billed_seconds=seconds), [priced])
    assert isinstance(result, RatedCall)
    return result.amount_micros


# --- the customer's cases -------------------------------------------------------------------------


def cases(shared: Path) -> list[dict[str, str]]:
    with (shared / "cases" / "rating_cases.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def case_rate(case: dict[str, str]) -> Rate:
    return rate(
        1,
        "336",
        case["price_eur_per_minute"],
        connection_fee_micros=parse_euros(case["connection_fee_eur"], unit=MICROS_PER_EURO, what="fee"),
        initial_seconds=int(case["initial_seconds"]),
        increment_seconds=int(case["increment_seconds"]),
    )


def case_seconds(case: dict[str, str]) -> int:
    """Billed seconds of a case as the switch would stamp it; an empty duration is a call never answered."""
    if not case["answered_seconds"]:
        return billed_seconds(0, ANSWER_US)
    return billed_seconds(ANSWER_US, ANSWER_US + int(Fraction(case["answered_seconds"]) * 1_000_000))


def test_every_priced_case_of_the_customer_is_exact_to_the_micro_euro(shared):
    priced = [case for case in cases(shared) if case["expected_eur"] != "UNRATED"]
    assert len(priced) == 22
    expected = {case["case"]: parse_euros(case["expected_eur"], unit=MICROS_PER_EURO, what="case") for case in priced}
    assert {case["case"]: amount_micros(case_seconds(case), case_rate(case)) for case in priced} == expected


def test_every_answered_case_is_priced_the_same_through_a_deck(shared):
    for case in cases(shared):
        if case["answered_seconds"] and case["expected_eur"] != "UNRATED":
            result = rate_call(replace(CALL, billed_seconds=case_seconds(case)), [case_rate(case)])
            assert isinstance(result, RatedCall), case
            assert result.amount_micros == parse_euros(case["expected_eur"], unit=MICROS_PER_EURO, what="case"), case


def test_r19_a_destination_without_a_tariff_is_unrated_never_zero():
    assert winner(CALL, rate(1, "44"), rate(2, "337")) == "NO_RATE"
    assert winner(CALL) == "NO_RATE"


def test_r20_a_destination_whose_only_prefix_expired_is_unrated():
    yesterday = midnight_utc(dt.date(2026, 11, 21))
    assert winner(CALL, rate(1, "336", valid_to_at=yesterday)) == "EXPIRED_RATE"


def test_r21_a_longer_prefix_that_expired_yesterday_leaves_the_call_to_the_shorter_one_in_force():
    today = midnight_utc(local_date(ANSWERED_AT))
    result = rate_call(CALL, [rate(1, "3360", "0.10", valid_to_at=today), rate(2, "336", "0.04")])
    assert result == RatedCall(rate(2, "336", "0.04"), 60, 60, 40_000, 0, (Part("rate", 60, 40_000),))


def test_r22_rating_a_leg_again_gives_the_same_price():
    results = {rate_call(CALL, [rate(1, "336", "0.02")]) for _ in range(3)}
    assert [result.amount_micros for result in results if isinstance(result, RatedCall)] == [20_000]


@pytest.mark.parametrize(
    ("answered", "ended"),
    [
        pytest.param("2026-03-29T01:50:00+01:00", "2026-03-29T03:10:00+02:00", id="R23 the hour that does not exist"),
        pytest.param("2026-10-25T02:50:00+02:00", "2026-10-25T02:10:00+01:00", id="R24 the hour that comes twice"),
    ],
)
def test_r23_r24_a_call_across_a_clock_change_bills_the_time_that_passed(answered, ended):
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    stamps = [(dt.datetime.fromisoformat(text) - epoch) // TICK for text in (answered, ended)]
    seconds = billed_seconds(*stamps)
    call = replace(CALL, answered_at=dt.datetime.fromisoformat(answered).astimezone(dt.UTC), billed_seconds=seconds)
    result = rate_call(call, [rate(1, "336", "0.01")])
    assert isinstance(result, RatedCall)
    assert (seconds, result.amount_micros) == (1200, 200_000)


# --- seconds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talk_us", "seconds"),
    [(1, 1), (20_000, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (2_900_000, 3), (3_600_000_000, 3600)],
)
def test_every_second_begun_is_due(talk_us, seconds):
    assert billed_seconds(ANSWER_US, ANSWER_US + talk_us) == seconds


def test_a_call_answered_for_200_ms_bills_one_second():
    assert billed_seconds(ANSWER_US, ANSWER_US + 200_000) == 1


def test_a_call_answered_and_ended_on_the_same_tick_bills_one_second():
    assert billed_seconds(ANSWER_US, ANSWER_US) == 1


def test_a_call_never_answered_bills_nothing():
    assert billed_seconds(0, ANSWER_US) == 0


def test_a_call_that_ends_before_its_answer_is_bad_input():
    with pytest.raises(BadInput, match="switch's clock"):
        billed_seconds(ANSWER_US, ANSWER_US - 1)


@given(st.integers(1, 10**16), st.integers(1, 10**12))
def test_billed_seconds_cover_the_talk_and_exceed_it_by_less_than_one(answer_us, talk_us):
    seconds = billed_seconds(answer_us, answer_us + talk_us)
    assert talk_us <= seconds * 1_000_000 < talk_us + 1_000_000


SECONDS = st.integers(1, 200_000)
INCREMENTS = st.integers(1, 300)


@given(SECONDS, INCREMENTS, INCREMENTS)
def test_charged_seconds_are_the_fewest_whole_increments_that_cover_the_call(seconds, initial, increment):
    charged = charged_seconds(seconds, initial, increment)
    assert charged >= seconds
    assert charged >= initial
    assert (charged - initial) % increment == 0
    assert charged == initial or charged - increment < seconds


@given(SECONDS)
def test_by_the_second_what_is_charged_is_what_is_billed(seconds):
    assert charged_seconds(seconds, 1, 1) == seconds


# --- price ----------------------------------------------------------------------------------------

PRICED = st.builds(
    lambda price, fee, initial, increment: replace(
        RATE,
        price_per_minute_micros=price,
        connection_fee_micros=fee,
        initial_seconds=initial,
        increment_seconds=increment,
    ),
    st.integers(0, 100_000_000),
    st.integers(0, 10_000_000),
    INCREMENTS,
    INCREMENTS,
)


@given(SECONDS, PRICED)
def test_a_price_is_the_exact_one_rounded_half_up_once(seconds, priced):
    steps = ceil(Fraction(max(0, seconds - priced.initial_seconds), priced.increment_seconds))
    charged = priced.initial_seconds + steps * priced.increment_seconds
    exact = priced.connection_fee_micros + Fraction(charged * priced.price_per_minute_micros, 60)
    assert amount_micros(seconds, priced) == int(exact + Fraction(1, 2))


@given(SECONDS, st.integers(0, 1000), PRICED)
def test_a_longer_call_never_costs_less(seconds, more, priced):
    assert amount_micros(seconds, priced) <= amount_micros(seconds + more, priced)


@given(SECONDS, SECONDS, PRICED)
def test_splitting_a_call_moves_its_price_by_a_connection_fee_and_some_increments_at_most(first, second, priced):
    change = amount_micros(first, priced) + amount_micros(second, priced) - amount_micros(first + second, priced)
    longest = max(priced.initial_seconds, priced.increment_seconds) - 1
    per_second = Fraction(priced.price_per_minute_micros, 60)
    fee = priced.connection_fee_micros
    assert fee - longest * per_second - 2 <= change <= fee + 2 * longest * per_second + 2


@given(SECONDS, st.integers(0, 1000), PRICED, st.integers(0, 10_000_000))
def test_a_minimum_charge_is_the_least_and_changes_nothing_above_it(seconds, more, priced, least):
    bound = replace(priced, minimum_charge_micros=least)
    assert amount_micros(seconds, bound) == max(least, amount_micros(seconds, priced))
    assert amount_micros(seconds, bound) <= amount_micros(seconds + more, bound)


@given(SECONDS, PRICED, st.integers(0, 5_000_000), st.integers(0, 5_000_000))
def test_a_surcharge_is_an_amount_apart(seconds, priced, per_call, per_minute):
    service = replace(priced, surcharge_per_call_micros=per_call, surcharge_per_minute_micros=per_minute)
    result = rate_call(replace(CALL, billed_seconds=seconds), [service])
    assert isinstance(result, RatedCall)
    assert result.amount_micros == amount_micros(seconds, priced)
    exact = per_call + Fraction(result.charged_seconds * per_minute, 60)
    assert result.surcharge_micros == int(exact + Fraction(1, 2))


# --- which rate -----------------------------------------------------------------------------------


def test_the_longest_prefix_wins_over_a_more_precise_origin():
    assert winner(CALL, rate(1, "33", origin_country="FR", origin_number_type="fixed"), rate(2, "336")) == 2


def test_at_equal_prefixes_a_named_origin_country_wins_then_a_named_number_type():
    anywhere = rate(1, "336")
    from_fixed = rate(2, "336", origin_number_type="fixed")
    from_france = rate(3, "336", origin_country="FR")
    from_french_fixed = rate(4, "336", origin_country="FR", origin_number_type="fixed")
    deck = [anywhere, from_fixed, from_france, from_french_fixed]
    assert [winner(CALL, *deck[:size]) for size in (1, 2, 3, 4)] == [1, 2, 3, 4]


OWN = replace(CALL, plan="gold", fallback_plan="standard")


def test_a_longer_prefix_of_the_standard_plan_beats_the_customers_own():
    """The first trap: a price for France does not hide the standard price of French mobiles."""
    assert winner(OWN, rate(1, "33", "0.001", plan="gold"), rate(2, "336")) == 2


def test_at_equal_prefixes_the_customers_own_plan_beats_the_standard_one():
    """The second trap: even when the standard plan knows more of the caller."""
    known = {"origin_country": "FR", "origin_number_type": "fixed", "call_category": "direct"}
    assert winner(OWN, rate(1, "336", plan="gold"), rate(2, "336", **known)) == 1


def test_what_the_customers_own_plan_does_not_price_the_standard_one_does():
    deck = [rate(1, "44", plan="gold"), rate(2, "33")]
    assert winner(OWN, *deck) == 2
    assert winner(replace(OWN, fallback_plan=None), *deck) == "NO_RATE"
    assert winner(CALL, *deck) == 2


def test_an_own_rate_that_has_ended_leaves_the_call_to_the_standard_one():
    assert winner(OWN, rate(1, "336", plan="gold", valid_to_at=ANSWERED_AT), rate(2, "33")) == 2


def test_a_named_call_category_wins_last():
    deck = [rate(1, "336"), rate(2, "336", call_category="campaign"), rate(3, "336", origin_number_type="fixed")]
    campaign = replace(CALL, call_category="campaign")
    assert winner(campaign, *deck[:2]) == 2
    assert winner(campaign, *deck) == 3
    assert winner(CALL, *deck[:2]) == 1
    assert winner(replace(CALL, call_category="forwarded"), deck[1]) == "NO_RATE"


def test_an_incoming_call_is_free_unless_a_rate_for_incoming_calls_says_otherwise():
    incoming = replace(CALL, call_category="incoming")
    assert winner(incoming, rate(1, "336")) == "FREE"
    assert winner(replace(incoming, plan=None), rate(1, "336")) == "FREE"
    assert winner(replace(incoming, called_digits=None), rate(1, "336")) == "FREE"
    assert winner(incoming, rate(1, "336", call_category="incoming", valid_to_at=ANSWERED_AT)) == "FREE"
    assert winner(incoming, rate(1, "336"), rate(2, "33", call_category="incoming")) == 2
    assert winner(CALL, rate(2, "33", call_category="incoming")) == "NO_RATE"


def test_a_short_number_is_matched_behind_its_country():
    short = replace(CALL, called_digits="FR3639")
    assert winner(short, rate(1, "36"), rate(2, "3")) == "NO_RATE"
    assert winner(short, rate(1, "36"), rate(2, "FR36")) == 2


def test_a_rate_for_another_origin_never_applies():
    deck = [rate(1, "336", origin_country="BE"), rate(2, "336", origin_number_type="mobile")]
    assert winner(CALL, *deck) == "NO_RATE"


def test_a_call_of_unknown_origin_takes_only_rates_for_any_origin():
    call = replace(CALL, origin_country=None, origin_number_type=None)
    named = [rate(1, "336", origin_country="FR"), rate(2, "336", origin_number_type="fixed")]
    assert winner(call, *named) == "NO_RATE"
    assert winner(call, *named, rate(3, "33")) == 3


def test_a_rate_of_another_plan_never_applies():
    assert winner(CALL, rate(1, "336", plan="premium")) == "NO_RATE"


def test_a_price_that_changes_during_the_call_is_the_one_at_its_answer():
    november = Month(2026, 11).start_at
    deck = [rate(1, "336", "0.04", valid_to_at=november), rate(2, "336", "0.05", valid_from_at=november)]
    assert winner(replace(CALL, answered_at=november - TICK, billed_seconds=7200), *deck) == 1
    assert winner(replace(CALL, answered_at=november), *deck) == 2


def test_a_rate_not_yet_in_force_is_no_rate_and_not_an_expired_one():
    assert winner(CALL, rate(1, "336", valid_from_at=ANSWERED_AT + TICK)) == "NO_RATE"


def test_a_call_between_two_editions_of_a_rate_finds_it_expired():
    gap = [rate(1, "336", valid_to_at=ANSWERED_AT), rate(2, "336", valid_from_at=ANSWERED_AT + TICK)]
    assert winner(CALL, *gap) == "EXPIRED_RATE"


def test_a_call_of_nobody_and_a_call_to_no_number_say_so_first():
    assert winner(replace(CALL, plan=None, called_digits=None), RATE) == "NO_CUSTOMER"
    assert winner(replace(CALL, called_digits=None), RATE) == "INVALID_NUMBER"


def test_two_equally_good_rates_are_an_error_that_names_both():
    with pytest.raises(BadInput, match=r"rate 1 .* and rate 2 .* are both in force"):
        rate_call(CALL, [rate(1, "336"), rate(2, "336")])


def test_a_leg_never_answered_is_not_for_rating():
    with pytest.raises(ValueError, match="never answered"):
        rate_call(replace(CALL, billed_seconds=0), [RATE])


def test_a_rated_call_shows_its_working():
    priced = rate(1, "336", "0.006", initial_seconds=30, increment_seconds=6)
    assert rate_call(replace(CALL, billed_seconds=32), [priced]) == RatedCall(
        priced, 32, 36, 3_600, 0, (Part("rate", 36, 6_000),)
    )


PREFIXES = st.sampled_from(["3", "33", "336", "3360", "33601", "336010", "337", "44"])
ORIGINS = st.tuples(st.sampled_from(["*", "FR", "BE"]), st.sampled_from(["*", "fixed", "mobile"]))


@given(st.lists(st.tuples(PREFIXES, ORIGINS, st.booleans()), unique_by=lambda row: row[:2], max_size=20), st.randoms())
def test_of_any_deck_in_any_order_no_rate_in_force_fits_better_than_the_winner(rows, random):
    deck = [
        rate(i, prefix, origin_country=country, origin_number_type=kind, valid_to_at=None if in_force else ANSWERED_AT)
        for i, (prefix, (country, kind), in_force) in enumerate(rows)
    ]
    shuffled = list(deck)
    random.shuffle(shuffled)
    result = rate_call(CALL, deck)
    assert rate_call(CALL, shuffled) == result
    fits = [
        (len(prefix), country == "FR", kind == "fixed")
        for prefix, (country, kind), in_force in rows
        if in_force and "33601020304".startswith(prefix) and country in "*FR" and kind in ("*", "fixed")
    ]
    if not isinstance(result, RatedCall):
        assert not fits
    else:
        best = result.rate
        assert (len(best.destination_prefix), best.origin_country == "FR", best.origin_number_type == "fixed") == max(
            fits
        )
