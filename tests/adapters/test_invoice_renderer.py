"""Documents opened again as PDF: every mention the law asks for, the same bytes twice, an annex that hides numbers."""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
import pickle
import re
import select
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from adapters import invoice_renderer
from adapters.document_view import PrintedDocument
from adapters.invoice_renderer import InvoiceRenderer
from adapters.worker_processes import worker_processes
from domain.annex import CallGroup, ListedCall
from domain.errors import PermanentError
from domain.invoice import DraftLine
from tests.adapters.factur_x.drawn_up import drawn_up

REPOSITORY = Path(__file__).resolve().parents[2]
SELLER = {
    "name": "MybestPro SAS",
    "legal_form": "SAS",
    "capital": "161 214,20 €",
    "siren": "478444474",
    "rcs_city": "Paris",
    "vat_number": "FR87478444474",
    "address_lines": ["75 rue d'Amsterdam", "75008 Paris"],
    "address_line": "75 rue d'Amsterdam",
    "postal_code": "75008",
    "city": "Paris",
    "country": "FR",
    "electronic_address": {"scheme": "0225", "value": "478444474"},
    "dispute_email": "compta@MybestPro.com",
    "iban": None,
    "bic": None,
}
BUYER = {
    "customer_id": "acct-1001",
    "name": "Rhumerie & Fils <Bourbon> SAS",
    "address_lines": ["27 rue du Spécimen", "97400 Saint-Denis"],
    "address_line": "27 rue du Spécimen",
    "postal_code": "97400",
    "city": "Saint-Denis",
    "country": "FR",
    "electronic_address": {"scheme": "0225", "value": "999000052"},
    "siren": "999000052",
    "vat_number": None,
    "order_reference": "PO-884",
}
MENTIONS = [
    "Escompte pour paiement anticipé : néant.",
    "Pénalités de retard : 3 fois le taux d’intérêt légal en vigueur à la date de l’échéance.",
    "Indemnité forfaitaire pour frais de recouvrement : 40 €.",
    "Toute contestation doit être adressée par écrit à compta@MybestPro.com dans les 30 jours.",
]
SUBSCRIPTION = DraftLine(
    1, "subscription", "Abonnement Centre d'appels", "1", "mois", 1_149_000_000, 1149_00, "S", 2000, "ctr-1"
)
USERS = DraftLine(2, "subscription", "Utilisateurs", "14", "utilisateur", 12_900_000, 180_60, "S", 2000, "ctr-1")
USAGE = DraftLine(3, "usage", "France - mobiles", "1234.5000", "min", 19_000, 23_46, "S", 2000, "ctr-1")
CALL = ListedCall(
    answered_at=dt.datetime(2026, 10, 31, 22, 30, 7, tzinfo=dt.UTC),
    origin_number="+33170181001",
    called_number="+3361234••••",
    billed_seconds=3723,
    charged_seconds=3780,
    price_per_minute_micros=19_000,
    connection_fee_micros=0,
    amount_micros=1_197_000,
)
GROUP = CallGroup(3, "France - mobiles", 23_455_501, 23_46, (CALL,))
PENALTY = {
    "invoice_number": "FA-2026-000003",
    "invoice_date": "2026-10-01",
    "invoice_total_cents": 2400_00,
    "due_date": "2026-10-31",
    "days_late": 31,
    "rate_basis_points": 825,
    "rate_working": "3 fois le taux légal du 2e semestre 2026, 2,75 %",
    "year_days": 365,
    "segments": [
        {"start": "2026-11-01", "end": "2026-11-12", "days": 12, "base_cents": 2400_00, "exact": "6.509589"},
        {"start": "2026-11-13", "end": "2026-12-01", "days": 19, "base_cents": 1400_00, "exact": "6.012329"},
    ],
    "accrued_cents": 12_52,
    "previously_charged_cents": 54,
    "penalty_cents": 11_98,
    "indemnity_cents": 40_00,
}


@pytest.fixture(scope="module")
def renderer() -> InvoiceRenderer:
    return InvoiceRenderer()


