"""The notice of a contract's own price: queued in the transaction that records the price, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlmodel import Session, col, select

from adapters.ledger.contract_journal import Signature, as_domain
from adapters.ledger.contract_recording import recorded, signed_contract
from adapters.ledger.deliveries import enqueue_in
from adapters.ledger.delivery_tables import event_subject
from adapters.ledger.store import Ledger
from adapters.ledger.tables import ContractEvent, Customer, Delivery
from domain import contract_event as domain
from domain.calendar import Month, local_date
from domain.delivery import delivery_id
from domain.price_notice import is_in_force, is_in_time


def announce(
    ledger: Ledger, contract_id: str, signed: Signature, now: dt.datetime, **event: Any
) -> tuple[ContractEvent, list[Delivery]]:
    """Record a price and queue its notice, both or neither; gives the event and what was queued.

    The same price on the same reference is one event, whichever day its notice was asked for: asked again, the notice
    goes to the customer's address of today if another one refused it, and to nobody otherwise.

    Args:
        now: naive UTC; when the notice may leave.
        event: the fields of a price ``ContractEvent``.

    Raises:
        BadInput: the rules of ``recorded``: a notice of today would be late, a letter told the price already.
    """
    with ledger.session(signed) as session:
        contract = signed_contract(session, contract_id)
        row = recorded(session, contract, signed, by_mail=True, kind="price", **event)
        customer = session.get_one(Customer, contract.customer_id)
        recipient = customer.email.strip()
        wanted = Delivery(
            delivery_id=delivery_id("email", recipient, event_subject(contract_id, row.sequence)),
            channel="email",
            recipient=recipient,
            customer_id=customer.customer_id,
            contract_id=contract_id,
            event_sequence=row.sequence,
            queued_at=now,
            next_attempt_at=now,
        )
        return row, enqueue_in(session, [wanted])


def untold(ledger: Ledger, month: Month) -> list[tuple[str, str]]:
    """Prices that begin in a month, or that it is the first to charge to what was there, and whose notice did not reach
    the customer a month before: subject and reason.

    A price without a notice of ours is not here: its row says on which day another letter told the customer.
    """
    begins = (
        col(ContractEvent.kind) == "price",
        col(ContractEvent.waived_by).is_(None),
        # What begins within a month is charged from the next one on (``first_charged_on``).
        col(ContractEvent.effective_on) > month.previous.first_date,
        col(ContractEvent.effective_on) <= month.last_date,
    )
    theirs = select(ContractEvent.contract_id).where(*begins)
    with ledger.reading() as session:
        prices = session.exec(select(ContractEvent).where(*begins)).all()
        notices = notices_of(session, theirs)
        events: dict[str, list[domain.ContractEvent]] = defaultdict(list)
        for row in session.exec(select(ContractEvent).where(col(ContractEvent.contract_id).in_(theirs))):
            events[row.contract_id].append(as_domain(row))
    return sorted(
        (event_subject(row.contract_id, row.sequence), reason)
        for row in prices
        for own in [notices.get((row.contract_id, row.sequence), [])]
        if own and is_in_force(as_domain(row), events[row.contract_id], month.first_date)
        for reason in _untold(row, own)
    )


def notices_of(session: Session, contract_ids: Any) -> dict[tuple[str, int], list[Delivery]]:
    """The notices of contracts (ids, or a query of them), by contract and event, oldest first."""
    found: dict[tuple[str, int], list[Delivery]] = defaultdict(list)
    rows = session.exec(select(Delivery).where(col(Delivery.contract_id).in_(contract_ids)))
    for row in sorted(rows, key=lambda row: (row.queued_at, row.delivery_id)):
        if row.contract_id is not None and row.event_sequence is not None:
            found[row.contract_id, row.event_sequence].append(row)
    return found


def told_on(delivery: Delivery) -> dt.date | None:
    """The Paris day a notice left; None while it has not, or when it came back."""
    if delivery.state != "sent" or delivery.sent_at is None:
        return None
    return local_date(delivery.sent_at.replace(tzinfo=dt.UTC))


def _untold(event: ContractEvent, notices: Iterable[Delivery]) -> Iterator[str]:
    days = [told_on(notice) for notice in notices]
    sent = [day for day in days if day is not None]
    if not sent:
        states = ", ".join(sorted({notice.state for notice in notices}))
        yield f"the price of {event.effective_on} was not told: its notice is {states}"
    elif not is_in_time(min(sent), event.effective_on):
        yield f"the price of {event.effective_on} was told on {min(sent)}, less than a month before"
