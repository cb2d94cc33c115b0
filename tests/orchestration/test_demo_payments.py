"""The demo's bank statement follows from the invoices alone."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.tables import IssuedDocument
from domain.errors import BadInput
from orchestration.demo_payments import Habit, bank_lines, read_habits, write_statement


def invoice(number: str = "FA-2026-000001", total_cents: int = 1001, kind: str = "invoice") -> IssuedDocument:
    return IssuedDocument(
        number=number,
        series="FA",
        year=2026,
        sequence=1,
        kind=kind,
        customer_id="acct-1001",
        month="2026-09",
        issue_date=dt.date(2026, 10, 1),
        due_date=dt.date(2026, 10, 31),
        net_cents=total_cents,
        vat_cents=0,
        total_cents=total_cents,
        payload="{}",
        sha256="",
    )


def habit(day: int, share: int | None) -> Habit:
    return Habit("acct-1001", "2026-09", dt.date(2026, 10, day), share)


def test_a_share_and_the_rest_pay_the_invoice_to_the_cent():
    lines = bank_lines([habit(10, 50), habit(20, None)], [invoice()], dt.date(2026, 11, 1))
    assert [line.amount_cents for line in lines] == [501, 500]


def test_money_that_has_not_arrived_yet_is_not_on_the_statement():
    assert bank_lines([habit(20, None)], [invoice()], dt.date(2026, 10, 19)) == []


def test_only_invoices_are_paid_by_habit():
    assert bank_lines([habit(10, None)], [invoice(kind="debit_note")], dt.date(2026, 11, 1)) == []


def test_a_reference_is_made_of_the_day_and_the_document_so_a_second_statement_pays_once():
    [line] = bank_lines([habit(10, None)], [invoice()], dt.date(2026, 11, 1))
    assert line.reference == "VIR-20261010-FA-2026-000001"


def test_the_statement_is_written_in_euros_with_two_decimals(tmp_path):
    path = write_statement(tmp_path / "s.csv", bank_lines([habit(10, None)], [invoice()], dt.date(2026, 11, 1)))
    assert path.read_text() == (
        "reference,document_number,value_date,amount_eur\nVIR-20261010-FA-2026-000001,FA-2026-000001,2026-10-10,10.01\n"
    )


def test_a_wrong_habit_is_named_by_its_line(tmp_path):
    path = tmp_path / "habits.csv"
    path.write_text("customer_id,month,value_date,share_percent\nacct-1001,2026-09,soon,rest\n")
    with pytest.raises(BadInput, match="line 2"):
        read_habits(path)