def invoice(*lines: DraftLine, **changed: Any) -> PrintedDocument:
    lines = lines or (SUBSCRIPTION, USERS, USAGE)
    net = sum(line.amount_cents for line in lines)
    payload = {
        "seller": SELLER,
        "buyer": BUYER,
        "period": {"start": "2026-10-01", "end": "2026-10-31"},
        "category": "Prestation de services",
        "full_numbers": False,
        "line_details": [None] * len(lines),
        "taxes": [{"category": "S", "rate_basis_points": 2000, "base_cents": net, "tax_cents": 270_61}],
        "vat_mentions": [],
        "mentions": MENTIONS,
        "notes": {"AAB": MENTIONS[0], "PMD": MENTIONS[1], "PMT": MENTIONS[2]},
        "history": [],
    }
    given: dict[str, Any] = {
        "number": "FA-2026-000007",
        "kind": "invoice",
        "month": "2026-10",
        "issue_date": dt.date(2026, 11, 1),
        "due_date": dt.date(2026, 12, 1),
        "net_cents": net,
        "vat_cents": 270_61,
        "total_cents": net + 270_61,
        "sha256": "ab" * 32,
        "lines": lines,
        "payload": payload | changed.pop("payload", {}),
    }
    return PrintedDocument(**given | changed)


def debit_note() -> PrintedDocument:
    about = "FA-2026-000003"
    penalty = DraftLine(
        1, "penalty", f"Pénalités de retard, facture {about}", "1", "forfait", 11_980_000, 11_98, "O", 0
    )
    indemnity = DraftLine(2, "indemnity", f"Indemnité, facture {about}", "1", "forfait", 40_000_000, 40_00, "O", 0)
    return invoice(
        replace(penalty, about_number=about),
        replace(indemnity, about_number=about),
        kind="debit_note",
        number="ND-2026-000002",
        vat_cents=0,
        total_cents=51_98,
        payload={
            "as_of_date": "2026-12-01",
            "penalties": [PENALTY],
            "vat_mentions": ["Pénalités et indemnités de retard hors champ de la TVA."],
        },
    )


def text_of(content: bytes) -> str:
    """The text of all pages, every kind of space as one plain space."""
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


@pytest.mark.parametrize(
    "mention",
    [
        "Facture N° FA-2026-000007",
        "MybestPro SAS 75 rue d’Amsterdam 75008 Paris SAS au capital de 161 214,20 € SIREN 478 444 474 – RCS Paris",
        "RCS Paris 478 444 474",
        "TVA FR87478444474",
        "Rhumerie & Fils <Bourbon> SAS 27 rue du Spécimen 97400 Saint-Denis SIREN 999 000 052",
        "Date d’émission 01/11/2026",
        "du 01/10/2026 au 31/10/2026",
        "Prestation de services",
        "Votre référence de commande PO-884",
        "Abonnement Centre d’appels 1 mois 1 149,00 € 20 % 1 149,00 €",
        "Utilisateurs 14 utilisateurs 12,90 € 20 % 180,60 €",
        "France – mobiles 1 234,50 min 0,0190 € 20 % 23,46 €",
        "Total HT 1 353,06 €",
        "TVA 20 % sur 1 353,06 € 270,61 €",
        "Total TTC à payer 1 623,67 €",
        "à régler au plus tard le 01/12/2026",
        "Échéance 1er décembre 2026",
        *MENTIONS,
    ],
)
def test_an_invoice_prints_what_the_law_asks_for(renderer, mention):
    assert mention in text_of(renderer.pdf(invoice()).content)


