"""What a credit note leaves over settles what the customer owes next, to the cent and from the right day."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.carrying import Debt, carried_over
from domain.penalty import CreditNote, Event, Payment

START = dt.date(2026, 10, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def debt(number: str, issued: int = 0, cents: int = 100, **changed: object) -> Debt:
    given = {"customer_id": "acct-1", "issue_date": day(issued), "due_date": day(issued + 30), "total_cents": cents}
    return Debt(number, **given | changed)  # type: ignore[arg-type]


def error(on: int, cents: int) -> CreditNote:
    return CreditNote(day(on), cents, "error")


def carried(debts, events, as_of=300):
    return {
        n: [(p.date, p.amount_cents) for p in found] for n, found in carried_over(debts, events, day(as_of)).items()
    }


def test_what_is_credited_on_a_paid_invoice_settles_the_next_one_from_the_day_it_is_issued():
    debts = [debt("FA-1"), debt("FA-2", 31)]
    events = {"FA-1": [Payment(day(5), 100), error(10, 20)]}
    assert carried(debts, events, as_of=30) == {}
    assert carried(debts, events) == {"FA-2": [(day(31), 20)]}


def test_an_open_invoice_takes_it_the_day_of_the_later_of_payment_and_credit():
    debts = [debt("FA-1"), debt("FA-2", 1)]
    assert carried(debts, {"FA-1": [Payment(day(5), 100), error(10, 20)]}) == {"FA-2": [(day(10), 20)]}
    assert carried(debts, {"FA-1": [Payment(day(15), 100), error(10, 20)]}) == {"FA-2": [(day(15), 20)]}


def test_a_replacement_comes_before_older_debts_and_the_rest_goes_to_the_oldest():
    debts = [debt("FA-1", 1), debt("FA-0"), debt("FA-2", 2), debt("FA-3", 10, 90, replaces="FA-1")]
    events = {"FA-1": [Payment(day(5), 100), error(10, 100)]}
    assert carried(debts, events) == {"FA-3": [(day(10), 90)], "FA-0": [(day(10), 10)]}


def test_money_paid_on_the_number_that_was_replaced_settles_what_stands_today():
    debts = [debt("FA-1"), debt("FA-2", 10, replaces="FA-1"), debt("FA-3", 20, replaces="FA-2")]
    events = {"FA-1": [error(10, 100), Payment(day(25), 100)], "FA-2": [error(20, 100)]}
    assert carried(debts, events) == {"FA-3": [(day(25), 100)]}


def test_who_pays_the_next_invoice_whole_all_the_same_has_it_on_the_one_after():
    debts = [debt("FA-1"), debt("FA-2", 31), debt("FA-3", 62)]
    events = {"FA-1": [Payment(day(5), 100), error(10, 20)], "FA-2": [Payment(day(40), 100)]}
    assert carried(debts, events) == {"FA-2": [(day(31), 20)], "FA-3": [(day(62), 20)]}


def test_what_was_paid_too_much_without_a_credit_note_stays_where_it_is():
    debts = [debt("FA-1"), debt("FA-2", 31), debt("FA-9", 31, customer_id="acct-2")]
    assert carried(debts, {"FA-1": [Payment(day(5), 150)]}) == {}
    assert carried(debts, {"FA-1": [Payment(day(5), 150), error(6, 10)]}) == {"FA-2": [(day(31), 10)]}


def test_penalties_given_back_settle_an_invoice_and_no_debit_note_takes():
    debts = [debt("ND-1", cents=40, is_invoice=False), debt("ND-2", is_invoice=False), debt("FA-2", 31)]
    assert carried(debts, {"ND-1": [Payment(day(5), 40), error(6, 40)]}) == {"FA-2": [(day(31), 40)]}


numbers = st.sampled_from(["FA-0", "FA-1", "FA-2", "FA-3"])
payments = st.tuples(numbers, st.integers(0, 150), st.integers(1, 130))
notes = st.tuples(numbers, st.integers(0, 150), st.integers(1, 50))


@settings(max_examples=200, deadline=None)
@given(st.lists(payments, max_size=6), st.lists(notes, max_size=4, unique_by=lambda c: c[0]), st.integers(0, 160))
def test_no_cent_is_made_or_lost_and_what_was_carried_stays(paid, credited, until):
    debts = [debt(f"FA-{rank}", rank * 31, replaces="FA-0" if rank == 2 else None) for rank in range(4)]
    issued = {d.number: d.issue_date for d in debts}
    events: dict[str, list[Event]] = {number: [] for number in issued}
    for number, on, cents in paid:
        events[number].append(Payment(max(day(on), issued[number]), cents))
    for number, on, cents in credited:
        events[number].append(CreditNote(max(day(on), issued[number]), cents, "gesture"))
    found = carried_over(debts, events, day(300))
    for number, own in found.items():
        owed_at_last = 100 - sum(
            e.amount_cents for e in events[number] if isinstance(e, Payment) and e.date < own[0].date
        )
        assert 0 < sum(p.amount_cents for p in own[:1]) <= owed_at_last
        assert min(p.date for p in own) >= issued[number]
    # What comes in of carried money is at most what credit notes gave, each time it moves on.
    free = sum(cents for *_, cents in credited)
    assert all(sum(p.amount_cents for p in own) <= free for own in found.values())
    # Nothing that was settled by a day is settled otherwise by what happens after it.
    earlier = carried_over(debts, events, day(until))
    assert earlier == {n: kept for n, own in found.items() if (kept := [p for p in own if p.date <= day(until)])}
