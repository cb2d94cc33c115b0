"""Contracts that change, and what earlier months still owe: charged once, in lines that say their month."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from adapters.ledger.contract_changes import change
from adapters.ledger.contract_journal import Signature
from adapters.ledger.credit_notes import Decision
from adapters.ledger.tables import Contract, ContractAllowance, Customer, VatRule
from assets.invoices.crediting import Order, credit
from assets.invoices.customer_vat import vat_as_caught_up
from domain.calendar import Month
from domain.errors import PermanentError

BELGIAN = {"country": "BE", "siren": None, "vat_territory": "EU", "vat_number": ""}
BEGINNING = dt.date(2026, 1, 1)
SIGNED = Signature("A. Martin", None, "courriel")


def add_users(house, quantity, day):
    on = dt.date.fromisoformat(day)
    change(house.ledger, "ctr-1001-1", SIGNED, kind="quantity", item="users", quantity=quantity, effective_on=on)


def lines(house, month):
    return [
        (line["label"], line["detail"], line["amount_cents"])
        for line in house.rows("invoice_lines", "customer_id, line_number")
        if line["month"] == month and line["kind"] == "subscription"
    ]


def test_a_refused_month_is_charged_by_the_next_close_that_may_once_in_lines_that_say_it(empty_house):
    house = empty_house
    house.customer(**BELGIAN)
    house.contract(started_on=dt.date(2026, 9, 16))
    assert house.close("2026-09", "2026-10-01") == []
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_number = "BE0999999922"
    [october] = house.close("2026-10", "2026-11-01")
    expected = [
        ("Abonnement Centre d'appels", None, 149_00),
        (
            "Régularisation septembre\u00a02026 – Abonnement Centre d'appels",
            "15/30 de 149,00\u00a0€, dès le 16/09",
            74_50,
        ),
    ]
    assert lines(house, "2026-10") == expected
    assert (october.net_cents, october.vat_cents) == (223_50, 0)
    assert json.loads(october.payload)["vat_mentions"] == ["Autoliquidation\u00a0– art. 283-2 du CGI"]
    charges = house.rows("subscription_charges")
    again = house.close("2026-10", "2026-11-20")
    assert [document.number for document in again] == [october.number]
    assert (lines(house, "2026-10"), house.rows("subscription_charges")) == (expected, charges)
    house.close("2026-11", "2026-12-01")
    assert lines(house, "2026-11") == [("Abonnement Centre d'appels", None, 149_00)]


def test_a_month_that_was_caught_up_bears_that_vat_when_more_of_it_is_caught_up_though_the_customer_moved(empty_house):
    house = empty_house
    house.customer(**BELGIAN)
    house.contract(started_on=dt.date(2026, 9, 1), user_cents=30_00)
    house.close("2026-09", "2026-10-01")
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_number = "BE0999999922"
    [october] = house.close("2026-10", "2026-11-01")
    with house.ledger.session() as session:
        customer = session.get_one(Customer, "acct-1001")
        customer.country, customer.vat_territory, customer.siren = "FR", "FR_MAINLAND", "999000011"
        customer.vat_number = None
    add_users(house, 1, "2026-09-16")
    [november] = house.close("2026-11", "2026-12-01")
    found = [
        (line["caught_up_month"], line["amount_cents"], line["vat_category"], line["vat_rate_basis_points"])
        for line in house.rows("invoice_lines", "line_number")
        if line["month"] == "2026-11"
    ]
    assert found == [
        (None, 149_00, "S", 2000), (None, 30_00, "S", 2000), ("2026-09", 15_00, "AE", 0), ("2026-10", 30_00, "AE", 0),
    ]  # fmt: skip
    assert json.loads(november.payload)["vat_mentions"] == ["Autoliquidation\u00a0– art. 283-2 du CGI"]
    decision = Decision("Anne", "Territoire", dt.date(2026, 12, 5))
    # October stands for September: what takes November's place says the same of it as November did.
    _, replacement = credit(house.ledger, Order(november.number, "error", decision, replace=True))
    assert (replacement.net_cents, replacement.vat_cents) == (224_00, 35_80)
    # October's own word on September does not bind what takes its place: the VAT is put right with the party.
    _, replacement = credit(house.ledger, Order(october.number, "error", decision, replace=True))
    assert (replacement.net_cents, replacement.vat_cents) == (298_00, 59_60)


def test_of_two_months_caught_up_together_each_keeps_its_own_article(empty_house):
    house = empty_house
    house.customer(**BELGIAN)
    house.contract()
    with house.ledger.session() as session:
        session.add(VatRule(territory="EU", valid_from=dt.date(2026, 10, 1), category="AE", rate_basis_points=0,
                            mention="Autoliquidation - art. L213-1 du CIBS"))  # fmt: skip
    house.close("2026-09", "2026-10-01")
    house.close("2026-10", "2026-11-01")
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_number = "BE0999999922"
    [november] = house.close("2026-11", "2026-12-01")
    later, earlier = "Autoliquidation\u00a0– art. L213-1 du CIBS", "Autoliquidation\u00a0– art. 283-2 du CGI"
    assert json.loads(november.payload)["vat_mentions"] == [later, earlier]
    # What more of them is caught up later bears it.
    assert {
        month: vat_as_caught_up(house.ledger, Month.parse(month), {"acct-1001"})["acct-1001"].mention
        for month in ("2026-09", "2026-10")
    } == {"2026-09": earlier, "2026-10": later}


def test_a_contract_that_changed_after_it_was_charged_is_not_issued(house):
    house.charge("2026-10", "2026-11-01")
    add_users(house, 2, "2026-10-12")
    # No price yet: nothing changes in the charges, but the numbers of events do not lie.
    house.contract("ctr-1001-2", subscription_cents=1_00)
    with pytest.raises(PermanentError, match=r"contracts changed since .* computed \(ctr-1001-2\)"):
        house.issue("2026-10", "2026-11-01")
    assert house.ledger.documents() == []


def test_a_signed_order_form_does_not_change(house):
    with pytest.raises(PermanentError, match="does not change"), house.ledger.session() as session:
        session.get_one(Contract, "ctr-1001-1").subscription_cents = 1


def test_several_contracts_stand_apart_on_one_invoice_with_one_vat_and_their_included_minutes(house):
    house.contract("ctr-1001-2", subscription_cents=33)
    house.include("ctr-1001-1", "france", 2)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 220)
    [invoice] = house.close("2026-10", "2026-11-01")
    printed = [(line["contract_id"], line["kind"]) for line in house.rows("invoice_lines", "line_number")]
    assert printed == [
        ("ctr-1001-1", "subscription"),
        ("ctr-1001-1", "subscription"),
        ("ctr-1001-1", "usage"),
        ("ctr-1001-2", "subscription"),
    ]
    # 149.00 + 1.00 + 100 s at 0.019 + 0.33 = 150.36; 20 % of it is 30.072.
    assert (invoice.net_cents, invoice.vat_cents) == (150_36, 30_07)
    assert json.loads(invoice.payload)["allowances"] == [
        {
            "contract_id": "ctr-1001-1",
            "label": "France\u00a0– fixes et France\u00a0– mobiles",
            "included_seconds": 120,
            "used_seconds": 120,
        }
    ]
    # What an invoice shows stays, whatever is included since.
    with house.ledger.session() as session:
        session.get_one(ContractAllowance, ("ctr-1001-1", "france", BEGINNING)).minutes = 3
    assert [document.number for document in house.issue("2026-10", "2026-11-01")] == [invoice.number]