def test_the_buyer_s_vat_number_and_the_article_are_printed_when_the_buyer_owes_the_tax(renderer):
    line = replace(SUBSCRIPTION, vat_category="AE", vat_rate_basis_points=0)
    taxes = [{"category": "AE", "rate_basis_points": 0, "base_cents": 1149_00, "tax_cents": 0}]
    buyer = {**BUYER, "siren": None, "vat_number": "BE0999999922"}
    payload = {"buyer": buyer, "taxes": taxes, "vat_mentions": ["Autoliquidation – art. 283-2 du CGI"]}
    text = text_of(renderer.pdf(invoice(line, vat_cents=0, total_cents=1149_00, payload=payload)).content)
    assert "TVA BE0999999922" in text
    assert "Autoliquidation – art. 283-2 du CGI" in text
    assert "TVA due par le preneur sur 1 149,00 € 0,00 €" in text
    assert "0 %" not in text
    assert "Total TTC à payer 1 149,00 €" in text


def test_two_rates_have_their_bases_and_the_sum_of_their_taxes(renderer):
    taxes = [
        {"category": "S", "rate_basis_points": 2000, "base_cents": 100_00, "tax_cents": 20_00},
        {"category": "S", "rate_basis_points": 850, "base_cents": 10_00, "tax_cents": 85},
    ]
    text = text_of(renderer.pdf(invoice(vat_cents=20_85, payload={"taxes": taxes})).content)
    assert "TVA 20 % sur 100,00 € 20,00 € TVA 8,5 % sur 10,00 € 0,85 € Total TVA 20,85 €" in text


def test_bank_details_are_printed_when_the_operator_has_some(renderer):
    seller = {**SELLER, "iban": "FR76 3000 6000 0112 3456 7890 189", "bic": "AGRIFRPP"}
    text = text_of(renderer.pdf(invoice(payload={"seller": seller})).content)
    assert "IBAN FR76 3000 6000 0112 3456 7890 189 BIC AGRIFRPP" in text


@pytest.mark.parametrize(
    "mention",
    [
        "Note de débit N° ND-2026-000002",
        "Retards arrêtés au 01/12/2026",
        "Pénalités et indemnités de retard hors champ de la TVA.",
        "Facture FA-2026-000003 du 01/10/2026",
        "2 400,00 € TTC, échue le 31/10/2026",
        "taux annuel 8,25 % (3 fois le taux légal du 2e semestre 2026, 2,75 %)",
        "01/11/2026 12/11/2026 12 2 400,00 € 8,25 % 6,509589 €",
        "13/11/2026 01/12/2026 19 1 400,00 € 8,25 % 6,012329 €",
        "Pénalités courues, arrondies au centime 12,52 €",
        "déjà facturées −0,54 €",
        "Pénalités de la présente note 11,98 €",
        "Total à payer 51,98 €",
    ],
)
def test_a_debit_note_shows_its_working(renderer, mention):
    assert mention in text_of(renderer.pdf(debit_note()).content)


def test_a_debit_note_speaks_of_no_vat_rate_and_no_price_without_tax(renderer):
    text = text_of(renderer.pdf(debit_note()).content)
    assert " HT" not in text
    assert "Total TVA" not in text


def test_the_annex_lists_a_call_at_paris_time_masked_with_its_whole_working(renderer):
    text = text_of(renderer.pdf(invoice(annex=(GROUP,))).content)
    assert "Ligne 3 – France – mobiles : 1 appel, 23,455501 €, soit 23,46 €" in text
    assert "31/10/2026 23:30:07 +33 1 70 18 10 01 +33 6 12 34 •• •• 01:02:03 01:03:00 0,019000 1,197000" in text
    assert "derniers chiffres des numéros appelés sont masqués" in text


def test_the_annex_of_a_customer_who_asked_for_whole_numbers_does_not_say_they_are_masked(renderer):
    annex = (replace(GROUP, calls=(replace(CALL, called_number="+33612345678"),)),)
    text = text_of(renderer.pdf(invoice(annex=annex, payload={"full_numbers": True})).content)
    assert "+33 6 12 34 56 78" in text
    assert "masqués" not in text


def test_a_connection_fee_has_its_own_column_when_there_is_one(renderer):
    assert "Connexion" not in renderer.html(invoice(annex=(GROUP,)))
    with_fee = replace(GROUP, calls=(replace(CALL, connection_fee_micros=50_000),))
    text = text_of(renderer.pdf(invoice(annex=(with_fee,))).content)
    assert "Durée Facturée Connexion Prix/min Montant HT" in text
    assert "01:03:00 0,050000 0,019000 1,197000" in text


