"""What a price's notice says: the price until then and from then on, when it is charged first, by when to leave."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contract_event import ContractEvent, history
from domain.contract_rules import earliest_after
from domain.order_form import OrderForm
from domain.price_notice import first_charged_on, is_in_force, is_in_time, last_day_to_leave, repricings

SIGNED = OrderForm(
    contract_id="ctr-1", customer_id="acct-1", subscription_type="Standard", subscription_cents=49_00, users=3,
    user_cents=12_00, licences=0, licence_cents=0, first_month_rule="prorata", started_on=dt.date(2026, 1, 1),
)  # fmt: skip
SUBSCRIBED = ContractEvent("ctr-1", 1, "subscription", dt.date(2026, 1, 1))
JANUARY = dt.date(2027, 1, 1)


def price(sequence, cents, item="users", on=JANUARY, **said):
    return ContractEvent("ctr-1", sequence, "price", on, item=item, unit_cents=cents, **said)


def told(event, *before):
    known = history(SIGNED, [SUBSCRIBED, *before])
    assert known is not None
    return [(r.label, r.quantity, r.before_cents, r.after_cents, r.difference_cents) for r in repricings(known, event)]


def test_a_notice_says_the_price_of_the_eve_and_what_the_month_comes_to_more():
    more = ContractEvent("ctr-1", 2, "quantity", dt.date(2026, 12, 1), item="users", quantity=1)
    dearer = price(3, 12_50, on=dt.date(2026, 11, 1))
    assert told(price(4, 13_00), more, dearer) == [("Utilisateurs", 4, 12_50, 13_00, 2_00)]
    assert told(price(2, 45_00, "subscription")) == [("Abonnement Standard", 1, 49_00, 45_00, -4_00)]
    assert told(price(2, 9_00, "licences")) == [("Licences centre d’appels", 0, 0, 9_00, 0)]


def test_numbers_of_several_prices_are_a_row_each_and_those_of_other_countries_are_not_told():
    numbers = [
        ContractEvent("ctr-1", rank, "number", dt.date(2026, 2, 1), number=f"+331{rank}", country=country,
                      unit_cents=cents)
        for rank, (country, cents) in enumerate([("FR", 1_00), ("FR", 2_00), ("FR", 1_00), ("BE", 5_00)], 2)
    ]  # fmt: skip
    french = price(9, 1_50, "numbers", country="FR")
    assert told(french, *numbers) == [("Numéros France", 2, 1_00, 1_50, 1_00), ("Numéros France", 1, 2_00, 1_50, -50)]
    assert told(french) == [("Numéros France", 0, None, 1_50, 0)]


def test_a_price_recorded_again_for_its_day_or_after_the_contract_s_end_is_not_told():
    first, again, other = price(2, 13_00), price(3, 12_80), price(4, 14_00, on=dt.date(2027, 2, 1))
    events = [SUBSCRIBED, first, again, other]
    assert [is_in_force(event, events) for event in (first, again, other)] == [False, True, True]
    end = ContractEvent("ctr-1", 5, "termination", dt.date(2026, 12, 31))
    assert not is_in_force(again, [*events, end])
    assert is_in_force(again, [*events, replace(end, effective_on=JANUARY)])


def test_a_contract_ends_when_its_last_recorded_termination_says():
    event, end = price(2, 13_00), ContractEvent("ctr-1", 3, "termination", dt.date(2027, 3, 31))
    earlier = replace(end, sequence=4, effective_on=dt.date(2026, 12, 31))
    assert is_in_force(event, [SUBSCRIBED, event, end])
    assert not is_in_force(event, [SUBSCRIBED, earlier, event, end])


def test_a_price_of_mid_month_is_in_force_on_the_next_unless_another_began_or_the_contract_ended_by_then():
    event, february = price(2, 13_00, on=dt.date(2027, 1, 15)), dt.date(2027, 2, 1)
    assert is_in_force(event, [SUBSCRIBED, event], february)
    assert is_in_force(event, [SUBSCRIBED, event, price(3, 14_00, on=dt.date(2027, 2, 2))], february)
    end = ContractEvent("ctr-1", 3, "termination", dt.date(2027, 1, 31))
    for other in (price(3, 12_00, on=february), end):
        # Users added from the 15th on pay it until then.
        assert is_in_force(event, [SUBSCRIBED, event, other])
        assert not is_in_force(event, [SUBSCRIBED, event, other], february)
    # A day before it begins is none of its own.
    assert is_in_force(event, [SUBSCRIBED, event], JANUARY)


@pytest.mark.parametrize(
    ("effective", "first", "leave_by"),
    [
        (dt.date(2027, 1, 1), dt.date(2027, 1, 1), dt.date(2026, 11, 30)),
        (dt.date(2027, 1, 15), dt.date(2027, 2, 1), dt.date(2026, 12, 31)),
        (dt.date(2027, 3, 1), dt.date(2027, 3, 1), dt.date(2027, 1, 31)),
    ],
)
def test_a_month_is_charged_at_the_price_it_began_with_and_who_left_before_never_pays_the_new_one(
    effective, first, leave_by
):
    assert (first_charged_on(effective), last_day_to_leave(effective)) == (first, leave_by)


@given(st.dates(dt.date(2026, 1, 1), dt.date(2029, 12, 31)))
def test_the_last_day_to_leave_is_the_last_one_whose_month_s_notice_ends_in_time(effective):
    last, day = first_charged_on(effective), last_day_to_leave(effective)
    assert earliest_after(day) < last <= earliest_after(day + dt.timedelta(days=1))


def test_a_month_before_is_in_time_and_a_day_less_is_not():
    assert is_in_time(dt.date(2026, 12, 1), JANUARY)
    assert not is_in_time(dt.date(2026, 12, 2), JANUARY)
