"""Documents and payments of the ledger as ``domain.carrying`` walks them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from adapters.ledger.tables import IssuedDocument, Payment
from domain import penalty
from domain.carrying import Debt, Deduction, deductions


def as_debt(document: IssuedDocument) -> Debt:
    """An invoice or a debit note as what it asks for."""
    return Debt(
        document.number,
        document.customer_id,
        document.issue_date,
        document.due_date,
        document.total_cents,
        document.kind == "invoice",
        document.replaces_number,
    )


def events_of(documents: Iterable[IssuedDocument], payments: Iterable[Payment]) -> dict[str, list[penalty.Event]]:
    """By document, its payments and its credit notes."""
    events: dict[str, list[penalty.Event]] = defaultdict(list)
    for payment in payments:
        events[payment.document_number].append(penalty.Payment(payment.value_date, payment.amount_cents))
    for note in documents:
        if note.corrects_number is not None and note.credit_reason is not None:
            reason: penalty.CreditReason = "error" if note.credit_reason == "error" else "gesture"
            events[note.corrects_number].append(penalty.CreditNote(note.issue_date, note.total_cents, reason))
    return events


def deducted(documents: Iterable[IssuedDocument], payments: Iterable[Payment], until: dt.date) -> list[Deduction]:
    """What was deducted from what, up to a day."""
    found = list(documents)
    debts = [as_debt(document) for document in found if document.kind != "credit_note"]
    return deductions(debts, events_of(found, payments), until)
