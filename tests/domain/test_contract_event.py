"""A contract through time: changes pro rata from their day, what is given back due to its month's end, in any order."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Month
from domain.contract_event import ContractEvent, history
from domain.contract_rules import check_closed_months, check_event
from domain.errors import BadInput
from domain.order_form import OrderForm, QuantityChange
from domain.subscription import fixed_charges, left_to_charge

OCTOBER = Month(2026, 10)
SIGNED = OrderForm(
    contract_id="ctr-1",
    customer_id="acct-1",
    subscription_type="Standard",
    subscription_cents=0,
    users=3,
    user_cents=31_00,
    licences=0,
    licence_cents=0,
    first_month_rule="prorata",
    started_on=dt.date(2026, 1, 1),
)
SUBSCRIBED = ContractEvent("ctr-1", 1, "subscription", dt.date(2026, 1, 1))
QUANTITIES = st.lists(st.tuples(st.integers(1, 31), st.integers(-2, 5)), max_size=6)


def known(*events):
    found = history(SIGNED, [SUBSCRIBED, *events])
    assert found is not None
    return found


def more(quantity, day, month=10, **changed):
    return replace(
        ContractEvent("ctr-1", 2, "quantity", dt.date(2026, month, day), item="users", quantity=quantity), **changed
    )


def charged(events, month=OCTOBER, signed=SIGNED, known_to=None):
    numbered = [replace(event, sequence=rank) for rank, event in enumerate([SUBSCRIBED, *events], 1)]
    then = history(signed, numbered, known_to)
    assert then is not None
    return [(c.item, c.quantity, c.unit_cents, c.billed_days, c.amount_cents, c.events) for c in then.charges(month)]


def users(events, **given):
    return [(quantity, days, cents) for _, quantity, _, days, cents, _ in charged(events, **given)]


def test_users_added_within_a_month_are_prorated_from_their_day_and_say_which_event_added_them():
    assert charged([more(2, 12)]) == [
        ("users", 3, 31_00, 31, 93_00, (1,)),
        ("users", 2, 31_00, 20, 40_00, (2,)),
    ]
    assert charged([more(2, 12)], OCTOBER.next) == [("users", 5, 31_00, 30, 155_00, (1, 2))]


def test_what_is_added_may_have_a_first_month_rule_of_its_own():
    assert users([more(2, 12, first_month_rule="full")]) == [(5, 31, 155_00)]
    full = replace(SIGNED, first_month_rule="full")
    assert users([more(2, 12, first_month_rule="prorata")], signed=full) == [(3, 31, 93_00), (2, 20, 40_00)]


def test_what_is_given_back_is_due_to_the_end_of_its_month():
    assert users([more(-2, 2)]) == [(3, 31, 93_00)]
    assert users([more(-2, 1)]) == [(1, 31, 31_00)]
    assert users([more(-2, 2)], month=OCTOBER.next) == [(1, 30, 31_00)]


def test_a_place_given_back_and_taken_again_within_a_month_is_one_place_of_it():
    assert users([more(-2, 5), more(2, 12)]) == [(3, 31, 93_00)]
    assert users([more(-2, 5), more(3, 12)]) == [(3, 31, 93_00), (1, 20, 20_00)]


def test_added_and_removed_on_one_day_is_nothing():
    assert users([more(2, 12), more(-2, 12)]) == users([])


def test_a_price_holds_for_what_begins_its_month_or_is_added_from_then_on():
    dearer = ContractEvent("ctr-1", 2, "price", dt.date(2026, 10, 15), item="users", unit_cents=62_00)
    assert charged([dearer, more(1, 22)]) == [
        ("users", 3, 31_00, 31, 93_00, (1,)),
        ("users", 1, 62_00, 10, 20_00, (2, 3)),
    ]
    assert charged([dearer], OCTOBER.next) == [("users", 3, 62_00, 30, 186_00, (1, 2))]


def test_a_number_s_price_changes_with_those_of_its_country_and_its_end_stands():
    events = [
        ContractEvent("ctr-1", 2, "number", dt.date(2026, 1, 1), number="+331", country="FR", unit_cents=1_00),
        ContractEvent("ctr-1", 3, "number", dt.date(2026, 10, 22), number="+322", country="BE", unit_cents=3_10),
        ContractEvent("ctr-1", 4, "price", dt.date(2026, 10, 1), item="numbers", country="FR", unit_cents=2_00),
        ContractEvent("ctr-1", 5, "number_end", dt.date(2026, 11, 1), number="+331"),
    ]
    numbers = [row for row in charged(events) if row[0] == "numbers"]
    assert numbers == [("numbers", 1, 2_00, 31, 2_00, (2, 4)), ("numbers", 1, 3_10, 10, 1_00, (3,))]
    assert [row[1:3] for row in charged(events, OCTOBER.next) if row[0] == "numbers"] == [(1, 3_10)]


def test_nothing_is_charged_after_the_month_a_contract_ends_in():
    ended = ContractEvent("ctr-1", 2, "termination", dt.date(2026, 10, 3))
    assert users([ended]) == [(3, 31, 93_00)]
    assert users([ended], month=OCTOBER.next) == []


def test_a_close_does_not_know_what_was_recorded_after_it():
    late = more(2, 12, known_month="2026-11")
    assert users([late], known_to=OCTOBER) == [(3, 31, 93_00)]
    assert users([late], known_to=OCTOBER.next) == [(3, 31, 93_00), (2, 20, 40_00)]


def test_what_was_recorded_late_is_what_its_month_still_owes():
    due = known(more(2, 12)).charges(OCTOBER)
    left = left_to_charge(due, known().charges(OCTOBER))
    assert [(charge.quantity, charge.billed_days, charge.amount_cents) for charge in left] == [(2, 20, 40_00)]
    assert left_to_charge(due, due) == []


@given(QUANTITIES, st.randoms())
def test_the_order_events_are_recorded_in_does_not_matter(changes, random):
    events = [more(quantity, day) for day, quantity in changes if quantity]
    shuffled = random.sample(events, len(events))
    assert users(events) == users(shuffled)


@given(st.integers(1, 9))
def test_a_change_on_the_first_day_is_a_contract_born_with_it(quantity):
    for started_on in (dt.date(2026, 10, 1), dt.date(2026, 10, 12)):
        young = replace(SIGNED, started_on=started_on)
        born = replace(young, users=3 + quantity)
        subscribed = replace(SUBSCRIBED, effective_on=started_on)
        changed = history(young, [subscribed, more(quantity, started_on.day)])
        begun = history(born, [subscribed])
        assert changed is not None
        assert begun is not None
        said = [[(c.terms, c.quantity) for c in one.charges(OCTOBER)] for one in (changed, begun)]
        assert said[0] == said[1]


@given(QUANTITIES)
def test_a_month_is_charged_at_least_what_it_begins_with_and_at_most_its_peak(changes):
    deltas = [QuantityChange("users", quantity, dt.date(2026, 10, day)) for day, quantity in changes]
    by_day = [20 + sum(c.quantity for c in deltas if c.effective_on.day <= day) for day in range(1, 32)]
    many = replace(SIGNED, users=20)
    charges = fixed_charges(many, [], OCTOBER, deltas)
    assert all(charge.quantity > 0 and charge.amount_cents >= 0 for charge in charges)
    assert sum(charge.quantity for charge in charges) == max(by_day)
    total = sum(charge.amount_cents for charge in charges)
    assert by_day[0] * 31_00 <= total <= max(by_day) * 31_00


@given(st.integers(2, 31), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_an_addition_in_parts_on_one_day_is_the_addition(day, parts):
    assert users([more(part, day) for part in parts]) == users([more(sum(parts), day)])


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (more(-4, 12), "4 users fewer, and 3 are there on 2026-10-12"),
        (more(1, 12, effective_on=dt.date(2025, 12, 31)), "begins on 2026-01-01"),
        (ContractEvent("ctr-1", 2, "price", dt.date(2026, 11, 1), item="users", unit_cents=1), "no notice is recorded"),
        (
            ContractEvent("ctr-1", 2, "price", dt.date(2026, 11, 1), item="users", notice_date=dt.date(2026, 10, 2)),
            "2026-11-02 at the earliest",
        ),
        (
            ContractEvent("ctr-1", 2, "termination", dt.date(2026, 2, 27), notice_date=dt.date(2026, 1, 31)),
            "2026-02-28 at the earliest",
        ),
    ],
)
def test_a_change_against_the_terms_is_refused(event, said):
    with pytest.raises(BadInput, match=said):
        check_event(event, known())


def test_users_are_not_removed_before_a_removal_that_counts_on_them():
    now = known(more(-2, 20))
    with pytest.raises(BadInput, match="2 users fewer, and 1 are there on 2026-10-20"):
        check_event(more(-2, 12), now)


def test_a_named_person_may_waive_a_notice():
    event = ContractEvent("ctr-1", 2, "price", dt.date(2026, 11, 1), item="users", unit_cents=1)
    with pytest.raises(BadInput, match="no notice is recorded"):
        check_event(event, known())
    waived = replace(event, waived_by="A. Martin", waived_because="asked for")
    check_event(waived, known())
    assert users([waived], month=Month(2026, 11)) == [(3, 30, 3)]


def test_what_a_closed_month_charged_is_added_to_and_never_undone():
    before = known()
    check_closed_months(before, known(more(2, 12)), [OCTOBER])
    check_closed_months(before, known(more(-2, 12)), [OCTOBER])
    with pytest.raises(BadInput, match=r"2026-10 is closed and charged 3 × Utilisateurs.*date the change 2026-11-01"):
        check_closed_months(before, known(more(-2, 1)), [OCTOBER])
