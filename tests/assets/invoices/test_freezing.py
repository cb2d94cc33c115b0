"""A frozen month: what it charges is settled, whatever lands, is rated again or signed; who is billed is not."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.periods import Signature, events
from adapters.ledger.tables import Contract, Customer
from assets.invoices.freezing import freeze_month, unfreeze_month
from domain.calendar import Month
from domain.errors import BadInput, PermanentError

OCTOBER = Month(2026, 10)
ON = "2026-11-01"
FROZEN_BY = Signature("A. Martin", dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC))
OPENED_BY = Signature("B. Durand", dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC), "a price was wrong")


@pytest.fixture
def frozen(house):
    """October frozen with one call of 60 s to a mobile: 0.019."""
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 6000)
    house.charge("2026-10", ON)
    freeze_month(house.ledger, house.warehouse, OCTOBER, FROZEN_BY)
    return house


def done(house):
    return [(event.event, event.decided_by, event.because) for event in events(house.ledger, OCTOBER)]


def usage_cents(documents, house):
    [invoice] = documents
    lines = house.ledger.document_lines(Month.parse(invoice.month))
    return sum(line.amount_cents for line in lines if line.kind == "usage" and line.number == invoice.number)


def test_a_call_that_lands_after_the_freeze_is_on_the_next_invoice_with_its_own_date(frozen):
    frozen.call("late", "2026-10-06T10:00:00", "+33612345678", 60)
    assert usage_cents(frozen.close("2026-10", ON), frozen) == 1_90
    assert usage_cents(frozen.close("2026-11", "2026-12-01"), frozen) == 2
    [late] = [call for call in frozen.rows("rated_calls") if call["leg_id"] == "late"]
    assert (late["month"], late["call_month"]) == ("2026-11", "2026-10")


def test_a_tariff_corrected_after_the_freeze_changes_no_price(frozen):
    frozen.correct_rate("336", 50_000, "STD-2")
    assert usage_cents(frozen.close("2026-10", ON), frozen) == 1_90


def test_a_contract_changed_after_the_freeze_changes_no_charge(frozen):
    with frozen.ledger.session() as session:
        session.get_one(Contract, "ctr-1001-1").subscription_cents = 999_00
    [invoice] = frozen.close("2026-10", ON)
    assert invoice.net_cents == 150_00 + 1_90


def test_an_address_and_a_refusal_mended_while_the_month_is_frozen_count(frozen):
    unfreeze_month(frozen.ledger, frozen.warehouse, OCTOBER, OPENED_BY)
    frozen.customer("acct-1003", country="BE", siren=None, vat_territory="EU", vat_number="")
    frozen.contract("ctr-1003-1", subscription_cents=0)
    frozen.call("leg-2", "2026-10-05T10:00:00", "+33612345678", 6000, contract_id="ctr-1003-1", customer_id="acct-1003")
    frozen.charge("2026-10", ON)
    freeze_month(frozen.ledger, frozen.warehouse, OCTOBER, FROZEN_BY)
    with frozen.ledger.session() as session:
        session.get_one(Customer, "acct-1003").vat_number = "BE0999999922"
    documents = frozen.close("2026-10", ON)
    assert [(d.customer_id, d.net_cents) for d in documents] == [("acct-1001", 151_90), ("acct-1003", 1_90)]


def test_a_close_of_an_open_month_freezes_and_closes_in_one(house):
    house.close("2026-10", ON)
    assert [name for name, _, _ in done(house)] == ["frozen", "closed"]


def test_a_frozen_month_is_opened_again_by_name_and_reason_until_it_closes(frozen):
    freeze_month(frozen.ledger, frozen.warehouse, OCTOBER, Signature("C. Petit", FROZEN_BY.at))
    with pytest.raises(BadInput, match="says why"):
        unfreeze_month(frozen.ledger, frozen.warehouse, OCTOBER, FROZEN_BY)
    unfreeze_month(frozen.ledger, frozen.warehouse, OCTOBER, OPENED_BY)
    frozen.correct_rate("336", 50_000, "STD-2")
    assert usage_cents(frozen.close("2026-10", ON), frozen) == 5_00
    assert done(frozen)[:2] == [("frozen", "A. Martin", None), ("unfrozen", "B. Durand", "a price was wrong")]
    with pytest.raises(PermanentError, match="closed, not frozen"):
        unfreeze_month(frozen.ledger, frozen.warehouse, OCTOBER, OPENED_BY)


def test_months_freeze_in_order(house):
    house.close("2026-09", "2026-10-01")
    house.charge("2026-11", "2026-12-01")
    with pytest.raises(PermanentError, match="2026-10 is not closed"):
        freeze_month(house.ledger, house.warehouse, Month(2026, 11), FROZEN_BY)


def test_a_month_that_was_never_charged_does_not_freeze(house):
    with pytest.raises(PermanentError, match="rate and charge it first"):
        freeze_month(house.ledger, house.warehouse, OCTOBER, FROZEN_BY)


def test_charges_touched_behind_a_freeze_are_not_issued(frozen):
    rows = frozen.rows("subscription_charges", "item")
    rows[0]["amount_cents"] += 1
    import pyarrow as pa

    schema = frozen.warehouse.tables["subscription_charges"].arrow_schema
    frozen.warehouse.replace("subscription_charges", pa.Table.from_pylist(rows, schema), month="2026-10")
    with pytest.raises(PermanentError, match=r"frozen by A. Martin on 2026-11-02.*not what it was"):
        frozen.close("2026-10", ON)
    assert frozen.ledger.documents() == []


def test_a_close_of_a_frozen_month_killed_before_its_ledger_comes_to_the_same(frozen, monkeypatch):
    frozen.charge("2026-10", ON)

    class Killed(Exception):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("assets.invoices.issued_documents.issue", kill)
        frozen.issue("2026-10", ON)
    assert usage_cents(frozen.close("2026-10", ON), frozen) == 1_90
