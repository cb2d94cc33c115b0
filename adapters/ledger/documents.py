"""Closing a month: its documents get their numbers, or nothing happens.

A number is allotted in the transaction that stores the document and closes the month, so the series
has no gap, whatever is killed when. Numbers follow issue dates within a series (CGI ann. II art. 242
nonies A: a chronological and continuous sequence); each series starts again at 1 each year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlmodel import Session, select

from adapters.ledger.comparison import issued_again
from adapters.ledger.periods import CLOSED, OPEN, Signature, record_event, refuse_out_of_order, touched_period
from adapters.ledger.store import Ledger
from adapters.ledger.tables import BillingPeriod, DocumentSeries, IssuedDocument, IssuedDocumentLine
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DocumentKind, DraftDocument, canonical_json

# Facture, note de débit, avoir.
SERIES: dict[DocumentKind, str] = {"invoice": "FA", "debit_note": "ND", "credit_note": "AV"}
Corrector = Callable[[Session, Sequence[IssuedDocument]], None]


@dataclass(frozen=True)
class Closing:
    """A close besides its documents: the digests of the calls it took and of what it charged, and who closes."""

    calls_sha256: str
    charges_sha256: str
    signature: Signature


def issue(
    ledger: Ledger,
    month: Month,
    issue_date: dt.date,
    drafts: Iterable[DraftDocument],
    closing: Closing,
    correct: Corrector | None = None,
) -> list[IssuedDocument]:
    """Close ``month`` and issue its invoices and debit notes, in the order of customer and kind.

    A month that is closed already issues nothing: equal drafts give the documents as they were issued.

    Args:
        correct: stores what the close corrects of earlier months, in the same transaction.

    Raises:
        PermanentError: a draft is not of this month and date or comes twice; the month before is open; the
            date goes back before the last one; or the month is closed and a draft differs from what was issued
            (the message names customer, field and both values).
    """
    ordered = _in_order(month, issue_date, drafts)
    with ledger.session() as session:
        period = session.get(BillingPeriod, str(month))
        if period is not None and period.state == CLOSED:
            return issued_again(session, period, issue_date, closing.calls_sha256, ordered)
        refuse_out_of_order(session, month)
        _refuse_early(session, month, issue_date)
        period = touched_period(session, month)
        documents = [store_document(session, draft) for draft in ordered]
        if correct is not None:
            correct(session, documents)
        if period.state == OPEN:
            # Nobody froze it before: a close of an open month does both.
            record_event(session, month, "frozen", closing.signature, closing.charges_sha256)
        record_event(session, month, "closed", closing.signature, closing.calls_sha256)
        # Last: from here on the triggers refuse another document, line or event of this month.
        period.state, period.issue_date, period.closed_calls_sha256 = CLOSED, issue_date, closing.calls_sha256
        session.flush()
        return documents


def store_document(
    session: Session,
    draft: DraftDocument,
    *,
    corrects_number: str | None = None,
    credit_reason: str | None = None,
    replaces_number: str | None = None,
) -> IssuedDocument:
    """Number a draft and store it with its lines, inside the caller's transaction."""
    series = SERIES[draft.kind]
    year, sequence = draft.issue_date.year, _next_sequence(session, series, draft.issue_date)
    document = IssuedDocument(
        number=f"{series}-{year}-{sequence:06d}",
        series=series,
        year=year,
        sequence=sequence,
        kind=draft.kind,
        customer_id=draft.customer_id,
        month=draft.month,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        corrects_number=corrects_number,
        credit_reason=credit_reason,
        replaces_number=replaces_number,
        payload=canonical_json(draft.payload),
        sha256=draft.content_sha256,
    )
    session.add(document)
    session.flush()
    session.add_all(IssuedDocumentLine(number=document.number, **vars(line)) for line in draft.lines)
    session.flush()
    return document


def _next_sequence(session: Session, series: str, issue_date: dt.date) -> int:
    """The next number of a series in the year of ``issue_date``; its row goes up with it."""
    years = session.exec(select(DocumentSeries).where(DocumentSeries.series == series)).all()
    for row in years:
        if row.last_issue_date is not None and issue_date < row.last_issue_date:
            raise PermanentError(
                f"{series} numbers follow dates: the last one was issued on {row.last_issue_date},"
                f" so none can be issued on {issue_date}; close with a later --as-of"
            )
    this_year = next((row for row in years if row.year == issue_date.year), None)
    if this_year is None:
        this_year = DocumentSeries(series=series, year=issue_date.year)
        session.add(this_year)
    this_year.last_sequence += 1
    this_year.last_issue_date = issue_date
    return this_year.last_sequence


def _in_order(month: Month, issue_date: dt.date, drafts: Iterable[DraftDocument]) -> list[DraftDocument]:
    ordered = sorted(drafts, key=lambda draft: (draft.customer_id, draft.kind))
    for draft in ordered:
        name = f"{draft.kind} of {draft.customer_id}"
        if draft.kind == "credit_note":
            raise PermanentError(f"{name}: a credit note is issued on its own, not by closing a month")
        if (draft.month, draft.issue_date) != (str(month), issue_date):
            raise PermanentError(
                f"{name} says {draft.month} issued on {draft.issue_date}: {month} is being closed on {issue_date}"
            )
    for (customer_id, kind), same in groupby(ordered, key=lambda draft: (draft.customer_id, draft.kind)):
        if len(list(same)) > 1:
            raise PermanentError(f"{customer_id} has two drafts of kind {kind} for {month}; one a month")
    return ordered


def _refuse_early(session: Session, month: Month, issue_date: dt.date) -> None:
    if issue_date < month.first_date:
        raise PermanentError(f"{month} cannot be issued on {issue_date}, before it begins")
    before = session.get(BillingPeriod, str(month.previous))
    if before is not None and before.issue_date is not None and issue_date < before.issue_date:
        raise PermanentError(
            f"{month.previous} was issued on {before.issue_date}: {month} cannot be issued on {issue_date}, before it"
        )
