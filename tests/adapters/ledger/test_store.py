"""What the platform reads from the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from adapters.ledger.documents import issue
from adapters.ledger.store import SNAPSHOTS
from adapters.ledger.tables import Payment, PhoneNumber, TariffPlan
from domain.calendar import Month
from domain.errors import PermanentError
from tests.closings import CLOSING

OCTOBER = Month(2026, 10)
NOVEMBER = Month(2026, 11)


def keep(ledger, *rows):
    with ledger.session() as session:
        for row in rows:
            session.add(row)
            session.flush()


@pytest.mark.parametrize(
    ("started_on", "ended_on", "serves"),
    [
        (dt.date(2026, 10, 31), None, True),
        (dt.date(2026, 11, 1), None, False),
        (dt.date(2026, 1, 1), dt.date(2026, 10, 1), True),
        (dt.date(2026, 1, 1), dt.date(2026, 9, 30), False),
        (dt.date(2026, 10, 10), dt.date(2026, 10, 20), True),
    ],
)
def test_a_contract_serves_a_month_if_any_day_of_it_is_inside(ledger, customer, contract, started_on, ended_on, serves):
    keep(ledger, TariffPlan(plan="standard"), customer(), contract(started_on=started_on, ended_on=ended_on))
    assert len(ledger.contracts(OCTOBER)) == serves
    assert len(ledger.contracts()) == 1


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "serves"),
    [
        (dt.date(2026, 10, 31), None, True),
        (dt.date(2026, 11, 1), None, False),
        (dt.date(2026, 2, 1), dt.date(2026, 10, 2), True),
        (dt.date(2026, 2, 1), dt.date(2026, 10, 1), False),
    ],
)
def test_a_number_serves_a_month_if_it_is_assigned_on_any_day_of_it(customers, valid_from, valid_to, serves):
    number = PhoneNumber(
        number="+33170181001", contract_id="ctr-1001-1", country="FR", number_type="fixed", monthly_cents=100,
        valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    keep(customers, number)
    assert len(customers.phone_numbers(OCTOBER)) == serves
    assert len(customers.phone_numbers()) == 1


def test_rows_come_in_the_order_of_their_characters_on_both_databases(ledger, customer):
    keep(ledger, *(customer(name) for name in ("b", "B", "acct-2", "acct-10", "Été", "Z")))
    assert [row.customer_id for row in ledger.customers()] == ["B", "Z", "acct-10", "acct-2", "b", "Été"]


def test_documents_are_found_by_month_customer_and_date(customers, draft):
    on = dt.date(2026, 12, 1)
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft("acct-1002"), draft("acct-1001")], CLOSING)
    issue(customers, NOVEMBER, on, [replace(draft("acct-1001"), month="2026-11", issue_date=on)], CLOSING)
    assert [d.number for d in customers.documents(OCTOBER)] == ["FA-2026-000001", "FA-2026-000002"]
    assert [d.number for d in customers.documents(customer_id="acct-1001")] == ["FA-2026-000001", "FA-2026-000003"]
    assert len(customers.documents(issued_by=dt.date(2026, 11, 30))) == 2
    assert [line.number for line in customers.document_lines(NOVEMBER)] == ["FA-2026-000003"]
    assert len(customers.document_lines()) == 3


def test_a_payment_is_not_seen_before_its_value_date(customers, draft):
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    days = (dt.date(2026, 12, 2), dt.date(2026, 12, 1))
    keep(
        customers,
        *(Payment(reference=f"V{d}", document_number="FA-2026-000001", value_date=d, amount_cents=1) for d in days),
    )
    assert [row.value_date for row in customers.payments()] == [days[1], days[0]]
    assert [row.value_date for row in customers.payments(received_by=days[1])] == [days[1]]


def test_a_month_nobody_touched_has_no_state(ledger):
    assert ledger.period(OCTOBER) is None


def test_a_ledger_without_operator_says_how_to_load_one(ledger):
    with pytest.raises(PermanentError, match=r"operator\.csv"):
        ledger.operator()


def test_snapshots_are_plain_rows_in_key_order_without_payload_or_row_number(customers, draft):
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft("acct-1002"), draft("acct-1001")], CLOSING)
    tables = customers.snapshots()
    assert tables.keys() == SNAPSHOTS.keys()
    assert [row["contract_id"] for row in tables["contracts"]] == ["ctr-1001-1", "ctr-1002-1", "ctr-1003-1"]
    assert not any({"id", "payload"} & row.keys() for rows in tables.values() for row in rows)
    assert all(customers.snapshot(name) == rows for name, rows in tables.items())
