"""Who froze, opened, closed, overrode and credited, when and why: the ledger's own words, in order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import select

from adapters.ledger.periods import events, overrides
from adapters.ledger.store import Ledger
from adapters.ledger.tables import CreditDecision, IssuedDocument
from domain.calendar import Month
from domain.money import format_cents


@dataclass(frozen=True)
class Act:
    """Something a person did to a month. ``decided_at`` is UTC; a credit note is known by its day."""

    month: str
    decided_at: dt.datetime
    who: str
    what: str
    why: str


def audit_trail(ledger: Ledger, month: Month | None = None) -> list[Act]:
    """Every act on a month, or on all, by month and instant. A credit note is an act on the month it corrects."""
    acts = [
        Act(event.month, event.decided_at, event.decided_by, event.event, event.because or "")
        for event in events(ledger, month)
    ]
    acts += [
        Act(
            row.month,
            row.decided_at,
            row.decided_by,
            f"overrode {row.gate}: {row.summary} (facts {row.facts_sha256[:12]})",
            row.because,
        )
        for row in overrides(ledger, month)
    ]
    acts += [act for act in _credits(ledger) if month is None or act.month == str(month)]
    # Stable: what was done to a month at one instant stays in the order it was done.
    return sorted(acts, key=lambda act: (act.month, act.decided_at))


def _credits(ledger: Ledger) -> list[Act]:
    with ledger.reading() as session:
        documents = {row.number: row for row in session.exec(select(IssuedDocument))}
        decisions = session.exec(select(CreditDecision).order_by(CreditDecision.number)).all()
    acts = []
    for decision in decisions:
        note = documents[decision.number]
        corrected = documents[note.corrects_number or note.number]
        what = f"credited {corrected.number} by {note.number}, {format_cents(note.total_cents)} ({note.credit_reason})"
        day = dt.datetime.combine(decision.decided_on, dt.time())
        acts.append(Act(corrected.month, day, decision.decided_by, what, decision.because))
    return acts
