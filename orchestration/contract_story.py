"""A contract told: its events one by one, and which of them each charge of a month comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import select

from adapters.ledger.contract_notices import notices_of, told_on
from adapters.ledger.contracts import KnownContracts
from adapters.ledger.tables import ContractEvent, Delivery
from domain.calendar import Month
from domain.errors import BadInput

if TYPE_CHECKING:
    from adapters.ledger.store import Ledger

Row = tuple[object, ...]


def event_rows(ledger: Ledger, contract_id: str) -> list[Row]:
    """Rank, what it says, from when, who recorded it, when, on what. Raises BadInput for no contract."""
    with ledger.reading() as session:
        events = session.exec(select(ContractEvent).where(ContractEvent.contract_id == contract_id)).all()
        notices = notices_of(session, [contract_id])
    if not events:
        raise BadInput(f"{contract_id} is no contract of the ledger; `seconde sql 'select contract_id from contracts'`")
    return [
        (
            e.sequence,
            ", ".join([spoken(e), *map(told, notices.get((contract_id, e.sequence), []))]),
            e.effective_on,
            e.recorded_by,
            e.recorded_on,
            e.reference,
        )
        for e in sorted(events, key=lambda event: event.sequence)
    ]


def spoken(event: ContractEvent) -> str:
    """An event in a few words."""
    quantity = event.quantity or 0
    said = {
        "subscription": "subscribed",
        "quantity": f"{quantity:+d} {event.item}",
        "price": f"{event.item} {event.country or ''} at {event.unit_cents} cents".replace("  ", " "),
        "number": f"number {event.number} at {event.unit_cents} cents",
        "number_end": f"number {event.number} given back",
        "termination": "ends (last day)",
    }[event.kind]
    notes = [
        f"notice of {event.notice_date}" if event.notice_date else "",
        f"notice waived by {event.waived_by}: {event.waived_because}" if event.waived_by else "",
        f"first month {event.first_month_rule}" if event.first_month_rule else "",
        f"known from {event.known_month} on" if event.known_month else "",
    ]
    return ", ".join([said, *filter(None, notes)])


def told(notice: Delivery) -> str:
    """Who was told of a price and when, or how far its notice got."""
    day = told_on(notice)
    if day is not None:
        return f"told {notice.recipient} on {day}"
    return f"notice to {notice.recipient} {notice.state}" + (f": {notice.last_error}" if notice.last_error else "")


def charge_rows(ledger: Ledger, contract_id: str, month: Month) -> list[Row]:
    """What the close of a month charges of the contract: each charge with its events and the invoice it is on."""
    known = KnownContracts(ledger, contract_id)
    rows: list[Row] = []
    for due in known.due(month):
        invoices = [
            d.number
            for d in ledger.documents(month, customer_id=due.contract.customer_id)
            if d.kind == "invoice" and d.replaces_number is None
        ]
        for charge in due.charges:
            days = f"{charge.billed_days}/{charge.month_days}"
            told = " ".join(f"#{event}" for event in charge.events)
            item = (str(due.charged_month), charge.label, charge.quantity, charge.unit_cents)
            rows.append((*item, days, charge.amount_cents, told, ", ".join(invoices) or "not invoiced"))
    return rows
