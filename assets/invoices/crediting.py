"""Crediting an issued document: the whole or one line, as an error or a gesture, signed by a person, in one act.

An error reduces the base of late payment penalties back to the due date. What debit notes charged beyond what is then
owed is credited on them in the same transaction, so that no penalty is ever negative. ``replace`` also issues, at
once, an invoice of the same lines with the parties and the VAT as they are now: the next close has nothing to catch up.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from adapters.ledger.credit_notes import (
    Correctable,
    Credit,
    CreditReason,
    Decision,
    accounting_month,
    cited,
    correctable,
    issue_corrections,
)
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from assets.invoices.electronic_forms import faulty_forms
from assets.invoices.lateness import charged_lines, settlements
from assets.invoices.printed import credit_note_payload
from assets.invoices.replacing import replacement_draft
from domain.calendar import Month
from domain.crediting import Credits, credited_lines, credited_taxes, left_to_credit, line_credit, overcharges
from domain.errors import BadInput, PermanentError
from domain.invoice import DraftDocument, draft_document
from domain.penalty import CreditNote, LatePaymentRule, late_payment_penalty, rule_in_force

OVERCHARGE = "Pénalités recalculées après l’avoir sur {number}"
Payload = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """What a person asks for. Without ``line_number`` everything that is left is credited."""

    number: str
    reason: CreditReason
    decision: Decision
    line_number: int | None = None
    amount_cents: int | None = None
    replace: bool = False

    def __post_init__(self) -> None:
        if (self.line_number is None) != (self.amount_cents is None):
            raise BadInput("one line is credited with its amount, the whole document with neither: say both, or --all")
        if self.replace and (self.line_number is not None or self.reason != "error"):
            raise BadInput("what is replaced is credited whole, as an error: say --all --reason error --replace")
        if not self.decision.decided_by.strip() or not self.decision.because.strip():
            raise BadInput("a credit note is signed: say who decides (--by) and why (--because)")


def credit(ledger: Ledger, order: Order) -> list[IssuedDocument]:
    """Issue the credit note, those of penalties charged too much, and the replacement; twice is as once.

    Raises:
        BadInput: the line has nothing left, or the order contradicts itself.
        PermanentError: nothing is left to credit, or the ledger refuses.
    """
    corrected = correctable(ledger, order.number)
    done = _issued_before(ledger, corrected, order)
    if done:
        return done
    left = left_to_credit(corrected.lines, corrected.earlier)
    if not left:
        numbers = ", ".join(note.number for note in corrected.credits)
        raise PermanentError(f"{order.number} is credited whole by {numbers}; there is nothing left to credit")
    if order.line_number is None or order.amount_cents is None:
        parts: Credits = left
    else:
        parts = line_credit(order.number, left, order.line_number, order.amount_cents)
    month = accounting_month(ledger, order.decision.decided_on)
    draft = credit_draft(corrected, parts, month, order, order.decision.because)
    notes = [Credit(draft, order.number, order.reason)]
    if order.reason == "error" and corrected.document.kind == "invoice":
        notes += overcharges_credited(ledger, corrected.document, draft, month, order)
    replacement = replacement_draft(ledger, corrected, month, order.decision.decided_on) if order.replace else None
    drafts = [cited(notes[0], corrected.document), *filter(None, [replacement])]
    if faulty := faulty_forms(drafts, workers=1):
        raise PermanentError(
            f"{order.number}: the electronic form of its correction would be refused: {'; '.join(faulty.values())}."
            " Correct the customer or the operator, then credit again"
        )
    return issue_corrections(ledger, notes, order.decision, replacement)


def _issued_before(ledger: Ledger, corrected: Correctable, order: Order) -> list[IssuedDocument]:
    """What the same order issued already: same day, reason and motive, same line and amount."""
    wanted = None if order.line_number is None else [_part(order.line_number, order.amount_cents or 0)]
    for note in corrected.credits:
        said = json.loads(note.payload)
        same = (note.issue_date, note.credit_reason, said.get("motive"), said.get("is_whole")) == (
            order.decision.decided_on, order.reason, order.decision.because, wanted is None,
        )  # fmt: skip
        if same and (wanted is None or said["credits"] == wanted):
            every = ledger.documents(customer_id=note.customer_id)
            return [d for d in every if d.number == note.number or _belongs(d, note, order)]
    return []


def _belongs(document: IssuedDocument, note: IssuedDocument, order: Order) -> bool:
    """Whether a document was issued together with a credit note."""
    if order.replace and document.replaces_number == order.number:
        return True
    return document.kind == "credit_note" and json.loads(document.payload).get("follows") == {
        "number": order.number,
        "act": _act(order, note.issue_date),
    }


def _act(order: Order, on: dt.date) -> str:
    """One text for one act, whatever number its credit note gets."""
    line = "all" if order.line_number is None else f"{order.line_number}:{order.amount_cents}"
    return f"{on} {order.reason} {line} {order.decision.because}"


def credit_draft(corrected: Correctable, parts: Credits, month: Month, order: Order, motive: str) -> DraftDocument:
    """A credit note: the corrected document's parties and lines, and the VAT by difference."""
    document, on = corrected.document, order.decision.decided_on
    payload: Payload = json.loads(document.payload)
    details = payload.get("line_details", [])
    chosen = [line for line in corrected.lines if line.line_number in parts]
    draft = draft_document(
        customer_id=document.customer_id,
        kind="credit_note",
        month=month,
        issue_date=on,
        due_date=on,
        lines=credited_lines(corrected.lines, parts),
        payload={
            **credit_note_payload(
                payload, [_detail(line.line_number, line.amount_cents, parts, details) for line in chosen]
            ),
            "motive": motive,
            "is_whole": order.line_number is None,
            "credits": [_part(number, cents) for number, cents in sorted(parts.items())],
        },
    )
    taxes = credited_taxes(corrected.lines, parts, corrected.earlier)
    vat_cents = sum(tax.tax_cents for tax in taxes)
    return replace(
        draft,
        vat_cents=vat_cents,
        total_cents=draft.net_cents + vat_cents,
        payload={**draft.payload, "taxes": [asdict(tax) for tax in taxes]},
    )


