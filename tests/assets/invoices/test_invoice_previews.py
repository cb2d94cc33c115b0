"""A dry run: drafts drawn and marked as such, no number, the ledger the same to the byte; what finance reads."""

from __future__ import annotations

import hashlib

import pytest
from pypdf import PdfReader

from assets.invoices.bills import Bill, differences, drafted_bills, vat_totals
from assets.invoices.invoice_previews import Preview, drafts_to_draw, printed_drafts
from assets.invoices.month_report import ROWS_SHOWN, table
from domain.calendar import Month
from domain.errors import BadInput

OCTOBER = Month(2026, 10)
AS_OF = "2026-11-01"


def test_a_draft_says_it_is_one_holds_no_electronic_invoice_and_leaves_the_ledger_as_it_was(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 6000)
    house.customer("acct-1003", country="BE", siren=None, vat_territory="EU", vat_number="")
    house.contract("ctr-1003-1")
    before = hashlib.sha256((house.home / "ledger.sqlite").read_bytes()).hexdigest()
    house.charge("2026-10", AS_OF)
    drafts = drafts_to_draw(house.ledger, house.warehouse, OCTOBER, Preview(as_of=AS_OF, customer_id="acct-1001"))
    printed = list(printed_drafts(house.warehouse, OCTOBER, drafts))
    [pdf] = house.renderer.write_all(printed, house.home / "previews")
    reader = PdfReader(pdf.path)
    pages = [page.extract_text().replace("\u00a0", " ") for page in reader.pages]
    assert all("PROJET – ne vaut pas facture" in page for page in pages)
    assert "aucun numéro n’est attribué" in pages[0]
    assert "+3361234" in "".join(pages).replace(" ", "")
    assert not reader.attachments
    assert (pdf.path.name, house.ledger.documents()) == ("PROJET-FA-acct-1001.pdf", [])
    with pytest.raises(BadInput, match=r"acct-1003 has no draft for 2026-10: .*VAT number"):
        drafts_to_draw(house.ledger, house.warehouse, OCTOBER, Preview(as_of=AS_OF, customer_id="acct-1003"))
    with pytest.raises(BadInput, match="no such customer"):
        drafts_to_draw(house.ledger, house.warehouse, OCTOBER, Preview(as_of=AS_OF, customer_id="acct-9"))
    assert vat_totals(drafted_bills(drafts)) == [("20.00 %", 1, 151_90, 30_38)]
    assert hashlib.sha256((house.home / "ledger.sqlite").read_bytes()).hexdigest() == before


def bill(customer_id: str, usage: int, subscription: int = 0) -> Bill:
    net = usage + subscription
    parts = {"usage": usage, "subscription": subscription}
    return Bill("n", customer_id, customer_id, "invoice", "2026-12-01", net, 0, net, parts, ())


def test_differences_say_who_is_new_who_is_gone_and_what_moved_the_largest_first():
    now = [bill("same", 5), bill("new", 10), bill("moved", 12_30, 10_00)]
    before = [bill("same", 5), bill("moved", 10_00, 20_00), bill("stopped", 3), bill("refused", 2), bill("idle", 1)]
    found = differences(now, before, {"refused": "no VAT number"}, in_service=["moved", "idle", "refused"])
    said = [(one.customer_id, one.cents, one.percent, one.reason.replace("\u00a0", " ")) for one in found]
    assert said == [
        ("moved", -7_70, "-25.7 %", "subscription -10,00 €, usage +2,30 €"),
        ("new", 10, "", "new: nothing last month"),
        ("stopped", -3, "-100.0 %", "gone: no contract"),
        ("refused", -2, "-100.0 %", "gone: refused"),
        ("idle", -1, "-100.0 %", "gone: nothing to pay"),
    ]


def test_a_table_of_ten_thousand_rows_shows_the_first_and_says_where_all_of_them_are():
    rows = [{"customer": f"a|{number}", "total": "1"} for number in range(10_000)]
    text = str(table(rows, "select * from issued_documents").value)
    assert text.count("\n| a\\|") == ROWS_SHOWN
    assert text.endswith('The first 200 of 10000. All of them: `seconde sql "select * from issued_documents" --csv`')
    assert len(text) < 10_000
    assert table([], "").value == "None."
