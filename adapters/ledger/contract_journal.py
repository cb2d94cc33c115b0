"""The events of contracts, written where rows are: whatever begins or ends in the ledger has its event.

A contract's row is the order form as it was signed, a number's row its place in the inventory; their beginning and
their end are events too, found here by comparing rows and events before every commit. So an import, a command and a
test leave the same trace, and no path can forget it. Changes of quantity and price are events alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel, col, func, select

from adapters.ledger.tables import (
    BillingPeriod,
    CaughtUpMonth,
    Contract,
    ContractEvent,
    IssuedDocument,
    PhoneNumber,
)
from domain import contract_event as domain
from domain.calendar import Month
from domain.contract_rules import check_closed_months
from domain.errors import PermanentError
from domain.order_form import OrderForm

# SQLite takes some thousand parameters in a statement; past this all events are read.
_BY_NAME = 500
# What the order form says of the fixed part.
_SIGNED = {
    "contract_id", "customer_id", "subscription_type", "subscription_cents", "users", "user_cents", "licences",
    "licence_cents", "first_month_rule", "started_on",
}  # fmt: skip
_RECORDED = {"recorded_by", "recorded_on", "reference"}


@dataclass(frozen=True)
class Signature:
    """Who records a change of a contract, on which day, and on what: a letter, an order form, a file."""

    recorded_by: str
    recorded_on: dt.date | None = None
    reference: str | None = None


FROZEN = "frozen"
# Of a program that says nothing.
UNSIGNED = Signature("seconde")


def order_form(contract: Contract) -> OrderForm:
    """The contract as it was signed."""
    return OrderForm(**contract.model_dump(include=_SIGNED))


def as_domain(event: ContractEvent) -> domain.ContractEvent:
    """A row as the rules know it."""
    return domain.ContractEvent(**event.model_dump(exclude=_RECORDED))


def record(session: Session, contract: Contract, signed: Signature, **event: Any) -> ContractEvent:
    """Add an event of a contract inside the caller's transaction, at the end of the contract's list."""
    session.flush()
    sequence = session.exec(
        select(func.coalesce(func.max(ContractEvent.sequence), 0)).where(
            ContractEvent.contract_id == contract.contract_id
        )
    ).one()
    row = ContractEvent(
        contract_id=contract.contract_id,
        sequence=sequence + 1,
        known_month=known_month(session),
        **vars(signed),
        **event,
    )
    session.add(row)
    session.flush()
    return row


def known_month(session: Session) -> str | None:
    """The first month whose close will know what is recorded now; None while no month is frozen or closed."""
    settled = _settled(session)
    return str(max(settled).next) if settled else None


def journal_changes(session: Session, touched: Collection[SQLModel], signed: Signature) -> None:
    """Write the events that the ``touched`` contracts, numbers and events lack, and hold them to what was billed.

    Raises:
        BadInput: a month that is closed would have charged less, or at another price.
        PermanentError: an end was taken back.
    """
    contract_ids = {row.contract_id for row in touched if isinstance(row, Contract | PhoneNumber | ContractEvent)}
    if not contract_ids:
        return
    contracts = {row.contract_id: row for row in _of(session, Contract, contract_ids)}
    numbers = _grouped(_of(session, PhoneNumber, contract_ids))
    events = _grouped(_of(session, ContractEvent, contract_ids))
    new = {id(row) for row in touched if isinstance(row, ContractEvent)}
    known, settled = known_month(session), _settled(session)
    for contract_id in sorted(contract_ids):
        contract, own = contracts[contract_id], sorted(events[contract_id], key=lambda event: event.sequence)
        before = [event for event in own if id(event) not in new]
        for missing in _missing(contract, numbers[contract_id], own):
            rank = own[-1].sequence + 1 if own else 1
            row = ContractEvent(contract_id=contract_id, sequence=rank, known_month=known, **vars(signed), **missing)
            session.add(row)
            own.append(row)
        if settled and len(own) > len(before):
            _refuse_rewriting(contract, before, own, _charged(session, contract, settled))
    session.flush()


def _missing(
    contract: Contract, numbers: Iterable[PhoneNumber], events: Iterable[ContractEvent]
) -> Iterator[dict[str, Any]]:
    known = list(events)
    if not known:
        yield {"kind": "subscription", "effective_on": contract.started_on}
    began = {(event.number, event.effective_on) for event in known if event.kind == "number"}
    fresh = [row for row in numbers if (row.number, row.valid_from) not in began]
    for row in sorted(fresh, key=lambda row: (row.valid_from, row.number)):
        yield {
            "kind": "number", "effective_on": row.valid_from, "number": row.number, "country": row.country,
            "unit_cents": row.monthly_cents,
        }  # fmt: skip
    rentals = domain.rentals(as_domain(event) for event in known)
    ends = {(rental.number, rental.valid_from): rental.valid_to for rental in rentals}
    for row in sorted(numbers, key=lambda row: (row.valid_from, row.number)):
        end = ends.get((row.number, row.valid_from))
        if row.valid_to is None and end is not None:
            raise PermanentError(f"{row.number} was given back on {end}; assign it anew from a later day")
        if row.valid_to is not None and row.valid_to != end:
            yield {"kind": "number_end", "effective_on": row.valid_to, "number": row.number}
    ended_on = max((event for event in known if event.kind == "termination"), key=lambda e: e.sequence, default=None)
    if contract.ended_on is None and ended_on is not None:
        raise PermanentError(f"{contract.contract_id} ends on {ended_on.effective_on}; subscribe anew to go on")
    if contract.ended_on is not None and (ended_on is None or ended_on.effective_on != contract.ended_on):
        yield {"kind": "termination", "effective_on": contract.ended_on}


def _refuse_rewriting(
    contract: Contract, before: list[ContractEvent], after: list[ContractEvent], charged: list[Month]
) -> None:
    signed = order_form(contract)
    now = domain.history(signed, map(as_domain, after))
    since = min(event.effective_on for event in after[len(before) :])
    if now is not None:
        months = [month for month in charged if month.last_date >= since]
        check_closed_months(domain.history(signed, map(as_domain, before)), now, months)


def _charged(session: Session, contract: Contract, settled: dict[Month, str]) -> list[Month]:
    """The months that are charged, a frozen one among them: what was refused may still become less."""
    invoiced = session.exec(
        select(IssuedDocument.month).where(
            IssuedDocument.customer_id == contract.customer_id, IssuedDocument.kind == "invoice"
        )
    ).all()
    late = session.exec(
        select(CaughtUpMonth.charged_month).where(CaughtUpMonth.contract_id == contract.contract_id)
    ).all()
    charged = {*invoiced, *late}
    return sorted(month for month, state in settled.items() if state == FROZEN or str(month) in charged)


def _settled(session: Session) -> dict[Month, str]:
    """The frozen and the closed months: what is recorded now is known to the close of the one after them."""
    periods = session.exec(select(BillingPeriod).where(BillingPeriod.state != "open"))
    return {Month.parse(period.month): period.state for period in periods}


def _of(session: Session, table: Any, contract_ids: Collection[str]) -> list[Any]:
    statement = select(table)
    if len(contract_ids) <= _BY_NAME:
        statement = statement.where(col(table.contract_id).in_(sorted(contract_ids)))
    return list(session.exec(statement))


def _grouped(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.contract_id].append(row)
    return found
