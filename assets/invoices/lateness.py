"""Which invoices are late, what they owe for it, and what debit notes charged for it already."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.ledger.deductions import as_debt, events_of
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from domain.calendar import Month
from domain.carrying import carried_over
from domain.crediting import ChargedLine
from domain.penalty import (
    CreditNote,
    Event,
    LatePaymentRule,
    Penalty,
    late_payment_penalty,
    rule_in_force,
)


@dataclass(frozen=True)
class Assessed:
    """What an invoice owes for lateness, and what debit notes of earlier months charged for it."""

    invoice: IssuedDocument
    rule: LatePaymentRule
    penalty: Penalty
    charged_cents: int
    is_indemnified: bool

    @property
    def overcharged_cents(self) -> int:
        """Interest charged beyond what is owed."""
        return max(self.charged_cents - self.penalty.penalty_cents, 0)


def assess(ledger: Ledger, month: Month, as_of: dt.date, corrected: Mapping[str, int] | None = None) -> list[Assessed]:
    """Every invoice whose due date is past, by number; ``corrected``: cents its close is to credit, by invoice."""
    # What was corrected after the month closed, on its closing day even, is the next month's.
    documents = [d for d in ledger.documents(issued_by=as_of) if d.kind != "credit_note" or d.month <= str(month)]
    events = settlements(ledger, documents, as_of, corrected)
    legal_rates = {rate.half_year: rate.other_cases_basis_points for rate in ledger.legal_rates()}
    rules = [LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()]
    charged, indemnified = _charged_before(ledger, documents, month)
    assessed = []
    for invoice in sorted(documents, key=lambda document: document.number):
        if invoice.kind != "invoice" or invoice.due_date >= as_of:
            continue
        rule = rule_in_force(rules, invoice.due_date)
        penalty = late_payment_penalty(
            total_cents=invoice.total_cents,
            due_date=invoice.due_date,
            events=events[invoice.number],
            as_of=as_of,
            legal_rates=legal_rates,
            rule=rule,
        )
        assessed.append(Assessed(invoice, rule, penalty, charged[invoice.number], invoice.number in indemnified))
    return assessed


def settlements(
    ledger: Ledger, documents: Iterable[IssuedDocument], as_of: dt.date, corrected: Mapping[str, int] | None = None
) -> dict[str, list[Event]]:
    """By document, its payments, its credit notes, and what credit notes on others left over for it."""
    found = list(documents)
    events = events_of(found, ledger.payments(received_by=as_of))
    for number, cents in (corrected or {}).items():
        events[number].append(CreditNote(as_of, cents, "error"))
    for number, carried in carried_over(map(as_debt, filter(_asks, found)), events, as_of).items():
        events[number] += carried
    return events


def _asks(document: IssuedDocument) -> bool:
    return document.kind != "credit_note"


def charged_lines(ledger: Ledger, documents: Iterable[IssuedDocument]) -> dict[str, list[ChargedLine]]:
    """Penalties and indemnities on the debit notes among ``documents``, by the invoice they are about.

    What a credit note of theirs took back as an error was never charged; a gesture was, and is not charged again.
    """
    found = list(documents)
    notes = {note.number for note in found if note.kind == "debit_note"}
    taken_back: Counter[tuple[str, int]] = Counter()
    for credit in found:
        if credit.corrects_number in notes and credit.credit_reason == "error":
            for part in json.loads(credit.payload).get("credits", []):
                taken_back[str(credit.corrects_number), part["line_number"]] += part["amount_cents"]
    charged: dict[str, list[ChargedLine]] = defaultdict(list)
    for line in ledger.document_lines():
        if line.number in notes and line.about_number is not None:
            left = line.amount_cents - taken_back[line.number, line.line_number]
            charged[line.about_number].append(ChargedLine(line.number, line.line_number, line.kind, left))
    return charged


def _charged_before(
    ledger: Ledger, documents: Iterable[IssuedDocument], month: Month
) -> tuple[dict[str, int], set[str]]:
    """Interest cents charged per invoice on debit notes of earlier months, and the invoices that bore the indemnity."""
    earlier = [d for d in documents if d.kind != "debit_note" or d.month < str(month)]
    charged: dict[str, int] = defaultdict(int)
    indemnified = set()
    for invoice_number, lines in charged_lines(ledger, earlier).items():
        charged[invoice_number] = sum(line.cents for line in lines if line.kind == "penalty")
        if any(line.cents for line in lines if line.kind == "indemnity"):
            indemnified.add(invoice_number)
    return charged, indemnified
