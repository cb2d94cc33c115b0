from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Month
from domain.order_form import FixedCharge, NumberRental, OrderForm
from domain.subscription import fixed_charges

OCTOBER = Month(2026, 10)
ORDER = OrderForm(
    contract_id="ctr-1",
    customer_id="acct-1",
    subscription_type="Centre d’appels",
    subscription_cents=49_00,
    users=3,
    user_cents=15_00,
    licences=2,
    licence_cents=40_00,
    first_month_rule="prorata",
    started_on=dt.date(2026, 1, 1),
)
RENTAL = NumberRental("+33170181001", "FR", 2_50, dt.date(2026, 1, 1))


def charged(order: OrderForm, rentals: list[NumberRental], month: Month = OCTOBER) -> list[tuple[str, int, int, int]]:
    return [(c.item, c.quantity, c.billed_days, c.amount_cents) for c in fixed_charges(order, rentals, month)]


def test_a_whole_month_charges_subscription_users_licences_and_numbers():
    assert charged(ORDER, [RENTAL, replace(RENTAL, number="+33170181002")]) == [
        ("subscription", 1, 31, 49_00),
        ("users", 3, 31, 45_00),
        ("licences", 2, 31, 80_00),
        ("numbers", 2, 31, 5_00),
    ]


def test_the_first_partial_month_is_prorated_by_calendar_days_half_up_to_the_cent():
    order = replace(ORDER, started_on=dt.date(2026, 10, 12), users=0, licences=0)
    # 20 of 31 days: 49.00 * 20 / 31 = 31.6129
    assert charged(order, []) == [("subscription", 1, 20, 31_61)]


def test_a_tie_of_the_prorata_rounds_up():
    # 15 of 30 days of 0.25 euro: 12.5 cents.
    order = replace(ORDER, started_on=dt.date(2026, 9, 16), subscription_cents=25, users=0, licences=0)
    assert charged(order, [], Month(2026, 9)) == [("subscription", 1, 15, 13)]


def test_a_contract_that_says_full_pays_its_whole_first_month():
    order = replace(ORDER, started_on=dt.date(2026, 10, 31), first_month_rule="full", users=0, licences=0)
    assert charged(order, [replace(RENTAL, valid_from=dt.date(2026, 10, 31))]) == [
        ("subscription", 1, 31, 49_00),
        ("numbers", 1, 31, 2_50),
    ]


def test_a_contract_begun_on_the_first_is_a_whole_month():
    assert charged(replace(ORDER, started_on=dt.date(2026, 10, 1)), [])[0] == ("subscription", 1, 31, 49_00)


def test_a_month_a_contract_ends_in_is_due_in_full():
    ended = replace(ORDER, ended_on=dt.date(2026, 10, 1))
    assert charged(ended, [RENTAL])[0] == ("subscription", 1, 31, 49_00)


def test_a_contract_begun_and_ended_in_a_month_pays_from_its_start_to_the_month_s_end():
    order = replace(ORDER, started_on=dt.date(2026, 10, 12), ended_on=dt.date(2026, 10, 15), users=0, licences=0)
    assert charged(order, []) == [("subscription", 1, 20, 31_61)]


def test_nothing_is_charged_outside_the_contract():
    assert charged(replace(ORDER, started_on=dt.date(2026, 11, 1)), [RENTAL]) == []
    assert charged(replace(ORDER, ended_on=dt.date(2026, 9, 30)), [RENTAL]) == []


def test_a_number_kept_on_after_its_contract_ended_is_not_charged():
    ended = replace(ORDER, ended_on=dt.date(2026, 10, 10), users=0, licences=0)
    assert charged(ended, [replace(RENTAL, valid_from=dt.date(2026, 10, 11))]) == [("subscription", 1, 31, 49_00)]


def test_a_number_assigned_before_the_contract_starts_is_charged_from_the_contract_s_start():
    order = replace(ORDER, started_on=dt.date(2026, 10, 12), subscription_cents=0, users=0, licences=0)
    assert charged(order, [replace(RENTAL, monthly_cents=3_10)]) == [("numbers", 1, 20, 2_00)]


def test_a_number_added_during_the_month_is_prorated_and_stands_apart():
    order = replace(ORDER, subscription_cents=0, users=0, licences=0)
    added = replace(RENTAL, number="+33170181002", monthly_cents=3_10, valid_from=dt.date(2026, 10, 22))
    whole = replace(RENTAL, monthly_cents=3_10)
    assert charged(order, [added, whole]) == [("numbers", 1, 31, 3_10), ("numbers", 1, 10, 1_00)]


def test_a_number_given_back_during_the_month_is_due_in_full():
    order = replace(ORDER, subscription_cents=0, users=0, licences=0)
    assert charged(order, [replace(RENTAL, valid_to=dt.date(2026, 10, 2))]) == [("numbers", 1, 31, 2_50)]
    assert charged(order, [replace(RENTAL, valid_to=dt.date(2026, 10, 1))]) == []


def test_a_number_whose_price_changes_within_the_month_is_charged_once_at_the_price_it_began_with():
    order = replace(ORDER, subscription_cents=0, users=0, licences=0)
    before = replace(RENTAL, valid_to=dt.date(2026, 10, 15))
    after = replace(RENTAL, monthly_cents=9_99, valid_from=dt.date(2026, 10, 15))
    assert charged(order, [after, before]) == [("numbers", 1, 31, 2_50)]
    assert charged(order, [after, before], OCTOBER.next) == [("numbers", 1, 30, 9_99)]


def test_numbers_are_grouped_by_country_and_price_france_first():
    order = replace(ORDER, subscription_cents=0, users=0, licences=0)
    rentals = [
        replace(RENTAL, number="+3225551001", country="BE", monthly_cents=5_00),
        replace(RENTAL, number="+33170181003", monthly_cents=9_00),
        replace(RENTAL, number="+33170181002"),
        RENTAL,
    ]
    labels = [(c.label, c.quantity, c.unit_cents) for c in fixed_charges(order, rentals, OCTOBER)]
    assert labels == [("Numéros France", 2, 2_50), ("Numéros France", 1, 9_00), ("Numéros Belgique", 1, 5_00)]


def test_an_item_without_quantity_or_price_is_not_a_charge():
    assert charged(replace(ORDER, users=0, licence_cents=0), []) == [("subscription", 1, 31, 49_00)]


@given(st.integers(1, 31), st.integers(1, 500), st.integers(1, 100_000))
def test_a_prorata_is_within_half_a_cent_of_the_exact_share(day, quantity, cents):
    days = 31 - day + 1
    charge = FixedCharge("users", "", quantity, cents, days, 31)
    exact = Fraction(quantity * cents * days, 31)
    assert -Fraction(1, 2) < charge.amount_cents - exact <= Fraction(1, 2)
