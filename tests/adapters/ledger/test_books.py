"""The ledger as the accountant's file: what is in it, when it is refused, the same bytes twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from adapters.chart_file import read_chart
from adapters.fec_file import export_fec
from adapters.ledger.credit_notes import issue_credit_note
from adapters.ledger.documents import issue
from adapters.ledger.imports import import_payments
from adapters.ledger.tables import Operator
from domain.calendar import Month
from domain.errors import PermanentError
from domain.vat import TaxTotal
from tests.closings import CLOSING
from tests.domain.fec_checker import check

CHART = read_chart()
ON = dt.date(2026, 11, 1)
UNTIL = dt.date(2026, 11, 15)
PAYLOAD = {"buyer": {"name": "Centre d’Appels – SAS"}, "taxes": [vars(TaxTotal("S", 2000, 4900, 980))]}


@pytest.fixture
def booked(customers, draft):
    """acct-1001 and acct-1002 were invoiced 58.80 EUR each for October."""
    with customers.session() as session:
        session.add(
            Operator(
                legal_name="X",
                legal_form="SAS",
                capital_text="1 EUR",
                siren="478444474",
                rcs_city="Paris",
                vat_number="FR87478444474",
                address_line="1 rue X",
                postal_code="75008",
                city="Paris",
                dispute_email="x@example.org",
            )
        )
    drafts = [draft(payload=PAYLOAD), draft("acct-1002", payload=PAYLOAD)]
    issue(customers, Month(2026, 10), ON, drafts, CLOSING)
    return customers


def pay(ledger, folder, *rows):
    path = folder / "payments.csv"
    path.write_text("reference;document_number;value_date;amount_eur\n" + "".join(f"{row}\n" for row in rows))
    return import_payments(ledger, path)


def export(ledger, folder, **options):
    return export_fec(ledger, CHART, 2026, folder, **{"until": UNTIL} | options)


def read(report):
    return [
        (r["JournalCode"], r["CompteNum"], r["CompAuxNum"], r["Debit"], r["Credit"], r["EcritureLet"])
        for r in check(report.path.read_bytes(), report.path.name)
    ]


def test_documents_and_receipts_are_booked_and_the_same_bytes_come_twice(booked, tmp_path):
    pay(booked, tmp_path, "VIR-1;FA-2026-000001;2026-11-10;58,80")
    report = export(booked, tmp_path)
    assert report.path.name == "478444474FEC20261115.txt"
    assert (report.entries, report.debit_cents, report.is_changed) == (3, 3 * 5880, True)
    assert read(report) == [
        ("VE", "411000", "acct-1001", "58,80", "0,00", "AA"),
        ("VE", "445710", "", "0,00", "9,80", ""),
        ("VE", "706100", "", "0,00", "49,00", ""),
        ("VE", "411000", "acct-1002", "58,80", "0,00", ""),
        ("VE", "445710", "", "0,00", "9,80", ""),
        ("VE", "706100", "", "0,00", "49,00", ""),
        ("BQ", "512000", "", "58,80", "0,00", ""),
        ("BQ", "411000", "acct-1001", "0,00", "58,80", "AA"),
    ]
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert not export(booked, tmp_path).is_changed
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert "ISO 8859-15" in before["478444474FEC20261115-description.txt"].decode("iso8859-15")


def test_a_customer_who_changes_its_name_changes_no_byte(booked, tmp_path):
    export(booked, tmp_path)
    with booked.session() as session:
        session.connection().exec_driver_sql("update customer set legal_name = 'Autre'")
    assert not export(booked, tmp_path).is_changed


def test_money_of_nobody_is_on_the_suspense_account_until_its_document_is_known(booked, tmp_path):
    refused = pay(booked, tmp_path, "VIR-1;facture oct;2026-11-10;58,80")
    assert "account 471" in refused.rejected[0].reason
    report = export(booked, tmp_path)
    assert (report.suspense_references, report.suspense_cents) == (("VIR-1",), 5880)
    assert ("BQ", "471000", "", "0,00", "58,80", "") in read(report)
    # The bank's own reference: the same money is not counted twice.
    assert pay(booked, tmp_path, "VIR-1;FA-2026-000001;2026-11-10;58,80").accepted == 1
    report = export(booked, tmp_path)
    assert report.suspense_references == ()
    assert "471000" not in {row[1] for row in read(report)}


def test_a_reference_of_money_unplaced_does_not_change_its_amount(booked, tmp_path):
    pay(booked, tmp_path, "VIR-1;facture oct;2026-11-10;58,80")
    refused = pay(booked, tmp_path, "VIR-1;FA-2026-000001;2026-11-10;58,81")
    assert "recorded, unassigned, with value_date 2026-11-10 and 5880 cents" in refused.rejected[0].reason


def test_a_credit_note_is_booked_reversed_on_what_it_corrects(booked, draft, tmp_path):
    note = replace(draft(payload=PAYLOAD), kind="credit_note", month="2026-11", issue_date=UNTIL, due_date=UNTIL)
    issue_credit_note(booked, note, corrects_number="FA-2026-000001", reason="error")
    rows = read(export(booked, tmp_path))
    assert ("VE", "411000", "acct-1001", "0,00", "58,80", "AA") in rows
    assert ("VE", "706100", "", "49,00", "0,00", "") in rows


def test_what_was_deducted_from_the_next_invoice_is_lettered_with_it(booked, draft, tmp_path):
    line = replace(draft().lines[0], amount_cents=10_00)
    taxes = {**PAYLOAD, "taxes": [vars(TaxTotal("S", 2000, 10_00, 2_00))]}
    note = replace(draft(payload=taxes), kind="credit_note", month="2026-11", issue_date=dt.date(2026, 11, 12),
                   due_date=dt.date(2026, 11, 12), lines=(line,), net_cents=10_00, vat_cents=2_00,
                   total_cents=12_00)  # fmt: skip
    pay(booked, tmp_path, "VIR-1;FA-2026-000001;2026-11-10;58,80")
    issue_credit_note(booked, note, corrects_number="FA-2026-000001", reason="error")
    on = dt.date(2026, 12, 1)
    issue(booked, Month(2026, 11), on, [draft(month="2026-11", issue_date=on, due_date=dt.date(2026, 12, 31),
                                              payload=PAYLOAD)], CLOSING)  # fmt: skip
    pay(booked, tmp_path, "VIR-2;FA-2026-000003;2026-12-20;46,80")
    rows = read(export(booked, tmp_path, until=dt.date(2026, 12, 20)))
    marked = [row[3:] for row in rows if row[2] == "acct-1001"]
    assert marked == [
        ("58,80", "0,00", "AA"), ("0,00", "58,80", "AA"), ("0,00", "12,00", "AA"), ("58,80", "0,00", "AA"),
        ("0,00", "46,80", "AA"),
    ]  # fmt: skip


def test_a_month_that_ended_and_is_open_is_refused_unless_asked(booked, tmp_path):
    with pytest.raises(PermanentError, match=r"2026-11, 2026-12 ended by 2026-12-31 and is not closed.*--provisional"):
        export(booked, tmp_path, until=None)
    assert list(tmp_path.glob("*FEC*")) == []
    report = export(booked, tmp_path, until=None, provisional=True)
    assert (report.path.name, report.open_months) == ("478444474FEC20261231.txt", ("2026-11", "2026-12"))
    read(report)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"until": dt.date(2027, 1, 1)}, "2027-01-01 is outside the accounting year 2026-01-01 to 2026-12-31"),
        ({"until": dt.date(2026, 10, 1)}, "nothing was issued or received"),
    ],
)
def test_a_file_of_nothing_is_refused(booked, tmp_path, options, said):
    with pytest.raises(PermanentError, match=said):
        export(booked, tmp_path, **options)


def test_vat_that_does_not_add_up_is_not_booked(booked, draft, tmp_path):
    on = dt.date(2026, 12, 1)
    wrong = draft(month="2026-11", issue_date=on, due_date=on, payload={"taxes": []})
    issue(booked, Month(2026, 11), on, [wrong], CLOSING)
    with pytest.raises(PermanentError, match="FA-2026-000003: its VAT per rate comes to 0 cents"):
        export(booked, tmp_path, until=on)
