"""BILLING_RULES "Invoice", read again from the text of each kind of document: every mention, for every territory.

The mentions are spelled out here, from the rules; nothing is taken from the code that prints them.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from adapters.document_view import PrintedDocument
from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.tables import Operator
from assets.invoices.printed import debit_note_payload
from domain.invoice import DraftLine, draft_document
from tests.adapters.factur_x.drawn_up import DUE, ISSUED, OCTOBER, OPERATOR, customer, drawn_up, line

PARTIES = (
    # Seller: name, address, SIREN, VAT number, legal form, capital, RCS and city.
    "MybestPro SAS 75 rue d’Amsterdam 75008 Paris", "SAS au capital de 161 214,20 €", "SIREN 478 444 474",
    "TVA FR87478444474", "RCS Paris 478 444 474",
    # Buyer.
    "Rhumerie & Fils <Bourbon> SAS 12 rue de l’Exemple",
    "Date d’émission 01/11/2026", "Votre référence de commande BC-2025-0312",
    "Toute contestation doit être adressée par écrit à compta@MybestPro.com dans les 30 jours suivant la réception",
)  # fmt: skip
OF_VAT = (
    "du 01/10/2026 au 31/10/2026", "Nature Prestation de services", "Escompte pour paiement anticipé : néant",
    "Pénalités de retard : 3 fois le taux d’intérêt légal en vigueur à la date de l’échéance",
    "Indemnité forfaitaire pour frais de recouvrement : 40 €", "art. L441-10", "art. D441-5",
)  # fmt: skip
SELLER: dict[str, Any] = OPERATOR
DUE_MENTION = "à régler au plus tard le 01/12/2026"
# Where the buyer is, who he is to the tax office, how the line and its tax are printed, and why there is none.
TERRITORIES = {
    "FR_MAINLAND": ("75011 Paris SIREN 999 000 011", "20 % 149,00 €", "TVA 20 % sur 149,00 € 29,80 €", "178,80 €", ""),
    "FR_DOM": (
        "97400 Saint-Denis SIREN 999 000 052", "8,5 % 149,00 €", "TVA 8,5 % sur 149,00 € 12,67 €", "161,67 €", "",
    ),
    "FR_VAT_EXEMPT": (
        "97300 Cayenne SIREN 999 000 094", "– 149,00 €", "TVA non applicable sur 149,00 € 0,00 €", "149,00 €",
        "TVA non applicable – art. 294-1 CGI",
    ),
    "EU": (
        "1000 Bruxelles Belgique TVA BE0999999922", "– 149,00 €", "TVA due par le preneur sur 149,00 € 0,00 €",
        "149,00 €", "Autoliquidation – art. 283-2 du CGI",
    ),
    "RESELLER": (
        "92100 Boulogne SIREN 999 000 086 TVA FR00999000086", "– 149,00 €",
        "TVA due par le preneur sur 149,00 € 0,00 €", "149,00 €", "Autoliquidation – art. 283-2 octies du CGI",
    ),
    "NON_EU": (
        "1204 Genève Suisse", "– 149,00 €", "TVA non applicable sur 149,00 € 0,00 €", "149,00 €",
        "TVA non applicable – art. 259-1 du CGI",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def renderer() -> InvoiceRenderer:
    return InvoiceRenderer()


def printed(renderer: InvoiceRenderer, document: PrintedDocument) -> str:
    reader = PdfReader(io.BytesIO(renderer.pdf(document).content))
    assert str(reader.root_object["/Lang"]) == "fr"
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def missing(text: str, *mentions: str) -> list[str]:
    return [mention for mention in mentions if mention not in text]


@pytest.mark.parametrize("territory", TERRITORIES)
def test_an_invoice_has_every_mention_of_its_territory(renderer, territory):
    where, taxed, tax, total, why = TERRITORIES[territory]
    text = printed(renderer, drawn_up(territory=territory))
    sums = ("Total HT 149,00 €", tax, f"Total TTC à payer {total}", DUE_MENTION)
    named = ("Facture N° FA-2026-000007", where, f"Abonnement Centre d’appels 1 mois 149,00 € {taxed}", why)
    assert missing(text, *PARTIES, *OF_VAT, *sums, *named) == []


@pytest.mark.parametrize("territory", ["FR_DOM", "EU"])
def test_a_credit_note_has_them_too_and_cites_the_number_and_the_date_of_what_it_corrects(renderer, territory):
    where, taxed, tax, total, why = TERRITORIES[territory]
    text = printed(renderer, drawn_up(territory=territory, corrects="FA-2026-000007"))
    sums = ("Total HT 149,00 €", tax, f"Total TTC de l’avoir {total}", where, why, f"149,00 € {taxed}")
    cited = ("Avoir N° AV-2026-000001", "Facture rectifiée FA-2026-000007 du 01/11/2026")
    assert missing(text, *PARTIES, *OF_VAT, *sums, *cited) == []
    # Nothing of it is owed on a day.
    assert "à régler" not in text


def test_a_replacement_has_them_all_and_says_which_invoice_and_which_credit_note(renderer):
    document = drawn_up(number="FA-2026-000008", replaces="FA-2026-000007")
    other = {**document.payload["replaces"], "credit_note": "AV-2026-000001"}
    text = printed(renderer, replace(document, payload={**document.payload, "replaces": other}))
    where, _, tax, total, _ = TERRITORIES["FR_MAINLAND"]
    cited = "Remplace la facture FA-2026-000007 du 01/10/2026, annulée par l’avoir AV-2026-000001"
    assert missing(text, *PARTIES, *OF_VAT, where, tax, f"Total TTC à payer {total}", DUE_MENTION, cited) == []


def test_a_debit_note_has_the_parties_the_rule_and_its_working_and_no_vat(renderer):
    late = {
        "invoice_number": "FA-2026-000003", "invoice_date": dt.date(2026, 10, 1), "invoice_total_cents": 2400_00,
        "due_date": dt.date(2026, 10, 31), "days_late": 31, "rate_basis_points": 825, "rate_multiplier": 3,
        "year_days": 365, "accrued_cents": 16_82, "previously_charged_cents": 0, "penalty_cents": 16_82,
        "indemnity_cents": 40_00,
        "segments": '[{"start":"2026-11-01","end":"2026-12-01","days":31,"base_cents":240000,"exact":"16.816438"}]',
    }  # fmt: skip
    lines = [
        line(1, kind="penalty", label="Pénalités de retard, facture FA-2026-000003", unit="forfait",
             unit_price_micros=16_820_000, amount_cents=16_82, vat_category="O", vat_rate_basis_points=0),
        line(2, kind="indemnity", label="Indemnité forfaitaire pour frais de recouvrement", unit="forfait",
             unit_price_micros=40_000_000, amount_cents=40_00, vat_category="O", vat_rate_basis_points=0),
    ]  # fmt: skip
    rows = [{"detail": None}] * len(lines)
    payload = debit_note_payload(Operator(**SELLER), customer(), ISSUED, [late], rows)
    text = printed(renderer, debit_note(lines, payload))
    mentions = (
        "Note de débit N° ND-2026-000001", TERRITORIES["FR_MAINLAND"][0], DUE_MENTION, "Total à payer 56,82 €",
        "hors champ de la TVA", "3 fois le taux légal du 2e semestre 2026, 2,75 %",
        "2 400,00 € TTC, échue le 31/10/2026",
        "01/11/2026 01/12/2026 31 2 400,00 € 8,25 % 16,816438 €", "art. L441-10", "art. D441-5", "sans rappel",
        "Indemnité forfaitaire pour frais de recouvrement 1 forfait 40,00 €",
    )  # fmt: skip
    assert missing(text, *PARTIES, *mentions) == []


def debit_note(lines: list[DraftLine], payload: dict[str, object]) -> PrintedDocument:
    draft = draft_document(
        customer_id="acct-1001", kind="debit_note", month=OCTOBER, issue_date=ISSUED, due_date=DUE, lines=lines,
        payload=payload,
    )  # fmt: skip
    return PrintedDocument(
        number="ND-2026-000001", kind="debit_note", month=str(OCTOBER), issue_date=ISSUED, due_date=DUE,
        net_cents=draft.net_cents, vat_cents=0, total_cents=draft.total_cents, sha256=draft.content_sha256,
        lines=draft.lines, payload=draft.payload,
    )  # fmt: skip
