"""Credit notes: the only way to change what an issued document says, by another one that cites it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlmodel import Session, col, select

from adapters.ledger.documents import store_document
from adapters.ledger.periods import CLOSED, OPEN
from adapters.ledger.store import Ledger
from adapters.ledger.tables import BillingPeriod, CreditDecision, IssuedDocument, IssuedDocumentLine
from domain.calendar import Month
from domain.crediting import credited_taxes, left_to_credit
from domain.errors import PermanentError
from domain.invoice import DraftDocument, DraftLine

CreditReason = Literal["error", "gesture"]


@dataclass(frozen=True)
class Decision:
    """Who has a credit note issued, on which day, and why, in words the customer may read."""

    decided_by: str
    because: str
    decided_on: dt.date


@dataclass(frozen=True)
class Credit:
    """A credit note to issue."""

    draft: DraftDocument
    corrects_number: str
    reason: CreditReason


@dataclass(frozen=True)
class Correctable:
    """An issued invoice or debit note, its lines, and the credit notes on it, oldest first."""

    document: IssuedDocument
    lines: tuple[DraftLine, ...]
    credits: tuple[IssuedDocument, ...]

    @property
    def earlier(self) -> list[dict[int, int]]:
        """Cents by line that each credit note on it took back."""
        return [
            {credit["line_number"]: credit["amount_cents"] for credit in json.loads(note.payload).get("credits", [])}
            for note in self.credits
        ]


def correctable(ledger: Ledger, number: str) -> Correctable:
    """What there is to correct. Raises PermanentError for a number that is no invoice or debit note."""
    with ledger.reading() as session:
        return _correctable(session, number)


def accounting_month(ledger: Ledger, on: dt.date) -> Month:
    """The month a correction is accounted in: the one after the last that closed; without any, the day's."""
    closed = [period.month for period in ledger.periods() if period.state == CLOSED]
    return Month.parse(max(closed)).next if closed else Month.of(on)


def issue_credit_note(
    ledger: Ledger, draft: DraftDocument, *, corrects_number: str, reason: CreditReason
) -> IssuedDocument:
    """Number and store a credit note, in one transaction. Its amounts are positive.

    ``draft.month`` is the open month it is accounted in. The stored payload gains ``corrects`` (number and date
    of the corrected document) and ``credit_reason``, which it must print. The same draft twice is one credit note.

    Raises:
        PermanentError: nothing such to correct, another customer, a closed month, a date before the document's,
            more than is left of it or of a line, or VAT that is not what is left of it.
    """
    with ledger.session() as session:
        return store_credit(session, Credit(draft, corrects_number, reason), None)


def issue_corrections(
    ledger: Ledger, notes: Sequence[Credit], decision: Decision, replacement: DraftDocument | None = None
) -> list[IssuedDocument]:
    """Credit notes that belong together, and the invoice that replaces the first one's document: all, or nothing.

    Raises:
        PermanentError: as ``issue_credit_note``; or the document was replaced before.
    """
    with ledger.session() as session:
        issued = [store_credit(session, credit, decision) for credit in notes]
        if replacement is not None:
            number = notes[0].corrects_number
            other = session.exec(select(IssuedDocument).where(col(IssuedDocument.replaces_number) == number)).first()
            if other is not None:
                raise PermanentError(f"{number} was replaced by {other.number} already; correct that one")
            draft = after_credit(replacement, issued[0].number)
            issued.append(store_document(session, draft, replaces_number=number))
        return issued


def cited(credit: Credit, corrected: IssuedDocument) -> DraftDocument:
    """The credit note's draft as it is stored: with the document it corrects, and why."""
    citation = {"number": corrected.number, "issue_date": corrected.issue_date.isoformat()}
    return replace(credit.draft, payload={**credit.draft.payload, "corrects": citation, "credit_reason": credit.reason})


