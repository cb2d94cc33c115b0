"""Credit notes: the only way to change what an issued document says, by another one that cites it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sqlmodel import Session, select

from adapters.ledger.documents import CLOSED, OPEN, store_document
from adapters.ledger.store import Ledger
from adapters.ledger.tables import BillingPeriod, IssuedDocument
from domain.errors import PermanentError
from domain.invoice import DraftDocument

CreditReason = Literal["error", "gesture"]


def issue_credit_note(
    ledger: Ledger, draft: DraftDocument, *, corrects_number: str, reason: CreditReason
) -> IssuedDocument:
    """Number and store a credit note, in one transaction. Its amounts are positive.

    ``draft.month`` is the open month it is accounted in. The stored payload gains ``corrects`` (number and date
    of the corrected document) and ``credit_reason``, which it must print. The same draft twice is one credit note.

    Raises:
        PermanentError: nothing such to correct, another customer, a closed month, a date before the document's,
            or more than is left of it.
    """
    if draft.kind != "credit_note":
        raise PermanentError(f"{draft.kind} of {draft.customer_id}: only a credit note corrects a document")
    with ledger.session() as session:
        corrected = session.get(IssuedDocument, corrects_number)
        if corrected is None or corrected.kind == "credit_note":
            raise PermanentError(f"{corrects_number} is not an issued invoice or debit note; nothing to correct")
        citation = {"number": corrected.number, "issue_date": corrected.issue_date.isoformat()}
        draft = replace(draft, payload={**draft.payload, "corrects": citation, "credit_reason": reason})
        others = session.exec(select(IssuedDocument).where(IssuedDocument.corrects_number == corrects_number)).all()
        for other in others:
            if other.sha256 == draft.content_sha256:
                return other
        _refuse_unfit(draft, corrected, sum(other.total_cents for other in others))
        _keep_open(session, draft.month)
        return store_document(session, draft, corrects_number=corrects_number, credit_reason=reason)


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
