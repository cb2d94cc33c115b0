"""Whose number it was, that day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.inventory import Assignment, NumberInventory

DID = "+33170181040"
NOVEMBER = dt.date(2026, 11, 1)


def held(contract: str, start: dt.date, end: dt.date | None = None, number: str = DID) -> Assignment:
    return Assignment(number, contract, f"acct-{contract}", start, end)


def test_a_number_that_changed_hands_is_each_ones_on_their_own_days():
    inventory = NumberInventory([held("b", NOVEMBER), held("a", dt.date(2026, 1, 1), NOVEMBER)])
    before, after = inventory.lookup(DID, dt.date(2026, 10, 31)), inventory.lookup(DID, NOVEMBER)
    assert before is not None
    assert after is not None
    assert (before.contract_id, after.contract_id) == ("a", "b")


def test_a_number_is_nobodys_before_between_and_after_its_contracts():
    inventory = NumberInventory(
        [held("a", dt.date(2026, 1, 1), dt.date(2026, 2, 1)), held("b", dt.date(2026, 3, 1), NOVEMBER)]
    )
    free = [dt.date(2025, 12, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 28), NOVEMBER]
    assert [inventory.lookup(DID, on) for on in free] == [None] * 4
    assert inventory.lookup("+33170180000", dt.date(2026, 1, 1)) is None


def test_a_number_of_two_contracts_on_one_day_is_refused_by_name():
    with pytest.raises(BadInput, match=r"\+33170181040 belongs to a and to b on 2026-11-01"):
        NumberInventory([held("a", dt.date(2026, 1, 1)), held("b", NOVEMBER)])


def test_the_fingerprint_changes_only_on_days_whose_answers_changed():
    earlier = NumberInventory([held("a", dt.date(2026, 1, 1))])
    later = NumberInventory([held("a", dt.date(2026, 1, 1), NOVEMBER), held("b", NOVEMBER)])
    assert earlier.fingerprint(dt.date(2026, 10, 31)) == later.fingerprint(dt.date(2026, 10, 31))
    assert earlier.fingerprint(NOVEMBER) != later.fingerprint(NOVEMBER)


DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 28))
HISTORIES = st.dictionaries(
    st.sampled_from([DID, "+33170181041"]),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 5)), max_size=4),
)


@given(histories=HISTORIES, on=DAYS)
def test_equal_answers_have_equal_fingerprints(histories, on):
    rows = []
    for number, spans in histories.items():
        start = dt.date(2026, 1, 1)
        for contract, days, gap in spans:
            end = start + dt.timedelta(days)
            rows.append(held(contract, start, end, number))
            start = end + dt.timedelta(gap)
    in_force = [row for row in rows if row.is_in_force(on)]
    same_day = NumberInventory([Assignment(r.number, r.contract_id, r.customer_id, on) for r in in_force])
    assert NumberInventory(rows).fingerprint(on) == same_day.fingerprint(on)
    assert [NumberInventory(rows).lookup(row.number, on) for row in in_force] == in_force
