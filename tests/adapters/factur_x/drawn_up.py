"""Documents as a close draws them up: the real payload, from rows of the ledger, for customers of every territory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from adapters.document_view import PrintedDocument
from adapters.ledger.tables import Customer, Operator
from assets.invoices.printed import credit_note_payload, earlier_payload, invoice_payload
from domain.calendar import Month
from domain.invoice import DraftLine, draft_document
from domain.penalty import LatePaymentRule
from domain.vat import VatRule

OCTOBER = Month.parse("2026-10")
ISSUED, DUE = dt.date(2026, 11, 1), dt.date(2026, 12, 1)
RULE = LatePaymentRule(valid_from=dt.date(2013, 1, 1), rate_multiplier=3, indemnity_cents=40_00, year_days=365)
OPERATOR = {
    "legal_name": "MybestPro",
    "legal_form": "SAS",
    "capital_text": "161 214,20 EUR",
    "siren": "478444474",
    "rcs_city": "Paris",
    "vat_number": "FR87478444474",
    "address_line": "75 rue d'Amsterdam",
    "postal_code": "75008",
    "city": "Paris",
    "country": "FR",
    "dispute_email": "compta@MybestPro.com",
}
# Territory: VAT rule, then what the customer is.
CUSTOMERS: dict[str, tuple[tuple[str, int, str], dict[str, Any]]] = {
    "FR_MAINLAND": (("S", 2000, ""), {"postal_code": "75011", "city": "Paris", "siren": "999000011"}),
    "MONACO": (("S", 2000, ""), {"postal_code": "98000", "city": "Monaco", "country": "MC"}),
    "FR_DOM": (("S", 850, ""), {"postal_code": "97400", "city": "Saint-Denis", "siren": "999000052"}),
    "GUADELOUPE": (
        ("S", 850, ""),
        {"postal_code": "97110", "city": "Pointe-à-Pitre", "country": "GP", "siren": "999000052"},
    ),
    "FR_VAT_EXEMPT": (
        ("E", 0, "TVA non applicable - art. 294-1 CGI"),
        {"postal_code": "97300", "city": "Cayenne", "siren": "999000094"},
    ),
    "EU": (
        ("AE", 0, "Autoliquidation - art. 283-2 du CGI"),
        {"postal_code": "1000", "city": "Bruxelles", "country": "BE", "vat_number": "BE0999999922"},
    ),
    "GREECE": (
        ("AE", 0, "Autoliquidation - art. 283-2 du CGI"),
        {"postal_code": "105 57", "city": "Athènes", "country": "GR", "vat_number": "EL999999999"},
    ),
    "NON_EU": (
        ("G", 0, "TVA non applicable - art. 259-1 du CGI"),
        {"postal_code": "1204", "city": "Genève", "country": "CH", "vat_number": "CHE999999996"},
    ),
    "NON_EU_OTHER_REGISTER": (
        ("G", 0, "TVA non applicable - art. 259-1 du CGI"),
        {"postal_code": "10001", "city": "New York", "country": "US", "vat_number": "98-7654321"},
    ),
    "RESELLER": (
        ("AE", 0, "Autoliquidation - art. 283-2 octies du CGI"),
        {"postal_code": "92100", "city": "Boulogne", "siren": "999000086", "vat_number": "FR00999000086"},
    ),
}


def customer(territory: str = "FR_MAINLAND", **changed: Any) -> Customer:
    given: dict[str, Any] = {
        "customer_id": "acct-1001",
        "legal_name": "Rhumerie & Fils <Bourbon> SAS",
        "address_line": "12 rue de l'Exemple",
        "country": "FR",
        "email": "compta@exemple.example",
        "vat_territory": "FR_MAINLAND",
        "order_reference": "BC-2025-0312",
    }
    return Customer(**given | CUSTOMERS[territory][1] | changed)


def line(number: int = 1, **changed: Any) -> DraftLine:
    given: dict[str, Any] = {
        "line_number": number,
        "kind": "subscription",
        "label": "Abonnement Centre d'appels",
        "quantity": "1",
        "unit": "mois",
        "unit_price_micros": 149_000_000,
        "amount_cents": 149_00,
        "vat_category": "S",
        "vat_rate_basis_points": 2000,
        "contract_id": "ctr-1001-1",
    }
    return DraftLine(**given | changed)


def vat_rule(territory: str) -> VatRule:
    (category, rate, mention), _ = CUSTOMERS[territory]
    return VatRule(territory, dt.date(2014, 1, 1), category, rate, mention)


def drawn_up(
    lines: Sequence[DraftLine] = (),
    territory: str = "FR_MAINLAND",
    *,
    number: str = "FA-2026-000007",
    corrects: str | None = None,
    operator: dict[str, Any] | None = None,
    history: Sequence[tuple[str, int]] = (),
    earlier: Sequence[str] = (),
    replaces: str | None = None,
) -> PrintedDocument:
    """An invoice, or the credit note of an invoice called ``corrects``. The lines take the territory's VAT; the last
    ones, that of the territories it was in before (``earlier``): they catch up an earlier month each."""
    vat = vat_rule(territory)
    lines = list(lines or [line()])
    before = dict(zip([one.line_number for one in lines[1:]][::-1], earlier, strict=False))
    rules = {one.line_number: vat_rule(before.get(one.line_number, territory)) for one in lines}
    taxed = [
        DraftLine(**{**vars(one), "vat_category": rule.category, "vat_rate_basis_points": rule.rate_basis_points})
        for one in lines
        for rule in [rules[one.line_number]]
    ]
    rows = [{"detail": "3 appels" if one.kind == "usage" else None} for one in taxed]
    seller = Operator(**OPERATOR | (operator or {}))
    payload = invoice_payload(seller, customer(territory), OCTOBER, vat, RULE, rows, history)
    caught_up: list[dict[str, Any]] = [
        {"line_number": number, "customer_id": "acct-1001", "contract_id": "ctr-1001-1", "corrected_month": None,
         "caught_up_month": f"2025-{number % 12 + 1:02d} {number}"}
        for number in before
    ]  # fmt: skip
    of_month = {(row["caught_up_month"], "acct-1001"): rules[row["line_number"]] for row in caught_up}
    payload = payload | earlier_payload(caught_up, of_month, payload)
    if replaces:
        payload["replaces"] = {"number": replaces, "issue_date": "2026-10-01"}
    kind: Any = "invoice"
    if corrects:
        kind, number = "credit_note", "AV-2026-000001"
        cited = {
            "corrects": {"number": corrects, "issue_date": "2026-11-01"},
            "credit_reason": "error",
            "motive": "Erreur de facturation",
        }
        payload = {**credit_note_payload(payload, [row["detail"] for row in rows]), **cited}
    draft = draft_document(
        customer_id="acct-1001",
        kind=kind,
        month=OCTOBER,
        issue_date=ISSUED,
        due_date=DUE,
        lines=taxed,
        payload=payload,
    )
    return PrintedDocument(
        number=number,
        kind=kind,
        month=str(OCTOBER),
        issue_date=ISSUED,
        due_date=DUE,
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        sha256=draft.content_sha256,
        lines=draft.lines,
        payload=draft.payload,
    )
