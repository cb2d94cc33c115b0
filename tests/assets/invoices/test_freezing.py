"""A frozen month: what it charges is settled, whatever lands, is rated again or signed; who is billed is not."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.periods import Signature
from adapters.ledger.tables import Customer
from assets.invoices.close import write_month
from assets.invoices.freezing import freeze_month, unfreeze_month
from assets.invoices.tables import SUBSCRIPTION_CHARGES
from domain.calendar import Month
from domain.errors import PermanentError

OCTOBER = Month(2026, 10)
ON = "2026-11-01"
FROZEN_BY = Signature("A. Martin", dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC))
OPENED_BY = Signature("B. Durand", dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC), "a price was wrong")


@pytest.fixture
def frozen(house):
    """October frozen with a call at 1.90 of acct-1001 and one of acct-1003, who may not be invoiced yet."""
    house.customer("acct-1003", country="BE", siren=None, vat_territory="EU", vat_number="")
    house.contract("ctr-1003-1", subscription_cents=0)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 6000)
    house.call("leg-2", "2026-10-05T10:00:00", "+33612345678", 6000, contract_id="ctr-1003-1", customer_id="acct-1003")
    house.charge("2026-10", ON)
    freeze_month(house.ledger, house.warehouse, OCTOBER, FROZEN_BY)
    return house


def net_cents(documents):
    return {document.customer_id: document.net_cents for document in documents}


def test_what_a_frozen_month_charges_is_settled_and_who_is_billed_is_not(frozen):
    frozen.call("late", "2026-10-06T10:00:00", "+33612345678", 60)
    frozen.correct_rate("336", 50_000, "STD-2")
    frozen.number("+33170189999", monthly_cents=31_00, valid_from=dt.date(2026, 10, 1))
    with frozen.ledger.session() as session:
        session.get_one(Customer, "acct-1003").vat_number = "BE0999999922"
    assert net_cents(frozen.close("2026-10", ON)) == {"acct-1001": 150_00 + 1_90, "acct-1003": 1_90}
    # The late call waits for the next month, at the price of its day as it is known then.
    frozen.rate("2026-11")
    late = [call for call in frozen.rows("rated_calls") if call["leg_id"] == "late"]
    assert [(call["month"], call["call_month"], call["amount_micros"]) for call in late] == [
        ("2026-11", "2026-10", 50_000)
    ]


def test_what_is_recorded_of_a_contract_while_a_month_is_frozen_is_charged_by_the_next_close(frozen):
    frozen.number("+33170189999", monthly_cents=31_00, valid_from=dt.date(2026, 10, 1))
    before = net_cents(frozen.close("2026-10", ON))
    assert net_cents(frozen.close("2026-10", ON)) == before
    frozen.close("2026-11", "2026-12-01")
    late = [
        row
        for row in frozen.rows("subscription_charges")
        if (row["month"], row["charged_month"]) == ("2026-11", "2026-10")
    ]
    assert [(row["item"], row["amount_cents"]) for row in late] == [("numbers", 31_00)]


def test_a_month_that_was_opened_again_follows_its_tariffs(frozen):
    unfreeze_month(frozen.ledger, frozen.warehouse, OCTOBER, OPENED_BY)
    frozen.correct_rate("336", 50_000, "STD-2")
    assert net_cents(frozen.close("2026-10", ON)) == {"acct-1001": 150_00 + 5_00}


def test_charges_touched_behind_a_freeze_are_not_issued(frozen):
    rows = [row for row in frozen.rows("subscription_charges") if row["amount_cents"] != 1_00]
    write_month(frozen.warehouse, SUBSCRIPTION_CHARGES, OCTOBER, rows)
    with pytest.raises(PermanentError, match=r"frozen by A. Martin on 2026-11-02.*is not what it was"):
        frozen.issue("2026-10", ON)
    assert frozen.ledger.documents() == []


def test_a_month_that_was_never_charged_does_not_freeze(house):
    with pytest.raises(PermanentError, match="rate and charge it first"):
        freeze_month(house.ledger, house.warehouse, OCTOBER, FROZEN_BY)
