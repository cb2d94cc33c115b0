"""The order form and the list of numbers opened again: every mention, the same bytes twice, the contract of the day."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from pypdf import PdfReader

from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.contract_changes import change
from adapters.ledger.contract_journal import Signature
from assets.invoices.contract_papers import NO_RIO, order_form, portability_csv, portability_pdf, portability_rows
from domain.errors import BadInput

OCTOBER = dt.date(2026, 10, 20)


def text(drawn):
    pages = PdfReader(io.BytesIO(drawn.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


@pytest.fixture
def signed(empty_house):
    house = empty_house
    house.customer()
    house.contract(users=4, user_cents=12_90)
    house.number()
    house.include("ctr-1001-1", "france", 120)
    on = dt.date(2026, 10, 12)
    who = Signature("A. Martin", on, "courriel")
    change(house.ledger, "ctr-1001-1", who, kind="quantity", item="users", quantity=2, effective_on=on)
    return house


def test_an_order_form_says_who_what_how_much_and_on_which_terms_and_is_the_same_file_twice(signed):
    drawn = order_form(signed.ledger, signed.renderer, "ctr-1001-1", OCTOBER)
    said = text(drawn)
    for mention in (
        "Bon de commande", "Contrat ctr-1001-1", "MybestPro SAS", "478 444 474", "Centre d’Appels Imaginaire SAS",
        "999 000 011", "227,40 €", "TVA 20 %", "272,88 €", "6 utilisateurs", "Prise d’effet 1er janvier 2026",
        "Durée indéterminée", "préavis d’un mois", "un mois avant son entrée en vigueur", "standard",
        "120 minutes par mois", "tout mois entamé", "L441-10", "40 €", "POUR LE PRESTATAIRE", "bon pour accord",
    ):  # fmt: skip
        assert mention in said, mention
    assert order_form(signed.ledger, InvoiceRenderer(), "ctr-1001-1", OCTOBER).content == drawn.content


def test_an_order_form_is_of_the_contract_s_first_day_unless_another_is_asked(signed):
    assert "4 utilisateurs" in text(order_form(signed.ledger, signed.renderer, "ctr-1001-1", None))
    with pytest.raises(BadInput, match="2025-12-31 is outside"):
        order_form(signed.ledger, signed.renderer, "ctr-1001-1", dt.date(2025, 12, 31))
    with pytest.raises(BadInput, match="ctr-9 is no contract"):
        order_form(signed.ledger, signed.renderer, "ctr-9", None)


def test_the_numbers_a_customer_takes_away_say_what_is_known_and_that_the_rio_is_not(signed):
    rows = portability_rows(signed.ledger, "ctr-1001-1", OCTOBER)
    assert portability_csv(rows).splitlines() == [
        "numero;pays;type;depuis;jusqu_a;titulaire;siren;operateur;rio",
        f"+33170181001;FR;fixe;2026-01-01;;Centre d'Appels Imaginaire SAS;999000011;MybestPro;{NO_RIO}",
    ]
    said = text(portability_pdf(signed.ledger, signed.renderer, "ctr-1001-1", OCTOBER))
    assert "+33 1 70 18 10 01" in said
    assert "3179" in said
    with pytest.raises(BadInput, match="has no number on 2025-01-01"):
        portability_rows(signed.ledger, "ctr-1001-1", dt.date(2025, 1, 1))
