"""A month's numbers go one year after its last document was paid, and no earlier."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.retention import DEFAULT_DAYS, Settlement, due_on, truncated

ISSUED, END = dt.date(2026, 10, 1), dt.date(2026, 9, 30)
PAID = dt.date(2026, 10, 20)


def test_an_invoice_is_settled_on_the_day_nothing_is_owed_any_more():
    parts = ((dt.date(2026, 11, 3), 60), (PAID, 40), (dt.date(2026, 12, 1), 5))
    assert Settlement("FA-1", ISSUED, 100, parts).settled_on == dt.date(2026, 11, 3)
    assert Settlement("FA-1", ISSUED, 101, parts[:2]).settled_on is None
    assert Settlement("FA-1", ISSUED, 0).settled_on == ISSUED


def test_numbers_go_a_year_after_the_last_payment():
    paid = [Settlement("FA-1", ISSUED, 100, ((PAID, 100),)), Settlement("FA-2", ISSUED, 0)]
    assert due_on(paid, DEFAULT_DAYS, END) == dt.date(2027, 10, 20)


def test_numbers_of_an_unpaid_month_stay():
    assert due_on([Settlement("FA-1", ISSUED, 100, ((PAID, 99),))], DEFAULT_DAYS, END) is None


def test_a_month_that_billed_nobody_counts_from_its_end():
    assert due_on([], DEFAULT_DAYS, END) == dt.date(2027, 9, 30)


@pytest.mark.parametrize(
    ("number", "left"), [("+33698000055", "+33698"), ("+1", "+1"), ("3919", "39"), ("agent-alice", "ag"), ("", "")]
)
def test_of_a_number_its_prefix_stays(number, left):
    assert truncated(number) == left
    assert truncated(truncated(number)) == left