@pytest.mark.parametrize(
    "mention",
    [
        "Avoir N° AV-2026-000001",
        "Facture rectifiée FA-2026-000007 du 01/11/2026",
        "Motif Erreur de facturation",
        "Avoir TTC 178,80 €",
        "en votre faveur",
        "TVA 20 % sur 149,00 € 29,80 €",
        "Total TTC de l’avoir 178,80 €",
        "Montant à déduire de votre prochain règlement",
        "suivant la réception de l’avoir",
    ],
)
def test_a_credit_note_says_what_it_corrects_why_and_what_becomes_of_the_money(renderer, mention):
    assert mention in text_of(renderer.pdf(drawn_up(corrects="FA-2026-000007")).content)


def test_the_chart_shows_twelve_months_in_words_too_and_none_for_a_first_invoice(renderer):
    page = renderer.html(drawn_up(history=[("2026-08", 420_00), ("2026-09", 1180_00)]))
    assert page.count("<rect ") == 3
    assert "<title>Total TTC facturé par mois : août 2026 420,00 €, septembre 2026" in page.replace("\u00a0", " ")
    assert "<svg" not in renderer.html(drawn_up())


def test_the_totals_never_stand_on_a_page_without_a_line(renderer):
    for count in range(14, 24):
        lines = [replace(USAGE, line_number=number) for number in range(1, count + 1)]
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(renderer.pdf(invoice(*lines)).content)).pages]
        assert "France – mobiles" in re.sub(r"\s", " ", pages[-1]), count


ALLOWANCES = {
    "allowances": [
        {"contract_id": f"ctr-{n}", "label": "France – fixes", "included_seconds": 72_000, "used_seconds": 45_130}
        for n in (1, 2)
    ]
}


def test_included_minutes_and_totals_stand_under_a_line_and_short_sections_do_not_empty_the_page_before(renderer):
    found = []
    for extra in range(6, 16, 3):
        lines = [replace(line, contract_id=f"ctr-{1 + rank // 2}", line_number=rank + 1) for rank, line in
                 enumerate((SUBSCRIPTION, USAGE) * extra)]  # fmt: skip
        drawn = renderer.pdf(invoice(*lines[:extra], payload=ALLOWANCES))
        pages = [re.sub(r"\s", " ", p.extract_text()) for p in PdfReader(io.BytesIO(drawn.content)).pages]
        last = pages[-1]
        assert "Total TTC" in last
        assert "Minutes incluses" in last
        assert "France – mobiles" in last or "Abonnement Centre" in last, extra
        found.append((len(pages), pages[0].count("Contrat ctr-")))
    # A page is left for the next one when it is full, not at the first section.
    assert all(contracts >= 3 for pages, contracts in found if pages > 1)


LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2


def texts(renderer: InvoiceRenderer, html: str) -> list[Any]:
    """The boxes of text of every page, as they are set."""
    from weasyprint import HTML

    style, fonts = renderer._typesetting
    page = HTML(string=html, base_url=str(invoice_renderer.TEMPLATES))
    laid_out = page.render(stylesheets=[style], font_config=fonts)
    boxes = (box for one in laid_out.pages for box in one._page_box.descendants())
    return [box for box in boxes if getattr(box, "text", "").strip() and box.style["visibility"] == "visible"]


def test_no_text_leaves_the_page_however_long_a_name_without_a_space_is(renderer):
    buyer = {**BUYER, "name": LONG, "address_lines": [LONG, f"75011 {LONG}"], "order_reference": LONG}
    html = renderer.html(invoice(SUBSCRIPTION, replace(USAGE, line_number=2, label=LONG), payload={"buyer": buyer}))
    # A4 is 210 mm wide, its margin 16; 96 pixels to the inch.
    assert all(box.position_x + box.width <= (210 - 16) * 96 / 25.4 + 0.1 for box in texts(renderer, html))


