"""What a document prints besides its lines: parties as they are, period, mentions, working of penalties. In French."""

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.ledger.tables import Customer, Operator
from assets.invoices.parties import parties
from domain.calendar import Month
from domain.french import french_percent, typographic
from domain.money import CENTS_PER_EURO, UNIT_SPACE, format_cents
from domain.penalty import LatePaymentRule
from domain.vat import VatRule

CATEGORY = "Prestation de services"
NO_DISCOUNT = "Escompte pour paiement anticipé : néant."
OUTSIDE_VAT_MENTION = "Pénalités et indemnités de retard hors champ de la TVA."
INDEMNITY = "Indemnité forfaitaire pour frais de recouvrement"
PENALTY_DAYS = (
    "Pénalités exigibles de plein droit, sans rappel, du lendemain de l’échéance au jour où les fonds parviennent au"
    " prestataire (C. com., art.\u00a0L441-10 ; CGV, art.\u00a06.3). Le taux est celui en vigueur à la date de"
    " l’échéance ; les pénalités ne portent pas elles-mêmes intérêt."
)
# How replacements began their mentions before the ledger kept which credit note cancelled the other.
REPLACED_BEFORE = "Annule et remplace"
DISPUTE_DAYS = 30
Payload = dict[str, Any]


def invoice_payload(
    operator: Operator,
    customer: Customer,
    month: Month,
    vat: VatRule,
    rule: LatePaymentRule,
    lines: Iterable[Mapping[str, Any]],
    history: Iterable[tuple[str, int]] = (),
    annex: Mapping[str, str] | None = None,
) -> Payload:
    """An invoice's printed content; ``rule`` is the late payment rule in force on its due date.

    ``history``: month and total TTC, cents, of the customer's last invoices before this one, oldest first.
    ``annex``: what each contract gets of its calls, none, pdf or pdf_csv; a contract that is not named has its PDF.
    """
    indemnity = indemnity_rule(rule)
    return {
        **_common(operator, customer, lines),
        "annex": dict(sorted((annex or {}).items())),
        "history": [{"month": before, "total_cents": total_cents} for before, total_cents in history],
        "period": {"start": month.first_date.isoformat(), "end": month.last_date.isoformat()},
        "category": CATEGORY,
        "full_numbers": customer.full_numbers_requested,
        # A standard rate is said by its amount; any other treatment says its article.
        "vat_mentions": [] if vat.category == "S" else [typographic(vat.mention)],
        **vat_reasons([vat]),
        "mentions": [
            NO_DISCOUNT,
            penalty_rule(rule),
            indemnity,
            _disputes(operator, "la facture"),
        ],
        # What the electronic form says again, under the codes the law gives it (BR-FR-05).
        "notes": {"AAB": NO_DISCOUNT, "PMD": penalty_rule(rule), "PMT": indemnity},
    }


