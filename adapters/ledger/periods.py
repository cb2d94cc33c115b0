"""The states of a month (open, frozen, closed), who changed them, and who answers for a month that closes all the same.

What a state means for what is billed is ``docs/decisions/0024``; here is that it only changes as it may, and that each
change is written down in the transaction that makes it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, func, select

from adapters.ledger.store import Ledger
from adapters.ledger.tables import BillingPeriod, CloseOverride, PeriodEvent
from domain.calendar import Month
from domain.errors import BadInput, PermanentError

OPEN = "open"
FROZEN = "frozen"
CLOSED = "closed"
Event = Literal["frozen", "unfrozen", "closed"]


@dataclass(frozen=True)
class Signature:
    """A person (or a schedule, by its name) who does something to a month, the aware instant, and why."""

    by: str
    at: dt.datetime
    because: str | None = None

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise BadInput("what is done to a month is signed: say who does it, like --by 'A. Martin'")

    @property
    def decided_at(self) -> dt.datetime:
        """The instant as the ledger keeps it: UTC, naive."""
        return self.at.astimezone(dt.UTC).replace(tzinfo=None)


def freeze(ledger: Ledger, month: Month, calls_sha256: str, charges_sha256: str, signature: Signature) -> None:
    """Freeze a month with the calls it takes and what it charges. One that is frozen or closed stays as it is.

    Raises:
        PermanentError: the month before is not closed.
    """
    with ledger.session() as session:
        period = touched_period(session, month)
        if period.state == OPEN:
            refuse_out_of_order(session, month)
            period.state, period.closed_calls_sha256 = FROZEN, calls_sha256
            record_event(session, month, "frozen", signature, charges_sha256)


def unfreeze(ledger: Ledger, month: Month, signature: Signature) -> None:
    """Open a frozen month again. Raises PermanentError for one that is not frozen, BadInput without a reason."""
    if not (signature.because or "").strip():
        raise BadInput(f"{month}: who unfreezes a month says why: --because 'REASON'")
    with ledger.session() as session:
        period = session.get(BillingPeriod, str(month))
        if period is None or period.state != FROZEN:
            state = OPEN if period is None else period.state
            raise PermanentError(f"{month} is {state}, not frozen: there is nothing to unfreeze")
        period.state, period.closed_calls_sha256 = OPEN, None
        record_event(session, month, "unfrozen", signature, None)


def touched_period(session: Session, month: Month) -> BillingPeriod:
    """The month's row, made open when nothing has touched it."""
    period = session.get(BillingPeriod, str(month))
    if period is None:
        period = BillingPeriod(month=str(month), state=OPEN)
        session.add(period)
        session.flush()
    return period


def record_event(session: Session, month: Month, event: Event, signature: Signature, facts_sha256: str | None) -> None:
    """Write down what is done to a month, inside the transaction that does it."""
    last = session.exec(select(func.max(col(PeriodEvent.rank))).where(PeriodEvent.month == str(month))).one()
    session.add(
        PeriodEvent(
            month=str(month),
            rank=(last or 0) + 1,
            event=event,
            decided_by=signature.by.strip(),
            because=signature.because,
            decided_at=signature.decided_at,
            facts_sha256=facts_sha256,
        )
    )
    session.flush()


def refuse_out_of_order(session: Session, month: Month) -> None:
    """Months freeze and close one after the other. Raises PermanentError."""
    periods = {period.month: period for period in session.exec(select(BillingPeriod))}
    later = sorted(p.month for p in periods.values() if p.month > str(month) and p.state != OPEN)
    if later:
        raise PermanentError(f"{month} cannot close after {later[0]}: months close in order")
    if not any(known < str(month) for known in periods):
        return
    before = periods.get(str(month.previous))
    if before is None or before.state != CLOSED:
        raise PermanentError(f"{month.previous} is not closed; months close in order: close it first")


def state_of(ledger: Ledger, month: Month) -> str:
    """open, frozen or closed."""
    period = ledger.period(month)
    return OPEN if period is None else period.state


def events(ledger: Ledger, month: Month | None = None) -> list[PeriodEvent]:
    """What was done to a month, or to all, in order."""
    with ledger.reading() as session:
        statement = select(PeriodEvent).order_by(col(PeriodEvent.month), col(PeriodEvent.rank))
        return [row for row in session.exec(statement) if month is None or row.month == str(month)]


def frozen_charges(ledger: Ledger, month: Month) -> str | None:
    """What the month charged when it was frozen last, as a digest; None of a month that never was."""
    frozen = [event.facts_sha256 for event in events(ledger, month) if event.event == "frozen"]
    return frozen[-1] if frozen else None


def override(ledger: Ledger, row: CloseOverride) -> CloseOverride:
    """Write down that a person lets a month close with these facts; the first word stands, and is returned.

    Raises:
        PermanentError: the month is closed; what was issued needs no word any more.
    """
    with ledger.session() as session:
        known = session.get(CloseOverride, (row.month, row.gate, row.facts_sha256))
        if known is not None:
            return known
        period = session.get(BillingPeriod, row.month)
        if period is not None and period.state == CLOSED:
            raise PermanentError(f"{row.month} is closed: there is nothing left to override")
        session.add(row)
        session.flush()
        return row


def overrides(ledger: Ledger, month: Month | None = None) -> list[CloseOverride]:
    """Who answered for what, by month and instant."""
    with ledger.reading() as session:
        statement = select(CloseOverride).order_by(
            col(CloseOverride.month), col(CloseOverride.decided_at), col(CloseOverride.gate)
        )
        return [row for row in session.exec(statement) if month is None or row.month == str(month)]
