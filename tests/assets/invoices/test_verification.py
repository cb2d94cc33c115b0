"""`seconde verify`: what was issued is drawn again as the same bytes, and what is not is named."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ledger.tables import Contract, DocumentFile
from assets.invoices.verification import issued_months, verified
from domain.calendar import Month
from domain.errors import PermanentError

OCTOBER = Month.parse("2026-10")


@pytest.fixture
def drawn(house: Any) -> Any:
    with house.ledger.session() as session:
        session.get_one(Contract, "ctr-1001-1").itemised_annex = "pdf_csv"
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    house.draw("2026-10")
    return house


def differences(house: Any) -> list[tuple[str, str]]:
    return verified(house, OCTOBER)[1]


def test_what_was_issued_is_drawn_again_as_the_same_bytes(drawn):
    assert issued_months(drawn.ledger) == [OCTOBER]
    assert verified(drawn, OCTOBER) == (1, [])


def test_a_changed_file_and_a_changed_list_of_calls_are_named(drawn):
    folder = drawn.home / "documents" / "2026-10"
    (folder / "FA-2026-000001.pdf").write_bytes(b"%PDF-1.7 another")
    (folder / "FA-2026-000001.csv").write_text("another")
    [pdf, calls] = sorted(differences(drawn), key=lambda found: "csv" in found[1])
    assert "FA-2026-000001.pdf has sha256" in pdf[1]
    assert "FA-2026-000001.csv is gone or is not the list" in calls[1]


def test_a_missing_file_and_a_document_never_drawn_are_named(drawn):
    (drawn.home / "documents" / "2026-10" / "FA-2026-000001.pdf").unlink()
    [found] = differences(drawn)
    assert "is gone" in found[1]


def test_a_template_that_draws_otherwise_today_is_named(drawn, monkeypatch):
    """The ledger's own sha256 tells, whatever stands on the disk."""
    from adapters.ledger.store import Ledger

    files = drawn.ledger.document_files()
    other = DocumentFile(number="FA-2026-000001", sha256="0" * 64, pages=1)
    monkeypatch.setattr(Ledger, "document_files", lambda _: {**files, other.number: other})
    assert any("drawn again it is" in what for _, what in differences(drawn))


def test_a_file_kept_in_the_ledger_never_changes(drawn):
    with pytest.raises(PermanentError, match="restore the file from the backup"):
        drawn.ledger.keep_file("FA-2026-000001", "0" * 64, 1)
    with pytest.raises(PermanentError, match="its file does not change"), drawn.ledger.session() as session:
        session.get_one(DocumentFile, "FA-2026-000001").sha256 = "0" * 64


def test_the_list_of_calls_is_masked_as_the_annex_is(drawn):
    lines = (drawn.home / "documents" / "2026-10" / "FA-2026-000001.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("facture;ligne;designation;date;heure_de_paris")
    assert lines[1] == (
        "FA-2026-000001;3;France - mobiles;05/10/2026;10:00:00;33170181001;3361234••••;100;100"
        ";0,000000;0,019000;0,031667"
    )
    assert len(lines) == 2


def test_a_contract_without_an_annex_has_its_lines_and_no_calls(house):
    with house.ledger.session() as session:
        session.get_one(Contract, "ctr-1001-1").itemised_annex = "none"
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.close("2026-10", "2026-11-01")
    [row] = house.draw("2026-10")
    assert row["pages"] == 1
    assert not (house.home / "documents" / "2026-10" / "FA-2026-000001.csv").exists()