def vat_reasons(rules: Iterable[VatRule]) -> dict[str, dict[str, list[str]]]:
    """Why there is no tax, by category: what the electronic form says of each; nothing where all is taxed."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        mention = typographic(rule.mention)
        if rule.category != "S" and mention not in found.setdefault(rule.category, []):
            found[rule.category].append(mention)
    return {"vat_reasons": found} if found else {}


def credit_note_payload(corrected: Payload, line_details: Sequence[str | None]) -> Payload:
    """A credit note's printed content, from the payload of the document it corrects: the same parties, as they were.

    The ledger adds which document it corrects, and why. A debit note has no period and no notes of the XML.
    """
    kept = ("seller", "buyer", "period", "category", "full_numbers", "vat_mentions", "vat_reasons", "notes")
    *mentions, last = corrected["mentions"]
    dispute = re.sub("la facture|la note", "l’avoir", last)
    return {
        **{name: corrected[name] for name in kept if name in corrected},
        "line_details": list(line_details),
        "settlement": "Montant à déduire de votre prochain règlement, ou remboursé sur demande.",
        # An invoice that replaces another said so: its credit note replaces nothing.
        "mentions": [*(m for m in mentions if not m.startswith(REPLACED_BEFORE)), dispute],
    }


def earlier_payload(
    lines: Iterable[Mapping[str, Any]], vat: Mapping[tuple[str, str], VatRule], payload: Payload
) -> Payload:
    """What an invoice says of the earlier months it corrects or catches up: nothing, where it does neither."""
    found = list(lines)
    if not found:
        return {}
    rules = [vat[line["corrected_month"] or line["caught_up_month"], line["customer_id"]] for line in found]
    reasons = dict(payload.get("vat_reasons", {}))
    for category, said in vat_reasons(rules).get("vat_reasons", {}).items():
        reasons[category] = list(dict.fromkeys([*reasons.get(category, []), *said]))
    names = ("line_number", "corrected_month", "contract_id", "charge", "category", "destination_country")
    late = ("line_number", "caught_up_month", "contract_id")
    # A standard rate is said by its amount. What more of a month is caught up later bears the article kept with it.
    mentions = [typographic(rule.mention) if rule.category != "S" else "" for rule in rules]
    listed = {
        "adjustments": [{name: line[name] for name in names} for line in found if line["corrected_month"]],
        "caught_up": [
            {**{name: line[name] for name in late}, "vat_mention": mention}
            for line, mention in zip(found, mentions, strict=True)
            if line["caught_up_month"]
        ],
    }
    return {
        **{name: lines for name, lines in listed.items() if lines},
        **({"vat_reasons": reasons} if reasons else {}),
        "vat_mentions": list(dict.fromkeys([*payload["vat_mentions"], *filter(None, mentions)])),
    }


def debit_note_payload(
    operator: Operator,
    customer: Customer,
    as_of: dt.date,
    penalties: Iterable[Mapping[str, Any]],
    lines: Iterable[Mapping[str, Any]],
) -> Payload:
    """A debit note's printed content, with the working of each penalty."""
    return {
        **_common(operator, customer, lines),
        "as_of_date": as_of.isoformat(),
        "penalties": [_penalty(row) for row in penalties],
        "vat_mentions": [OUTSIDE_VAT_MENTION],
        "mentions": [
            PENALTY_DAYS,
            f"{INDEMNITY} : due une fois par facture payée en retard (C. com., art.\u00a0D441-5).",
            _disputes(operator, "la note"),
        ],
    }


def _common(operator: Operator, customer: Customer, lines: Iterable[Mapping[str, Any]]) -> Payload:
    return {**parties(operator, customer), "line_details": [line["detail"] for line in lines]}


def penalty_rule(rule: LatePaymentRule) -> str:
    """The rule, not a figure: the half-year of the due date may have no rate yet."""
    return (
        f"Pénalités de retard : {rule.rate_multiplier} fois le taux d’intérêt légal en vigueur à la date de l’échéance,"
        " exigibles sans rappel (C. com., art.\u00a0L441-10)."
    )


def indemnity_rule(rule: LatePaymentRule) -> str:
    """What every late payment costs, with the law that says so."""
    return f"{INDEMNITY} : {_round_euros(rule.indemnity_cents)} (C. com., art.\u00a0D441-5)."


def _disputes(operator: Operator, what: str) -> str:
    return (
        f"Toute contestation doit être adressée par écrit à {operator.dispute_email} dans les"
        f" {DISPUTE_DAYS} jours suivant la réception de {what} (CGV, art.\u00a06.2)."
    )


def _round_euros(cents: int) -> str:
    """``40 €``; with its cents when there are any."""
    return format_cents(cents) if cents % CENTS_PER_EURO else f"{cents // CENTS_PER_EURO}{UNIT_SPACE}€"


def _penalty(row: Mapping[str, Any]) -> Payload:
    half = "1er" if row["due_date"].month <= 6 else "2e"
    legal_rate = french_percent(row["rate_basis_points"] // row["rate_multiplier"])
    return {
        "invoice_number": row["invoice_number"],
        "invoice_date": row["invoice_date"].isoformat(),
        "invoice_total_cents": row["invoice_total_cents"],
        "due_date": row["due_date"].isoformat(),
        "days_late": row["days_late"],
        "rate_basis_points": row["rate_basis_points"],
        "rate_working": f"{row['rate_multiplier']} fois le taux légal du {half} semestre {row['due_date'].year},"
        f" {legal_rate}",
        "year_days": row["year_days"],
        "segments": json.loads(row["segments"]),
        "accrued_cents": row["accrued_cents"],
        "previously_charged_cents": row["previously_charged_cents"],
        "penalty_cents": row["penalty_cents"],
        "indemnity_cents": row["indemnity_cents"],
    }
