"""Contracts that change, and what earlier months still owe: charged once, in lines that say their month."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from adapters.ledger.contract_changes import change
from adapters.ledger.contract_journal import Signature
from adapters.ledger.tables import Contract, Customer
from domain.calendar import Month
from domain.errors import PermanentError

BELGIAN = {"country": "BE", "siren": None, "vat_territory": "EU", "vat_number": ""}
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
    assert house.close("2026-09", "2026-10-01") == house.close("2026-10", "2026-11-01") == []
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_number = "BE0999999922"
    [november] = house.close("2026-11", "2026-12-01")
    expected = [
        ("Abonnement Centre d'appels", None, 149_00),
        (
            "Régularisation septembre\u00a02026 – Abonnement Centre d'appels",
            "15/30 de 149,00\u00a0€, dès le 16/09",
            74_50,
        ),
        ("Régularisation octobre\u00a02026 – Abonnement Centre d'appels", None, 149_00),
    ]
    assert lines(house, "2026-11") == expected
    assert (november.net_cents, november.vat_cents) == (372_50, 0)
    assert json.loads(november.payload)["vat_mentions"] == ["Autoliquidation\u00a0– art. 283-2 du CGI"]
    charges = house.rows("subscription_charges")
    again = house.close("2026-11", "2026-12-20")
    assert [document.number for document in again] == [november.number]
    assert (lines(house, "2026-11"), house.rows("subscription_charges")) == (expected, charges)
    house.close("2026-12", "2027-01-01")
    assert lines(house, "2026-12") == [("Abonnement Centre d'appels", None, 149_00)]


def test_what_is_recorded_after_its_month_closed_is_on_the_next_invoice_and_the_closed_month_stands(house):
    # Users have their price from the beginning, though there are none yet.
    house.contract("ctr-1001-9", users=1, user_cents=31_00, subscription_cents=0)
    [october] = house.close("2026-10", "2026-11-01")
    on = dt.date(2026, 10, 12)
    change(house.ledger, "ctr-1001-9", SIGNED, kind="quantity", item="users", quantity=2, effective_on=on)
    assert [document.sha256 for document in house.close("2026-10", "2026-11-01")] == [october.sha256]
    house.close("2026-11", "2026-12-01")
    assert lines(house, "2026-11")[2:] == [
        ("Utilisateurs", None, 93_00),
        ("Régularisation octobre\u00a02026 – Utilisateurs", "20/31 de 31,00\u00a0€, dès le 12/10", 40_00),
    ]


def test_a_contract_that_is_recorded_after_its_first_month_closed_owes_that_month(house):
    house.close("2026-10", "2026-11-01")
    house.contract("ctr-1001-2", subscription_cents=31_00, started_on=dt.date(2026, 10, 22))
    [november] = house.close("2026-11", "2026-12-01")
    assert november.net_cents == 150_00 + 31_00 + 10_00


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


def test_lines_stand_by_contract_and_the_vat_is_computed_once_on_them_all(house):
    house.contract("ctr-1001-2", subscription_cents=33, users=0)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    [invoice] = house.close("2026-10", "2026-11-01")
    printed = [(line["contract_id"], line["kind"]) for line in house.rows("invoice_lines", "line_number")]
    assert printed == [
        ("ctr-1001-1", "subscription"),
        ("ctr-1001-1", "subscription"),
        ("ctr-1001-1", "usage"),
        ("ctr-1001-2", "subscription"),
    ]
    # 149.00 + 1.00 + 0.03 + 0.33 = 150.36; 20 % of it is 30.072.
    assert (invoice.net_cents, invoice.vat_cents) == (150_36, 30_07)


def test_an_invoice_shows_the_included_minutes_of_its_month_used_and_left(house):
    house.include("ctr-1001-1", "france", 2)
    house.close("2026-09", "2026-10-01")
    house.call("late", "2026-09-20T10:00:00", "+33612345678", 60)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 90)
    [october] = [d for d in house.close("2026-10", "2026-11-01") if d.kind == "invoice"]
    shown = {
        "contract_id": "ctr-1001-1",
        "label": "France\u00a0– fixes et France\u00a0– mobiles",
        "included_seconds": 120,
    }
    assert json.loads(october.payload)["allowances"] == [{**shown, "used_seconds": 90}]
    [september] = house.ledger.documents(Month(2026, 9))
    assert json.loads(september.payload)["allowances"] == [{**shown, "used_seconds": 0}]
    house.close("2026-10", "2026-11-01")


def test_a_month_of_nothing_but_included_minutes_and_no_fixed_part_has_no_invoice_and_owes_nothing_later(empty_house):
    house = empty_house
    house.customer()
    house.contract(subscription_cents=0)
    house.include("ctr-1001-1", "france", 60)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 90)
    assert house.close("2026-10", "2026-11-01") == []
    assert house.close("2026-11", "2026-12-01") == []
    assert house.rows("refused_drafts") == []
