"""A closed month against the drafts of a second run: the same documents, or where they differ and how."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from sqlmodel import Session, col, select

from adapters.ledger.tables import BillingPeriod, IssuedDocument, IssuedDocumentLine
from domain.errors import PermanentError
from domain.invoice import DraftDocument, canonical_json

# A draft that differs everywhere is one mistake: its first differences are enough to find it.
_SHOWN = 5


def issued_again(
    session: Session,
    period: BillingPeriod,
    issue_date: dt.date,
    closed_calls_sha256: str,
    drafts: Sequence[DraftDocument],
) -> list[IssuedDocument]:
    """The documents a closed month issued, by customer and kind.

    Raises:
        PermanentError: everything the drafts would change: customer, field, what was issued, what is drafted.
    """
    found = []
    if period.issue_date != issue_date:
        found.append(f"it was issued on {period.issue_date}, not {issue_date}")
    if period.closed_calls_sha256 != closed_calls_sha256:
        found.append(f"it closed on calls {period.closed_calls_sha256}, not {closed_calls_sha256}")
    documents = _of_month(session, period.month)
    issued = {(document.customer_id, document.kind): document for document in documents}
    drafted: dict[tuple[str, str], DraftDocument] = {(draft.customer_id, draft.kind): draft for draft in drafts}
    for key in sorted(issued.keys() | drafted.keys()):
        if key not in drafted:
            found.append(f"{key[0]}, {key[1]} {issued[key].number}: issued, and no draft of it now")
        elif key not in issued:
            found.append(f"{key[0]}, {key[1]}: drafted now, and none was issued")
        else:
            found += _changes(issued[key], _lines(session, issued[key].number), drafted[key])
    if found:
        raise PermanentError(
            f"{period.month} is closed and does not change: {'; '.join(found)}. Correct it with a credit note"
        )
    return documents


def issued_content(document: IssuedDocument, lines: Sequence[IssuedDocumentLine]) -> dict[str, object]:
    """An issued document in the shape of ``DraftDocument.content``."""
    fields = document.model_dump(
        mode="json",
        include={"customer_id", "kind", "month", "issue_date", "due_date", "net_cents", "vat_cents", "total_cents"},
    )
    printed = [line.model_dump(mode="json", exclude={"number"}) for line in lines]
    return {**fields, "lines": printed, "payload": json.loads(document.payload)}


def _changes(document: IssuedDocument, lines: Sequence[IssuedDocumentLine], draft: DraftDocument) -> list[str]:
    found = list(_differences(issued_content(document, lines), json.loads(canonical_json(draft.content)), ""))
    if not found and document.sha256 != draft.content_sha256:
        found = [f"sha256: issued {document.sha256}, draft {draft.content_sha256}"]
    if not found:
        return []
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [f"{document.customer_id}, {document.kind} {document.number}: {', '.join(found[:_SHOWN])}{more}"]


def _differences(issued: object, drafted: object, path: str) -> Iterator[str]:
    if isinstance(issued, Mapping) and isinstance(drafted, Mapping):
        for key in sorted(issued.keys() | drafted.keys()):
            yield from _differences(issued.get(key), drafted.get(key), f"{path}.{key}" if path else key)
    elif isinstance(issued, list) and isinstance(drafted, list):
        for index, (old, new) in enumerate(zip_longest(issued, drafted)):
            yield from _differences(old, new, f"{path}[{index}]")
    elif issued != drafted:
        yield f"{path} was {_shown(issued)}, is {_shown(drafted)}"


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _of_month(session: Session, month: str) -> list[IssuedDocument]:
    rows = session.exec(
        select(IssuedDocument).where(
            IssuedDocument.month == month,
            IssuedDocument.kind != "credit_note",
            # One that replaces another was not drafted by the month's close.
            col(IssuedDocument.replaces_number).is_(None),
        )
    )
    return sorted(rows, key=lambda document: (document.customer_id, document.kind))


def _lines(session: Session, number: str) -> list[IssuedDocumentLine]:
    rows = session.exec(select(IssuedDocumentLine).where(IssuedDocumentLine.number == number))
    return sorted(rows, key=lambda line: line.line_number)
