"""Payments from a bank's file: good ones land, the others are set aside with their reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from adapters.ledger.credit_notes import issue_credit_note
from adapters.ledger.documents import issue
from adapters.ledger.imports import ImportReport, import_payments
from domain.calendar import Month
from domain.errors import BadInput
from tests.adapters.ledger.unchanged import unchanged
from tests.closings import CLOSING

HEADER = "reference;document_number;value_date;amount_eur\n"
GOOD = "VIR-1;FA-2026-000001;2026-12-05;58,80\n"


@pytest.fixture
def invoiced(customers, draft):
    """acct-1001 was invoiced 58.80 EUR as FA-2026-000001, and 12 EUR of it were credited."""
    issue(customers, Month(2026, 10), dt.date(2026, 11, 1), [draft()], CLOSING)
    credit = replace(draft(), kind="credit_note", month="2026-11")
    issue_credit_note(customers, credit, corrects_number="FA-2026-000001", reason="error")
    return customers


@pytest.fixture
def load(invoiced, tmp_path):
    def load(rows):
        path = tmp_path / "payments.csv"
        path.write_text(HEADER + rows)
        return import_payments(invoiced, path)

    return load


def test_a_payment_lands_and_the_same_file_twice_changes_nothing(load, invoiced):
    assert load(GOOD) == ImportReport(accepted=1)
    before = invoiced.payments()
    assert load(GOOD) == ImportReport(already_known=1)
    assert invoiced.payments() == before
    (payment,) = before
    assert (payment.reference, payment.value_date, payment.amount_cents) == ("VIR-1", dt.date(2026, 12, 5), 5880)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("VIR-2;FA-2026-000009;2026-12-05;10\n", "document FA-2026-000009 was never issued"),
        ("VIR-2;AV-2026-000001;2026-12-05;10\n", "is a credit note"),
        ("VIR-2;FA-2026-000001;05/12/2026;10\n", "value_date: '05/12/2026' is not a date"),
        ("VIR-2;FA-2026-000001;2026-12-05;-10\n", "amount_eur: -10 is negative"),
        ("VIR-2;FA-2026-000001;2026-12-05;0\n", "nothing was paid"),
        (";FA-2026-000001;2026-12-05;10\n", "reference is empty"),
        ("VIR-1;FA-2026-000001;2026-12-05;58,81\n", "VIR-1 was recorded with amount_cents 5880, not 5881"),
        ("VIR-1;FA-2026-000001;2026-12-06;58,80\n", "value_date 2026-12-05, not 2026-12-06"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_good_ones_beside_it_land(load, invoiced, row, said):
    report = load(GOOD + row + "VIR-3;FA-2026-000001;2026-12-06;1\n")
    assert report.accepted == 2
    ((number, reason),) = report.rejected
    assert number == 3
    assert said in reason
    assert [payment.reference for payment in invoiced.payments()] == ["VIR-1", "VIR-3"]


def test_the_same_row_twice_in_a_file_is_one_payment(load):
    assert load(GOOD + GOOD) == ImportReport(accepted=1, already_known=1)


def test_a_row_that_was_set_aside_lands_once_its_invoice_is_issued(load, invoiced, draft):
    row = "VIR-9;FA-2026-000002;2026-12-20;58,80\n"
    assert len(load(row).rejected) == 1
    on = dt.date(2026, 12, 1)
    issue(invoiced, Month(2026, 11), on, [replace(draft(), month="2026-11", issue_date=on)], CLOSING)
    assert load(row) == ImportReport(accepted=1)


def test_a_file_that_is_no_payment_file_is_refused_whole(invoiced, tmp_path):
    path = tmp_path / "payments.csv"
    path.write_text("date;libelle;montant\n")
    with unchanged(invoiced), pytest.raises(BadInput, match="column 'libelle' is not one of its columns"):
        import_payments(invoiced, path)