def test_minutes_and_their_prices_have_as_many_decimals_on_each_line_and_a_minus_is_no_hyphen(renderer):
    lines = (
        SUBSCRIPTION,
        replace(USAGE, line_number=2, quantity="13.0500", unit_price_micros=19_000),
        replace(USAGE, line_number=3, quantity="7.0667", unit_price_micros=18_125),
        replace(USAGE, line_number=4, quantity="1", unit="forfait", unit_price_micros=-5_000_000, amount_cents=-5_00),
    )
    text = text_of(renderer.pdf(invoice(*lines)).content)
    assert "13,0500 min 0,019000 €" in text
    assert "7,0667 min 0,018125 €" in text
    assert "1 forfait −5,00 € 20 % −5,00 €" in text
    assert "1 mois 1 149,00 €" in text


def test_figures_of_millions_stand_clear_of_each_other(renderer):
    millions = replace(USAGE, line_number=2, quantity="1234567.1234", amount_cents=-12_345_678_90)
    boxes = texts(renderer, renderer.html(invoice(SUBSCRIPTION, millions)))
    [quantity] = [box for box in boxes if "567,1234" in box.text]
    row = sorted((box for box in boxes if box.position_y == quantity.position_y), key=lambda box: box.position_x)
    assert len(row) == 6
    assert all(left.position_x + left.width <= right.position_x + 0.1 for left, right in pairwise(row))


def test_a_replacement_says_on_top_which_invoice_it_stands_for_and_in_its_mentions_which_credit_note_cancelled_it(
    renderer,
):
    other = {"number": "FA-2026-000003", "issue_date": "2026-10-01", "credit_note": "AV-2026-000001"}
    text = text_of(renderer.pdf(invoice(payload={"replaces": other})).content)
    assert "Remplace la facture FA-2026-000003 du 01/10/2026 Nature" in text
    assert "Remplace la facture FA-2026-000003 du 01/10/2026, annulée par l’avoir AV-2026-000001." in text


def test_an_invoice_without_calls_has_one_page_and_no_annex(renderer):
    rendered = renderer.pdf(invoice(SUBSCRIPTION))
    assert rendered.pages == 1
    assert "Page 1 / 1" in text_of(rendered.content)
    assert "Détail des appels" not in text_of(rendered.content)


def test_forty_lines_repeat_their_headings_and_keep_totals_and_mentions_together(renderer):
    lines = [replace(USAGE, line_number=number) for number in range(1, 41)]
    rendered = renderer.pdf(invoice(*lines))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(rendered.content)).pages]
    assert rendered.pages == len(pages) == 2
    assert all("DÉSIGNATION" in page for page in pages)
    assert "Total TTC à payer" in pages[1]
    assert "Escompte" in pages[1]
    assert "Facture FA-2026-000007 – Rhumerie" in pages[1]


def test_1500_calls_are_all_listed_in_order_over_many_pages(renderer):
    start = dt.datetime(2026, 9, 30, 22, 0, tzinfo=dt.UTC)
    calls = tuple(replace(CALL, answered_at=start + dt.timedelta(minutes=25 * number)) for number in range(1500))
    rendered = renderer.pdf(invoice(annex=(replace(GROUP, calls=calls),)))
    times = re.findall(r"\d\d/\d\d/2026 \d\d:\d\d:\d\d", text_of(rendered.content))
    assert times == [f"{call.local_at:%d/%m/%Y %H:%M:%S}" for call in calls]
    assert rendered.pages == 25


def test_a_document_rendered_twice_is_the_same_file(renderer):
    document = invoice(annex=(GROUP,))
    assert renderer.pdf(document).content == InvoiceRenderer().pdf(document).content


def test_a_document_is_pdf_a_3b_dated_by_itself_with_its_font_inside(renderer):
    reader = PdfReader(io.BytesIO(renderer.pdf(invoice(annex=(GROUP,))).content))
    xmp = reader.xmp_metadata
    assert xmp is not None
    assert (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("3", "B")
    assert reader.metadata is not None
    assert reader.metadata.creation_date == dt.datetime(2026, 11, 1)
    assert reader.metadata.title == "Facture FA-2026-000007"
    assert "/OutputIntents" in reader.root_object
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in fonts_of(page)}
    assert {name.split("+")[1].split("-")[0] for name in fonts} == {"Inter"}


