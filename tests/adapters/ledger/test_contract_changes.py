"""Each change of a contract is one signed event; nothing is recorded twice, nothing that was billed is undone."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any

import pytest

from adapters.ledger.contract_changes import assign, change, release, subscribe, terminate
from adapters.ledger.contract_journal import Signature
from adapters.ledger.contracts import KnownContracts, keep_caught_up
from adapters.ledger.documents import issue
from adapters.ledger.store import Ledger
from adapters.ledger.tables import PhoneNumber
from domain.calendar import Month
from domain.errors import BadInput, PermanentError
from tests.closings import CLOSING

OCTOBER = Month(2026, 10)
SIGNED = Signature("A. Martin", dt.date(2026, 10, 15), "courriel du 15/10")
USERS: dict[str, Any] = {"kind": "quantity", "item": "users", "quantity": 2, "effective_on": dt.date(2026, 10, 12)}
NOTICE: dict[str, Any] = {"notice_date": dt.date(2026, 10, 15), "waived_by": None, "waived_because": None}


def events(ledger, contract_id="ctr-1001-1"):
    return [(event.kind, event.effective_on, event.known_month) for event in KnownContracts(ledger).events[contract_id]]


def number(**changed):
    given: dict[str, Any] = {
        "number": "+33170181001",
        "contract_id": "ctr-1001-1",
        "country": "FR",
        "number_type": "fixed",
        "monthly_cents": 1_00,
        "valid_from": dt.date(2026, 10, 12),
    }
    return PhoneNumber(**given | changed)


def test_a_contract_and_a_number_have_their_events_whoever_writes_them(customers, contract):
    subscribe(customers, contract("ctr-1001-2", started_on=dt.date(2026, 10, 5)), SIGNED)
    subscribe(customers, contract("ctr-1001-2", started_on=dt.date(2026, 10, 5)), SIGNED)
    with customers.session() as session:
        session.add(number())
    assert events(customers, "ctr-1001-2") == [("subscription", dt.date(2026, 10, 5), None)]
    assert events(customers) == [("subscription", dt.date(2026, 1, 1), None), ("number", dt.date(2026, 10, 12), None)]


def test_an_order_form_is_not_signed_twice_otherwise_nor_without_its_customer_and_plan(customers, contract):
    with pytest.raises(BadInput, match="ctr-1001-1 was signed otherwise"):
        subscribe(customers, contract(users=7), SIGNED)
    with pytest.raises(BadInput, match="customer acct-9999 is not in the ledger"):
        subscribe(customers, contract("ctr-9", customer_id="acct-9999"), SIGNED)
    with pytest.raises(BadInput, match="tariff plan gold is not one of standard"):
        subscribe(customers, contract("ctr-9", tariff_plan="gold"), SIGNED)


def test_a_change_is_recorded_once_on_a_reference_and_again_on_another(customers):
    for _ in range(2):
        change(customers, "ctr-1001-1", SIGNED, **USERS)
    assert len(events(customers)) == 2
    change(customers, "ctr-1001-1", Signature("A. Martin", None, "autre courriel"), **USERS)
    assert len(events(customers)) == 3
    with pytest.raises(PermanentError, match="ctr-9 is no contract"):
        change(customers, "ctr-9", SIGNED, **USERS)


def test_a_termination_takes_its_numbers_and_its_earliest_day_from_the_notice(customers):
    assign(customers, number(), SIGNED, None)
    for _ in range(2):
        assert terminate(customers, "ctr-1001-1", SIGNED, None, **NOTICE).effective_on == dt.date(2026, 11, 15)
    assert customers.contracts()[0].ended_on == dt.date(2026, 11, 15)
    assert [row.valid_to for row in customers.phone_numbers()] == [dt.date(2026, 11, 16)]
    assert [kind for kind, _, _ in events(customers)] == ["subscription", "number", "termination", "number_end"]
    with pytest.raises(BadInput, match="ends on 2026-11-15 already"):
        terminate(customers, "ctr-1001-1", SIGNED, dt.date(2026, 12, 31), **NOTICE)
    with pytest.raises(PermanentError, match="subscribe anew"), customers.session() as session:
        session.get_one(type(customers.contracts()[0]), "ctr-1001-1").ended_on = None


def test_a_number_is_assigned_once_and_given_back_once(customers):
    for _ in range(2):
        assign(customers, number(), SIGNED, "full")
        release(customers, "ctr-1001-1", "+33170181001", dt.date(2026, 11, 2), SIGNED)
    assert [kind for kind, _, _ in events(customers)] == ["subscription", "number", "number_end"]
    with pytest.raises(BadInput, match="has not got"):
        release(customers, "ctr-1001-1", "+33170181001", dt.date(2026, 12, 2), SIGNED)


@pytest.mark.parametrize(
    ("changed", "rule", "said"),
    [
        ({"monthly_cents": 2_00}, "full", "monthly_cents 100, not 200"),
        ({"country": "BE"}, "full", "country FR, not BE"),
        ({"number_type": "mobile"}, "full", "number_type fixed, not mobile"),
        ({}, None, "first_month_rule full, not None"),
    ],
)
def test_a_number_assigned_again_otherwise_is_refused_and_not_passed_over(customers, changed, rule, said):
    assign(customers, number(), SIGNED, "full")
    with pytest.raises(BadInput, match=f"has \\+33170181001 from 2026-10-12 with {said}; record a new price"):
        assign(customers, number(**changed), SIGNED, rule)


def test_a_notice_is_not_of_a_day_that_has_not_come(customers):
    early = Signature("A. Martin", dt.date(2026, 10, 14), "courrier")
    with pytest.raises(BadInput, match=r"notice was given on 2026-10-15, which is after 2026-10-14, the day it is rec"):
        terminate(customers, "ctr-1001-1", early, None, **NOTICE)


def test_what_is_recorded_after_a_close_is_known_to_the_next_and_undoes_nothing(customers, draft):
    assign(customers, number(valid_from=dt.date(2026, 9, 1)), SIGNED, None)
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    change(customers, "ctr-1001-1", SIGNED, **USERS)
    assert events(customers)[-1] == ("quantity", dt.date(2026, 10, 12), "2026-11")
    with pytest.raises(BadInput, match="2026-10 is closed and charged 1 × Numéros France"):
        release(customers, "ctr-1001-1", "+33170181001", dt.date(2026, 10, 1), SIGNED)
    assert customers.phone_numbers()[0].valid_to is None
    # Within the closed month it is due to the month's end all the same.
    release(customers, "ctr-1001-1", "+33170181001", dt.date(2026, 10, 2), SIGNED)


def due(ledger, month, contract_id="ctr-1001-1"):
    """Month charged, quantity, days and cents of each charge of a close."""
    return [
        (str(due.charged_month), charge.quantity, charge.billed_days, charge.amount_cents)
        for due in KnownContracts(ledger).due(month)
        if due.contract.contract_id == contract_id
        for charge in due.charges
    ]


def test_what_is_recorded_late_is_owed_to_the_next_close_and_the_closed_month_stands(customers, contract, draft):
    subscribe(customers, contract("ctr-1001-2", subscription_cents=0, users=1, user_cents=31_00), SIGNED)
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    change(customers, "ctr-1001-2", SIGNED, **USERS)
    assert due(customers, OCTOBER, "ctr-1001-2") == [("2026-10", 1, 31, 31_00)]
    assert due(customers, OCTOBER.next, "ctr-1001-2") == [("2026-11", 3, 30, 93_00), ("2026-10", 2, 20, 40_00)]


def test_a_contract_recorded_after_its_first_month_closed_owes_it_and_one_without_a_price_owes_nothing(
    customers, contract, draft
):
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    later = {"started_on": dt.date(2026, 10, 22), "subscription_cents": 31_00}
    subscribe(customers, contract("ctr-1001-2", **later), SIGNED)
    subscribe(customers, contract("ctr-1001-3", started_on=later["started_on"], subscription_cents=0), SIGNED)
    assert due(customers, OCTOBER.next, "ctr-1001-2") == [("2026-11", 1, 30, 31_00), ("2026-10", 1, 10, 10_00)]
    assert due(customers, OCTOBER.next, "ctr-1001-3") == []


def test_a_customer_without_an_invoice_owes_the_month_until_a_close_charges_it(customers, draft):
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    owed = [("2026-11", 1, 30, 49_00), ("2026-10", 1, 31, 49_00)]
    assert due(customers, OCTOBER.next) == [("2026-11", 1, 30, 49_00)]
    assert due(customers, OCTOBER.next, "ctr-1002-1") == owed
    november = draft(customer_id="acct-1002", month="2026-11", issue_date=dt.date(2026, 12, 1),
                     due_date=dt.date(2026, 12, 31))  # fmt: skip

    def keep(session, documents):
        keep_caught_up(session, 3, OCTOBER.next, {("ctr-1002-1", "2026-10", documents[0].number)})

    issue(customers, OCTOBER.next, dt.date(2026, 12, 1), [november], CLOSING, keep)
    assert due(customers, OCTOBER.next, "ctr-1002-1") == owed
    assert due(customers, OCTOBER.next.next, "ctr-1002-1") == [("2026-12", 1, 31, 49_00)]
    # Refused twice: both months are owed.
    assert [month for month, *_ in due(customers, OCTOBER.next.next, "ctr-1003-1")] == ["2026-12", "2026-10", "2026-11"]


def test_a_change_that_is_recorded_while_a_month_closes_stops_the_close(customers, draft):
    def keep(session, documents):
        keep_caught_up(session, 2, OCTOBER, set())

    with pytest.raises(PermanentError, match="a contract changed while the month was closing"):
        issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING, keep)
    assert customers.documents() == []


def test_a_ledger_of_before_the_events_gets_them(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate("0010")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.executescript(
            """
            insert into tariff_plan values ('standard', null);
            insert into customer (customer_id, legal_name, address_line, postal_code, city, country, email, siren,
                vat_territory, is_reseller, full_numbers_requested, is_high_risk_allowed)
                values ('acct-1', 'X', 'X', '75011', 'Paris', 'FR', 'x@x.x', '732829320', 'FR_MAINLAND', 0, 0, 0);
            insert into contract (contract_id, customer_id, subscription_type, subscription_cents, users, user_cents,
                licences, licence_cents, tariff_plan, first_month_rule, payment_days, started_on, ended_on)
                values ('ctr-1', 'acct-1', 'X', 100, 0, 0, 0, 0, 'standard', 'prorata', 30, '2026-01-01', '2026-10-15');
            insert into phone_number (number, contract_id, country, number_type, monthly_cents, valid_from, valid_to)
                values ('+331', 'ctr-1', 'FR', 'fixed', 100, '2026-01-01', '2026-10-16');
            """
        )
    connection.close()
    ledger.migrate()
    assert [kind for kind, _, _ in events(ledger, "ctr-1")] == ["subscription", "number", "number_end", "termination"]
    [october] = [due for due in KnownContracts(ledger).due(OCTOBER) if due.charged_month == OCTOBER]
    assert [(charge.item, charge.amount_cents) for charge in october.charges] == [
        ("subscription", 100),
        ("numbers", 100),
    ]
