"""A person takes back a document: whole, by line, replaced; what it does to VAT, penalties and the books."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from pypdf import PdfReader
from sqlmodel import select

from adapters.chart_file import read_chart
from adapters.fec_file import export_fec
from adapters.ledger.credit_notes import Decision
from adapters.ledger.tables import CreditDecision, Customer
from assets.invoices.crediting import Order, credit
from assets.invoices.lateness import assess
from assets.invoices.printed import credit_note_payload
from domain.calendar import Month
from domain.errors import BadInput, PermanentError
from tests.domain.fec_checker import balance, check

INVOICE = "FA-2026-000001"


def order(number=INVOICE, on="2026-10-10", reason="error", because="Prix erroné", **changed):
    return Order(number, reason, Decision("A. Martin", because, dt.date.fromisoformat(on)), **changed)


def kinds(documents):
    return [(d.number, d.corrects_number or d.replaces_number, d.total_cents) for d in documents]


@pytest.fixture
def invoiced(house):
    """September: 150.00 net on two lines, 180.00 with VAT, due on 31 October."""
    house.close("2026-09", "2026-10-01")
    return house


def test_a_whole_credit_takes_back_every_line_and_all_the_vat(invoiced):
    [note] = credit(invoiced.ledger, order())
    assert (note.number, note.kind, note.net_cents, note.vat_cents, note.month) == (
        "AV-2026-000001", "credit_note", 150_00, 30_00, "2026-10",
    )  # fmt: skip
    payload = json.loads(note.payload)
    assert payload["corrects"] == {"number": INVOICE, "issue_date": "2026-10-01"}
    assert (payload["motive"], payload["is_whole"]) == ("Prix erroné", True)
    assert payload["seller"] == json.loads(invoiced.ledger.documents()[1].payload)["seller"]


def test_who_decided_when_and_why_stays_in_the_ledger(invoiced):
    [note] = credit(invoiced.ledger, order())
    with invoiced.ledger.reading() as session:
        [decision] = session.exec(select(CreditDecision))
    assert decision.model_dump() == {
        "number": note.number, "decided_by": "A. Martin", "because": "Prix erroné", "decided_on": dt.date(2026, 10, 10),
    }  # fmt: skip
    for change in ("update credit_decision set because = 'x'", "delete from credit_decision"):
        with pytest.raises(PermanentError, match="never changes"), invoiced.ledger.session() as session:
            session.connection().exec_driver_sql(change)


def test_a_line_is_credited_in_part_and_then_the_rest(invoiced):
    [first] = credit(invoiced.ledger, order(line_number=1, amount_cents=49_01, reason="gesture"))
    assert (first.net_cents, first.vat_cents, first.credit_reason) == (49_01, 9_80, "gesture")
    [second] = credit(invoiced.ledger, order(line_number=1, amount_cents=50_01))
    # By difference: 20 % of 99.02 is 19.80, so 10.00 and not 10.00 on its own base.
    assert second.vat_cents == 19_80 - 9_80
    [rest] = credit(invoiced.ledger, order())
    assert rest.net_cents == 150_00 - 49_01 - 50_01
    assert first.total_cents + second.total_cents + rest.total_cents == 180_00
    with pytest.raises(PermanentError, match=r"is credited whole by AV-2026-000001, .*nothing left"):
        credit(invoiced.ledger, order(on="2026-10-11"))


def test_many_small_credits_come_to_the_vat_of_the_invoice_exactly(invoiced):
    for day in range(10, 20):
        credit(invoiced.ledger, order(on=f"2026-10-{day}", line_number=1, amount_cents=3))
    credit(invoiced.ledger, order(on="2026-10-20"))
    notes = [d for d in invoiced.ledger.documents() if d.kind == "credit_note"]
    assert sum(note.vat_cents for note in notes) == 30_00
    assert max(note.vat_cents for note in notes[:10]) == 1


def test_the_same_order_twice_is_one_credit_note(invoiced):
    assert kinds(credit(invoiced.ledger, order())) == kinds(credit(invoiced.ledger, order()))
    assert len(invoiced.ledger.documents()) == 2


def test_the_same_line_twice_on_one_day_for_one_reason_is_one(invoiced):
    part = order(line_number=1, amount_cents=10_00)
    assert kinds(credit(invoiced.ledger, part)) == kinds(credit(invoiced.ledger, part))
    credit(invoiced.ledger, order(line_number=1, amount_cents=10_00, because="Autre motif"))
    assert len(invoiced.ledger.documents()) == 3


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"line_number": 9, "amount_cents": 1}, BadInput, "nothing left to credit on line 9; lines with some: 1, 2"),
        ({"line_number": 2, "amount_cents": 1_01}, PermanentError, "line 2: 100 cents without VAT are left"),
        ({"line_number": 2, "amount_cents": 0}, BadInput, "more than nothing"),
        ({"number": "FA-2026-000009"}, PermanentError, "not an issued invoice"),
        ({"on": "2026-09-30"}, PermanentError, "is before it was issued"),
    ],
)
def test_an_order_that_does_not_fit_is_refused_and_issues_nothing(invoiced, words, error, said):
    with pytest.raises(error, match=said):
        credit(invoiced.ledger, order(**words))
    assert len(invoiced.ledger.documents()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"line_number": 1}, "say both, or --all"),
        ({"replace": True, "reason": "gesture"}, "credited whole, as an error"),
        ({"because": " "}, "is signed"),
    ],
)
def test_an_order_that_contradicts_itself_is_refused(words, said):
    with pytest.raises(BadInput, match=said):
        order(**words)


def test_an_error_reduces_the_penalty_back_to_the_due_date_and_a_gesture_from_its_own(invoiced):
    credit(invoiced.ledger, order(on="2026-11-20", line_number=1, amount_cents=75_00, reason="gesture"))
    invoiced.charge("2026-10", "2026-12-01")
    [row] = invoiced.rows("late_payment_penalties")
    assert [(s["base_cents"], s["days"]) for s in json.loads(row["segments"])] == [(180_00, 20), (90_00, 11)]
    credit(invoiced.ledger, order(on="2026-11-21", line_number=1, amount_cents=25_00))
    invoiced.charge("2026-10", "2026-12-01")
    [row] = invoiced.rows("late_payment_penalties")
    assert [(s["base_cents"], s["days"]) for s in json.loads(row["segments"])] == [(150_00, 20), (60_00, 11)]


def december_penalty(house):
    [row] = [
        row
        for row in house.rows("late_payment_penalties")
        if (row["invoice_number"], row["month"]) == (INVOICE, "2026-12")
    ]
    return row


@pytest.fixture
def late(invoiced):
    """Still unpaid when October and November closed: 0.04 and 40.00 on one debit note, 1.22 on the next."""
    invoiced.close("2026-10", "2026-11-01")
    invoiced.close("2026-11", "2026-12-01")
    notes = [d for d in invoiced.ledger.documents() if d.kind == "debit_note"]
    assert [(d.number, d.total_cents) for d in notes] == [("ND-2026-000001", 40_04), ("ND-2026-000002", 1_22)]
    return invoiced


def test_an_error_that_cancels_an_invoice_takes_back_its_penalties_and_its_indemnity(late):
    issued = credit(late.ledger, order(on="2026-12-05"))
    assert kinds(issued) == [
        ("AV-2026-000001", INVOICE, 180_00),
        ("AV-2026-000002", "ND-2026-000002", 1_22),
        ("AV-2026-000003", "ND-2026-000001", 40_04),
    ]
    assert all(note.vat_cents == 0 for note in issued[1:])
    assert kinds(credit(late.ledger, order(on="2026-12-05"))) == kinds(issued)
    late.charge("2026-12", "2027-01-01")
    rows = [row for row in late.rows("late_payment_penalties") if row["month"] == "2026-12"]
    assert INVOICE not in {row["invoice_number"] for row in rows}


def test_an_error_on_a_part_gives_back_what_is_no_longer_owed_and_nothing_is_negative_or_charged_twice(late):
    # 180.00 became 60.00: 35 days at 8.25 % are 0.47 and 1.26 were charged.
    issued = credit(late.ledger, order(on="2026-12-05", line_number=1, amount_cents=100_00))
    assert kinds(issued) == [("AV-2026-000001", INVOICE, 120_00), ("AV-2026-000002", "ND-2026-000002", 79)]
    late.charge("2026-12", "2027-01-01")
    [row] = [
        row
        for row in late.rows("late_payment_penalties")
        if row["invoice_number"] == INVOICE and row["month"] == "2026-12"
    ]
    # 62 days on 60.00 are 0.84, 0.47 stand charged.
    assert (row["accrued_cents"], row["previously_charged_cents"], row["penalty_cents"]) == (84, 47, 37)
    assert row["indemnity_cents"] == 0


def test_a_closed_month_comes_out_the_same_after_a_credit_note_of_its_own_closing_day(late):
    credit(late.ledger, order(on="2026-12-01"))
    assert [d.kind for d in late.close("2026-11", "2026-12-01")] == ["debit_note", "invoice"]


def test_a_penalty_waived_as_a_gesture_is_not_charged_again(late):
    credit(late.ledger, order("ND-2026-000002", on="2026-12-05", reason="gesture"))
    late.charge("2026-12", "2027-01-01")
    [row] = [
        row
        for row in late.rows("late_payment_penalties")
        if row["invoice_number"] == INVOICE and row["month"] == "2026-12"
    ]
    assert row["previously_charged_cents"] == 1_26
    # What was waived is not given back once more.
    issued = credit(late.ledger, order(on="2026-12-06"))
    assert kinds(issued)[1:] == [("AV-2026-000003", "ND-2026-000001", 40_04)]


def test_a_payment_recorded_late_leaves_penalties_to_give_back_and_charges_nothing_negative(late):
    late.pay(INVOICE, "2026-11-03", 180_00)
    [one] = [a for a in assess(late.ledger, Month(2026, 12), dt.date(2027, 1, 1)) if a.invoice.number == INVOICE]
    # 3 days on 180.00 are 0.12; 1.26 stand charged.
    assert (one.penalty.penalty_cents, one.overcharged_cents) == (12, 1_14)
    late.charge("2026-12", "2027-01-01")
    charged = [row for row in late.rows("late_payment_penalties") if row["month"] == "2026-12"]
    assert INVOICE not in {row["invoice_number"] for row in charged}


def test_the_books_hold_after_every_correction(late, tmp_path):
    credit(late.ledger, order(on="2026-12-05", line_number=1, amount_cents=100_00))
    credit(late.ledger, order(on="2026-12-06", because="Annulation", replace=False))
    report = export_fec(late.ledger, read_chart(), 2026, tmp_path / "out", until=dt.date(2026, 12, 30))
    found = check(report.path.read_bytes(), report.path.name)
    first = [row for row in found if row["CompteNum"] == "411000" and INVOICE in row["EcritureLib"]]
    assert balance(first) == 0
    assert {row["EcritureLet"] for row in first if row["PieceRef"][:2] in ("FA", "AV")} != {""}


def test_a_replacement_bills_the_same_lines_at_once_to_the_party_as_it_is_now(invoiced):
    invoiced.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    with invoiced.ledger.session() as session:
        session.get_one(Customer, "acct-1001").legal_name = "Nouveau Nom SAS"
        session.get_one(Customer, "acct-1001").vat_territory = "FR_DOM"
    note, invoice = credit(invoiced.ledger, order(on="2026-10-15", replace=True))
    assert (note.total_cents, invoice.number, invoice.replaces_number) == (180_00, "FA-2026-000002", INVOICE)
    assert (invoice.net_cents, invoice.vat_cents, invoice.due_date) == (150_00, 12_75, dt.date(2026, 11, 14))
    payload = json.loads(invoice.payload)
    assert payload["buyer"]["name"] == "Nouveau Nom SAS"
    assert payload["period"] == {"start": "2026-09-01", "end": "2026-09-30"}
    assert payload["replaces"] == {"number": INVOICE, "issue_date": "2026-10-01", "credit_note": note.number}
    assert kinds(credit(invoiced.ledger, order(on="2026-10-15", replace=True))) == kinds([note, invoice])
    # The month it stands in closes all the same, with its own invoice, and again.
    for _ in range(2):
        assert kinds(invoiced.close("2026-10", "2026-11-01")) == [("FA-2026-000003", None, 162_78)]


def test_what_was_issued_as_annule_et_remplace_has_a_credit_note_that_does_not_say_so(invoiced):
    [document] = invoiced.ledger.documents()[-1:]
    payload = json.loads(document.payload)
    payload["mentions"].insert(0, "Annule et remplace la facture FA-2025-000001 du 01/10/2025.")
    assert credit_note_payload(payload, [])["mentions"][0] == "Escompte pour paiement anticipé : néant."


def test_the_months_before_count_what_stands_under_the_month_it_bills(invoiced):
    invoiced.close("2026-10", "2026-11-01")
    october = next(d for d in invoiced.ledger.documents(Month(2026, 10)) if d.kind == "invoice")
    with invoiced.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_territory = "FR_DOM"
    credit(invoiced.ledger, order(october.number, on="2026-11-10", replace=True))
    credit(invoiced.ledger, order(INVOICE, on="2026-11-11"))
    invoiced.charge("2026-11", "2026-12-01")
    [own, *_] = [d for d in invoiced.issue("2026-11", "2026-12-01") if d.kind == "invoice"]
    assert json.loads(own.payload)["history"] == [{"month": "2026-10", "total_cents": 162_75}]
    invoiced.close("2026-12", "2027-01-01")
    [later] = [d for d in invoiced.ledger.documents(Month(2026, 12)) if d.kind == "invoice"]
    assert [one["month"] for one in json.loads(later.payload)["history"]] == ["2026-10", "2026-11"]


def late_in(house, as_of):
    """Invoices that owe something for lateness on a day."""
    found = assess(house.ledger, Month(2027, 1), dt.date.fromisoformat(as_of))
    return [one.invoice.number for one in found if one.penalty.total_cents]


def test_what_a_credit_note_says_to_deduct_may_be_deducted_without_being_late(invoiced):
    invoiced.pay(INVOICE, "2026-10-20", 180_00)
    credit(invoiced.ledger, order(on="2026-10-25", line_number=1, amount_cents=10_00))
    invoiced.close("2026-10", "2026-11-01")
    invoiced.pay("FA-2026-000002", "2026-11-20", 180_00 - 12_00)
    assert late_in(invoiced, "2027-01-15") == []


def test_what_was_paid_on_a_replaced_invoice_pays_the_one_that_replaces_it(invoiced):
    invoiced.pay(INVOICE, "2026-10-20", 180_00)
    credit(invoiced.ledger, order(on="2026-10-25", replace=True))
    assert late_in(invoiced, "2027-01-15") == []
    # One cent less than the invoice asked for is late all the same.
    other = order("FA-2026-000002", on="2026-10-26", because="TVA", replace=True)
    with invoiced.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_territory = "FR_DOM"
    credit(invoiced.ledger, other)
    invoiced.close("2026-10", "2026-11-01")
    # 180.00 paid, 162.75 due on the second replacement: 17.25 are left for October's 162.75.
    [october] = [one for one in assess(invoiced.ledger, Month(2027, 1), dt.date(2027, 1, 15)) if one.penalty.segments]
    assert (october.invoice.number, october.penalty.principal_left_cents) == ("FA-2026-000004", 162_75 - 17_25)


def test_what_is_partly_credited_is_not_replaced(invoiced):
    credit(invoiced.ledger, order(line_number=1, amount_cents=10_00))
    with pytest.raises(PermanentError, match="only an invoice of which nothing was credited yet is replaced"):
        credit(invoiced.ledger, order(because="Adresse", replace=True))


def test_a_credit_note_and_a_replacement_with_its_calls_are_drawn_by_the_same_renderer(house):
    house.call("leg-1", "2026-09-05T10:00:00", "+33612345678", 100)
    house.close("2026-09", "2026-10-01")
    credit(house.ledger, order(on="2026-10-15", because="Adresse erronée", replace=True))
    rows = {row["number"]: row for row in house.draw("2026-10")}
    assert rows.keys() == {"AV-2026-000001", "FA-2026-000002"}

    def text(number):
        pages = PdfReader(house.home / rows[number]["path"]).pages
        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))

    assert "Facture rectifiée FA-2026-000001 du 01/10/2026" in text("AV-2026-000001")
    assert "Adresse erronée" in text("AV-2026-000001")
    assert "+33 6 12 34 •• ••" in text("FA-2026-000002")
    said = "Remplace la facture FA-2026-000001 du 01/10/2026, annulée par l’avoir AV-2026-000001."
    assert said in text("FA-2026-000002")
    credit(house.ledger, order("FA-2026-000002", on="2026-10-16", because="Doublon"))
    rows = {row["number"]: row for row in house.draw("2026-10")}
    assert "Remplace la facture" not in text("AV-2026-000002")