def fonts_of(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_the_templates_use_nothing_weasyprint_does_not_know(renderer, caplog):
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        InvoiceRenderer().pdf(invoice(annex=(GROUP,)))
        InvoiceRenderer().pdf(debit_note())
    assert caplog.messages == []


def test_a_batch_is_shared_between_worker_processes_and_says_how_far_it_is(tmp_path):
    documents = [invoice(number=f"FA-2026-{number:06d}") for number in range(1, 4)]
    done: list[int] = []
    written = InvoiceRenderer(workers=2).write_all(documents, tmp_path / "2026-10", done.append)
    assert [pdf.number for pdf in written] == [document.number for document in documents]
    assert done == [1, 2, 3]
    assert sorted(path.name for path in (tmp_path / "2026-10").iterdir()) == [f"{d.number}.pdf" for d in documents]
    assert Path(written[0].path).read_bytes() == InvoiceRenderer().pdf(documents[0]).content


def test_workers_that_drew_their_share_are_replaced(tmp_path, monkeypatch):
    pools: list[int] = []

    def counted(workers: int) -> ProcessPoolExecutor:
        pools.append(workers)
        return worker_processes(workers)

    monkeypatch.setattr(invoice_renderer, "worker_processes", counted)
    monkeypatch.setattr(invoice_renderer, "BATCH", 2)
    monkeypatch.setattr(invoice_renderer, "BATCHES_A_POOL", 1)
    documents = [invoice(number=f"FA-2026-{number:06d}") for number in range(1, 4)]
    written = InvoiceRenderer(workers=1).write_all(documents, tmp_path)
    assert [pdf.number for pdf in written] == [document.number for document in documents]
    assert pools == [1, 1]


def test_nothing_to_draw_is_no_document(tmp_path):
    assert InvoiceRenderer().write_all([], tmp_path) == []


def test_a_document_that_cannot_be_rendered_is_named_and_leaves_no_file(tmp_path):
    broken = invoice(number="FA-2026-000002", payload={"seller": {"name": "MybestPro SAS"}})
    with pytest.raises(PermanentError, match=r"FA-2026-000002 could not be rendered.*legal_form"):
        InvoiceRenderer().write_all([invoice(), broken], tmp_path)
    with pytest.raises(PermanentError, match=r"FA-2026-000002 could not be rendered.*legal_form"):
        InvoiceRenderer().write_all([broken], tmp_path)
    assert not (tmp_path / "FA-2026-000002.pdf").exists()


KILLED_WHILE_DRAWING = """
import multiprocessing, os, pickle, signal, sys
from pathlib import Path
from adapters.invoice_renderer import InvoiceRenderer

def kill(done):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    documents = pickle.loads(Path(sys.argv[1]).read_bytes())
    InvoiceRenderer(workers=2).write_all(documents, Path(sys.argv[2]), kill)
"""


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path):
    documents = [invoice(number=f"FA-2026-{number:06d}") for number in range(1, 9)]
    (tmp_path / "documents.pickle").write_bytes(pickle.dumps(documents))
    (tmp_path / "draw.py").write_text(KILLED_WHILE_DRAWING)
    command = [sys.executable, "draw.py", "documents.pickle", "drawn"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    # Not run(): the workers hold the pipe, and reading to its end would wait for them.
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as drawing:
        assert drawing.stdout is not None
        workers = [int(pid) for pid in drawing.stdout.readline().split()]
        assert drawing.wait() == -signal.SIGKILL
    assert len(workers) == 2
    assert all(has_ended(worker, within_seconds=60) for worker in workers)


def has_ended(pid: int, *, within_seconds: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        readable, _, _ = select.select([process], [], [], within_seconds)
        return bool(readable)
    finally:
        os.close(process)