def _part(line_number: int, cents: int) -> Payload:
    return {"line_number": line_number, "amount_cents": cents}


def _detail(number: int, cents: int, parts: Credits, details: Sequence[str | None]) -> str | None:
    if parts[number] != cents:
        return "avoir partiel"
    return details[number - 1] if number <= len(details) else None


def overcharges_credited(
    ledger: Ledger, invoice: IssuedDocument, draft: DraftDocument, month: Month, order: Order
) -> list[Credit]:
    """Credit notes on debit notes for what they charged on an invoice and is not owed once it is credited."""
    on = order.decision.decided_on
    documents = ledger.documents(issued_by=on)
    charged = charged_lines(ledger, documents).get(invoice.number, [])
    if not charged:
        return []
    events = [*settlements(ledger, documents, on)[invoice.number], CreditNote(on, draft.total_cents, "error")]
    rules = [LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()]
    owed = late_payment_penalty(
        total_cents=invoice.total_cents,
        due_date=invoice.due_date,
        events=events,
        as_of=on,
        legal_rates={rate.half_year: rate.other_cases_basis_points for rate in ledger.legal_rates()},
        rule=rule_in_force(rules, invoice.due_date),
    )
    found = overcharges(charged, owed.penalty_cents, bool(owed.segments))
    notes = [_overcharge(correctable(ledger, note), parts, month, order) for note, parts in found.items()]
    return [note for note in notes if note is not None]


def _overcharge(note: Correctable, parts: Credits, month: Month, order: Order) -> Credit | None:
    left = left_to_credit(note.lines, note.earlier)
    # A gesture may have given some of it back already.
    given = {number: cents for number, over in parts.items() if (cents := min(over, left.get(number, 0)))}
    if not given:
        return None
    draft = credit_draft(note, given, month, order, OVERCHARGE.format(number=order.number))
    follows = {"number": order.number, "act": _act(order, order.decision.decided_on)}
    payload = {**draft.payload, "follows": follows, "is_whole": given == left}
    return Credit(replace(draft, payload=payload), note.document.number, "error")
