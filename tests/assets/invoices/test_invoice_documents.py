"""What the customer receives: the calls that make up each line, numbers hidden, a file that is never drawn twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from adapters.ledger.tables import Contract, Customer
from assets.invoices.invoice_documents import draw_documents
from domain.calendar import Month
from domain.errors import PermanentError


def text(path: Path) -> str:
    pages = PdfReader(path).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def drawn(house, month="2026-10") -> str:
    [row] = house.draw(month)
    return text(house.home / row["path"])


def test_a_document_stands_under_its_month_and_number(house):
    house.close("2026-10", "2026-11-01")
    [row] = house.draw("2026-10")
    assert row["path"] == "documents/2026-10/FA-2026-000001.pdf"
    assert (row["kind"], row["customer_id"], row["pages"]) == ("invoice", "acct-1001", 1)


def test_the_calls_of_the_annex_add_up_to_their_line_at_paris_time_with_masked_numbers(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.call("leg-2", "2026-10-31T23:59:58", "+33698765432", 61)
    house.close("2026-10", "2026-11-01")
    printed = drawn(house)
    assert "Ligne 3 – France – mobiles : 2 appels, 0,050984 €, soit 0,05 €" in printed
    assert "05/10/2026 10:00:00 +33 1 70 18 10 01 +33 6 12 34 •• •• 00:01:40 00:01:40 0,019000 0,031667" in printed
    assert "31/10/2026 23:59:58 +33 1 70 18 10 01 +33 6 98 76 •• •• 00:01:01 00:01:01 0,019000 0,019317" in printed
    assert "5678" not in printed
    assert "5432" not in printed


def test_a_customer_who_asked_in_writing_reads_whole_numbers(house):
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").full_numbers_requested = True
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    assert "+33 6 12 34 56 78" in drawn(house)


def test_an_emergency_call_stands_on_no_annex(house):
    house.call("leg-1", "2026-10-05T10:00:00", "112", 100, destination_number_type="emergency")
    house.call("leg-2", "2026-10-06T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    printed = drawn(house)
    assert "05/10/2026" not in printed
    assert "Urgences" not in printed
    assert "06/10/2026 10:00:00" in printed


def test_a_late_call_is_listed_with_its_own_date(house):
    house.close("2026-10", "2026-11-01")
    house.call("late", "2026-10-31T23:59:59", "+33612345678", 60)
    house.close("2026-11", "2026-12-01")
    printed = drawn(house, "2026-11")
    assert "du 01/11/2026 au 30/11/2026" in printed
    assert "31/10/2026 23:59:59" in printed


def test_a_debit_note_is_drawn_beside_the_invoice(house):
    house.close("2026-09", "2026-10-01")
    house.close("2026-10", "2026-11-01")
    rows = house.draw("2026-10")
    assert [row["number"] for row in rows] == ["FA-2026-000002", "ND-2026-000001"]
    printed = text(house.home / rows[1]["path"])
    assert "Facture FA-2026-000001 du 01/10/2026" in printed
    assert "3 fois le taux légal du 2e semestre 2026, 2,75 %" in printed
    assert "Total à payer 40,04 €" in printed


def test_a_document_once_drawn_is_kept_as_it_is(house):
    house.close("2026-10", "2026-11-01")
    first = house.draw("2026-10")
    file = house.home / first[0]["path"]
    written_at = file.stat().st_mtime_ns
    assert house.draw("2026-10") == first
    assert file.stat().st_mtime_ns == written_at


def test_a_document_that_is_gone_is_drawn_again_the_same(house):
    house.close("2026-10", "2026-11-01")
    first = house.draw("2026-10")
    (house.home / first[0]["path"]).unlink()
    assert house.draw("2026-10") == first


def test_a_document_somebody_changed_is_an_error_that_names_it(house):
    house.close("2026-10", "2026-11-01")
    [row] = house.draw("2026-10")
    with (house.home / row["path"]).open("ab") as file:
        file.write(b"%")
    with pytest.raises(PermanentError, match=r"FA-2026-000001\.pdf is not the file that was written"):
        house.draw("2026-10")


def test_what_the_ledger_knows_is_kept_whatever_the_tables_say_and_the_templates_became(house, monkeypatch):
    """Killed after the drawing and before the table of documents was written, and the templates changed since."""
    house.close("2026-10", "2026-11-01")
    month = Month(2026, 10)
    first = draw_documents(house.home, house.ledger, house.warehouse, house.renderer, month)
    file = house.home / first[0]["path"]
    content = file.read_bytes()
    monkeypatch.setattr(house.renderer, "html", lambda _: "<html lang=fr><title>Autre</title>")
    assert house.draw("2026-10") == first
    assert file.read_bytes() == content
    file.unlink()
    with pytest.raises(PermanentError, match=r"FA-2026-000001 was written as a file of sha256 .*restore the file"):
        house.draw("2026-10")
    assert list(file.parent.iterdir()) == []


def test_killed_on_the_way_what_was_drawn_is_not_drawn_again(house):
    house.close("2026-09", "2026-10-01")
    house.close("2026-10", "2026-11-01")
    month = Month(2026, 10)

    def killed(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_documents(house.home, house.ledger, house.warehouse, house.renderer, month, killed)
    [kept] = house.ledger.document_files(month)
    file = house.documents / "2026-10" / f"{kept}.pdf"
    written_at = file.stat().st_mtime_ns
    assert [row["number"] for row in house.draw("2026-10")] == ["FA-2026-000002", "ND-2026-000001"]
    assert file.stat().st_mtime_ns == written_at


def test_a_list_of_calls_that_is_gone_is_written_again_beside_its_document(house):
    with house.ledger.session() as session:
        session.get_one(Contract, "ctr-1001-1").itemised_annex = "pdf_csv"
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    first = house.draw("2026-10")
    listed = house.documents / "2026-10" / "FA-2026-000001.csv"
    calls = listed.read_bytes()
    listed.unlink()
    assert house.draw("2026-10") == first
    assert listed.read_bytes() == calls


def test_calls_rated_again_after_the_close_are_an_error_and_not_a_wrong_annex(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    rated = house.warehouse.read("select * replace (2 * amount_micros as amount_micros) from rated_calls")
    house.warehouse.replace("rated_calls", rated, month="2026-10")
    with pytest.raises(PermanentError, match=r"FA-2026-000001, line 3 .*add up to 0,06.*rated again since"):
        house.draw("2026-10")


def test_a_category_of_several_countries_is_one_line_and_one_group_a_country(house):
    rates = house.warehouse.read(
        "select * replace ('Zone 1' as category) from tariff_rates where destination_prefix in ('44', '336')"
    )
    house.warehouse.replace("tariff_rates", rates)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 60)
    house.call("leg-2", "2026-10-05T11:00:00", "+442071234567", 60, destination_country="GB")
    house.close("2026-10", "2026-11-01")
    printed = drawn(house)
    assert "Ligne 3 – Zone 1 (France) : 1 appel, 0,019000 €, soit 0,02 €" in printed
    assert "Ligne 4 – Zone 1 (Royaume-Uni) : 1 appel, 0,080000 €, soit 0,08 €" in printed


def test_a_surcharged_call_stands_behind_the_line_of_the_call_and_the_line_of_its_service(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33899000001", 60, destination_number_type="surcharged")
    house.close("2026-10", "2026-11-01")
    printed = drawn(house)
    assert "Ligne 3 – France – numéros majorés : 1 appel, 0,008000 €, soit 0,01 €" in printed
    assert "Ligne 4 – Services à valeur ajoutée – France – numéros majorés : 1 appel, 1,300000 €" in printed


def test_a_short_number_is_listed_hidden_and_without_its_country(house):
    rates = house.warehouse.read("select * replace (case when destination_prefix = '3389' then 'FR118' else"
                                 " destination_prefix end as destination_prefix, case when destination_prefix = '3389'"
                                 " then 5 else prefix_length end as prefix_length) from tariff_rates")  # fmt: skip
    house.warehouse.replace("tariff_rates", rates)
    house.call("leg-1", "2026-10-05T10:00:00", "118712", 60, destination_number=None, called_digits="FR118712",
               destination_number_type="surcharged")  # fmt: skip
    house.close("2026-10", "2026-11-01")
    printed = drawn(house)
    assert "11••••" in printed
    assert "FR118712" not in printed