def after_credit(replacement: DraftDocument, number: str) -> DraftDocument:
    """A replacement's draft as it is stored: with the credit note that cancelled what it replaces."""
    payload: dict[str, Any] = dict(replacement.payload)
    return replace(replacement, payload={**payload, "replaces": {**payload["replaces"], "credit_note": number}})


def store_credit(session: Session, credit: Credit, decision: Decision | None) -> IssuedDocument:
    """Number and store a credit note inside the caller's transaction; raises as ``issue_credit_note``."""
    draft = credit.draft
    if draft.kind != "credit_note":
        raise PermanentError(f"{draft.kind} of {draft.customer_id}: only a credit note corrects a document")
    standing = _correctable(session, credit.corrects_number)
    corrected = standing.document
    draft = cited(credit, corrected)
    for other in standing.credits:
        if other.sha256 == draft.content_sha256:
            return other
    _refuse_unfit(draft, corrected, sum(other.total_cents for other in standing.credits))
    _refuse_changed(draft, standing)
    _keep_open(session, draft.month)
    note = store_document(session, draft, corrects_number=corrected.number, credit_reason=credit.reason)
    if decision is not None:
        session.add(CreditDecision(number=note.number, **vars(decision)))
        session.flush()
    return note


def _correctable(session: Session, number: str) -> Correctable:
    document = session.get(IssuedDocument, number)
    if document is None or document.kind == "credit_note":
        raise PermanentError(f"{number} is not an issued invoice or debit note; nothing to correct")
    lines = session.exec(select(IssuedDocumentLine).where(IssuedDocumentLine.number == number)).all()
    notes = session.exec(select(IssuedDocument).where(IssuedDocument.corrects_number == number)).all()
    ordered = sorted(lines, key=lambda line: line.line_number)
    return Correctable(
        document,
        tuple(DraftLine(**line.model_dump(exclude={"number"})) for line in ordered),
        tuple(sorted(notes, key=lambda note: note.number)),
    )


def _refuse_changed(draft: DraftDocument, standing: Correctable) -> None:
    """What a draft was worked out from may have been credited since, by another process: look again, in the session."""
    said: Any = draft.payload.get("credits", [])
    parts = {part["line_number"]: part["amount_cents"] for part in said}
    if not parts:
        return
    number, left = standing.document.number, left_to_credit(standing.lines, standing.earlier)
    over = [f"line {line}: {left.get(line, 0)} cents left, not {cents}"
            for line, cents in sorted(parts.items()) if cents > left.get(line, 0)]  # fmt: skip
    taxes = [asdict(tax) for tax in credited_taxes(standing.lines, parts, standing.earlier)]
    if not over and taxes != draft.payload.get("taxes"):
        over = ["its VAT is not the difference with what was credited before"]
    if over:
        raise PermanentError(
            f"credit note on {number}: {'; '.join(over)}: another credit note was issued meanwhile; look at {number}"
            " again, then run the same command again if it is still wanted"
        )


def _refuse_unfit(draft: DraftDocument, corrected: IssuedDocument, credited_cents: int) -> None:
    name = f"credit note on {corrected.number}"
    if draft.customer_id != corrected.customer_id:
        raise PermanentError(f"{name}: it is {corrected.customer_id}'s, not {draft.customer_id}'s")
    if draft.issue_date < corrected.issue_date:
        raise PermanentError(f"{name}: {draft.issue_date} is before it was issued on {corrected.issue_date}")
    left_cents = corrected.total_cents - credited_cents
    if not 0 < draft.total_cents <= left_cents:
        raise PermanentError(f"{name}: {draft.total_cents} cents, and {left_cents} cents of it are left to credit")


def _keep_open(session: Session, month: str) -> None:
    """The month must come after those that are closed: what they say is final."""
    periods = session.exec(select(BillingPeriod)).all()
    closed = [period.month for period in periods if period.state == CLOSED]
    if closed and month <= max(closed):
        raise PermanentError(f"{max(closed)} is closed; account the credit note in a later month than that")
    if month not in {period.month for period in periods}:
        session.add(BillingPeriod(month=month, state=OPEN))
        session.flush()
