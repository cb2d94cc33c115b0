"""Credit notes cite what they correct, and never credit more than it."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest

from adapters.ledger.credit_notes import correctable, issue_credit_note
from adapters.ledger.documents import issue
from domain.calendar import Month
from domain.crediting import credited_lines, credited_taxes
from domain.errors import PermanentError
from domain.invoice import DraftLine
from tests.closings import CLOSING

OCTOBER = Month(2026, 10)
INVOICE = "FA-2026-000001"
ON = dt.date(2026, 11, 20)


@pytest.fixture
def invoiced(customers, draft):
    """acct-1001 was invoiced 58.80 EUR for October."""
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [draft()], CLOSING)
    return customers


@pytest.fixture
def credit(draft):
    """A credit note of 12.00 EUR in November."""
    line = DraftLine(1, "subscription", "Remise", "1", "forfait", 10_000_000, 1000, "S", 2000)
    amounts = {"net_cents": 1000, "vat_cents": 200, "total_cents": 1200}
    return replace(draft(), kind="credit_note", month="2026-11", issue_date=ON, due_date=ON, lines=(line,), **amounts)


def test_a_credit_note_has_its_own_series_and_cites_what_it_corrects(invoiced, credit):
    note = issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="error")
    assert (note.number, note.corrects_number, note.credit_reason) == ("AV-2026-000001", INVOICE, "error")
    assert json.loads(note.payload)["corrects"] == {"number": INVOICE, "issue_date": "2026-11-01"}


def test_the_same_credit_note_twice_is_one(invoiced, credit):
    first = issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="gesture")
    assert issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="gesture") == first
    assert len(invoiced.documents(issued_by=ON)) == 2


def test_no_more_is_credited_than_was_invoiced(invoiced, credit):
    for label in "abcd":
        line = replace(credit.lines[0], label=label)
        issue_credit_note(invoiced, replace(credit, lines=(line,)), corrects_number=INVOICE, reason="error")
    with pytest.raises(PermanentError, match="1200 cents, and 1080 cents of it are left"):
        issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="error")


@pytest.mark.parametrize(
    ("change", "corrects", "said"),
    [
        ({}, "FA-2026-000009", "not an issued invoice"),
        ({"customer_id": "acct-1002"}, INVOICE, "it is acct-1001's, not acct-1002's"),
        ({"issue_date": dt.date(2026, 10, 31)}, INVOICE, "before it was issued"),
        ({"month": "2026-10"}, INVOICE, "2026-10 is closed"),
        ({"month": "2026-08"}, INVOICE, "2026-10 is closed"),
        ({"kind": "invoice"}, INVOICE, "only a credit note corrects"),
    ],
)
def test_a_credit_note_that_does_not_fit_is_refused(invoiced, credit, change, corrects, said):
    with pytest.raises(PermanentError, match=said):
        issue_credit_note(invoiced, replace(credit, **change), corrects_number=corrects, reason="error")
    assert len(invoiced.documents()) == 1


def test_a_credit_note_is_not_corrected_by_another(invoiced, credit):
    note = issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="error")
    with pytest.raises(PermanentError, match="not an issued invoice"):
        issue_credit_note(invoiced, credit, corrects_number=note.number, reason="error")


def test_the_month_of_a_credit_note_still_closes(invoiced, credit, draft):
    issue_credit_note(invoiced, credit, corrects_number=INVOICE, reason="error")
    on = dt.date(2026, 12, 1)
    november = replace(draft(), month="2026-11", issue_date=on, due_date=on)
    for _ in range(2):
        (document,) = issue(invoiced, Month(2026, 11), on, [november], CLOSING)
    assert document.number == "FA-2026-000002"


def part_of_line_one(ledger, draft, motive):
    """A credit note of the whole of line 1, worked out from what stands now."""
    standing, parts = correctable(ledger, INVOICE), {1: 4900}
    taxes = credited_taxes(standing.lines, parts, standing.earlier)
    payload = {
        "motive": motive,
        "credits": [{"line_number": 1, "amount_cents": 4900}],
        "taxes": [asdict(tax) for tax in taxes],
    }
    amounts = {"net_cents": 4900, "vat_cents": 980, "total_cents": 5880}
    dated = {"kind": "credit_note", "month": "2026-11", "issue_date": ON, "due_date": ON}
    return draft(lines=credited_lines(standing.lines, parts), payload=payload, **dated, **amounts)


@pytest.fixture
def two_lines(customers, draft):
    """acct-1001 was invoiced two lines of 49.00 EUR, 117.60 EUR with VAT."""
    lines = tuple(replace(draft().lines[0], line_number=number) for number in (1, 2))
    whole = draft(lines=lines, net_cents=9800, vat_cents=1960, total_cents=11760)
    issue(customers, OCTOBER, dt.date(2026, 11, 1), [whole], CLOSING)
    return customers


def test_of_two_credits_of_one_line_at_once_one_is_issued(two_lines, draft):
    drafts = [part_of_line_one(two_lines, draft, motive) for motive in ("Remise", "Autre remise")]
    together = threading.Barrier(2)

    def run(one):
        together.wait()
        try:
            return issue_credit_note(two_lines, one, corrects_number=INVOICE, reason="error").number
        except PermanentError as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        number, refused = sorted(pool.map(run, drafts))
    assert number == "AV-2026-000001"
    assert "line 1: 0 cents left, not 4900: another credit note was issued meanwhile" in refused
    assert len(two_lines.documents(Month(2026, 11))) == 1


def test_a_credit_whose_vat_is_no_longer_the_difference_is_refused(two_lines, draft):
    parts = [{"line_number": 1, "amount_cents": 4900}]
    wrong = replace(
        part_of_line_one(two_lines, draft, "Remise"),
        payload={"credits": parts, "taxes": [{"category": "S", "rate_basis_points": 2000, "tax_cents": 979}]},
    )
    with pytest.raises(PermanentError, match="its VAT is not the difference"):
        issue_credit_note(two_lines, wrong, corrects_number=INVOICE, reason="error")
