"""An event of a contract, held to its rules and written; or found, where it was recorded before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, select

from adapters.ledger.contract_journal import Signature, as_domain, order_form, record
from adapters.ledger.delivery_tables import event_subject
from adapters.ledger.tables import Contract, ContractEvent, Delivery
from domain import contract_event as domain
from domain.contract_event import history
from domain.contract_rules import check_event
from domain.errors import BadInput, PermanentError


def signed_contract(session: Session, contract_id: str) -> Contract:
    """The contract's row. Raises PermanentError when there is none."""
    contract = session.get(Contract, contract_id)
    if contract is None:
        raise PermanentError(f"{contract_id} is no contract of the ledger; subscribe it, or import it, first")
    return contract


def recorded(
    session: Session, contract: Contract, signed: Signature, *, by_mail: bool = False, **event: Any
) -> ContractEvent:
    """The event, held to its rules; the same one recorded before on the same reference, if there is one.

    ``by_mail``: a price whose notice is our mail. It is the same whichever day the mail was asked for, and not the one
    that a letter told.

    Raises:
        BadInput: its rules; a price that a letter told already; one that another took the place of since.
    """
    session.flush()
    rows = session.exec(select(ContractEvent).where(ContractEvent.contract_id == contract.contract_id)).all()
    compared = {name: value for name, value in event.items() if name != "notice_date" or not by_mail}
    same = [
        row
        for row in rows
        if signed.reference is not None
        and row.reference == signed.reference
        and all(getattr(row, name) == value for name, value in compared.items())
    ]
    if same and event["kind"] == "price":
        same = _prices_told_alike(session, same, rows, by_mail=by_mail)
    if same:
        return same[-1]
    notice = event.get("notice_date")
    if notice is not None and signed.recorded_on is not None and notice > signed.recorded_on:
        raise BadInput(
            f"{contract.contract_id}: notice was given on {notice}, which is after {signed.recorded_on}, the day it is"
            " recorded; say the day it was received, or record it that day"
        )
    now = history(order_form(contract), map(as_domain, rows))
    if now is None:
        raise PermanentError(f"{contract.contract_id} has no subscription event; run `seconde init`")
    check_event(domain.ContractEvent(contract_id=contract.contract_id, sequence=len(rows) + 1, **event), now)
    return record(session, contract, signed, **event)


def _prices_told_alike(
    session: Session, same: Iterable[ContractEvent], rows: Sequence[ContractEvent], *, by_mail: bool
) -> list[ContractEvent]:
    """Of the same prices the last that is told by the same means, if any; a waived one needs none.

    Nothing is passed over in silence: who records a price means it to be told so, and to stand.
    """
    ours = set(session.exec(select(Delivery.event_sequence).where(Delivery.contract_id == rows[0].contract_id)))
    alike = [row for row in same if by_mail or row.waived_by is not None or row.sequence not in ours]
    if not alike:
        return []
    row = max(alike, key=lambda one: one.sequence)
    subject = event_subject(row.contract_id, row.sequence)
    if by_mail and row.waived_by is None and row.sequence not in ours:
        raise BadInput(
            f"{subject} says this price, and a letter of {row.notice_date} told it: a copy is printed by `seconde"
            f" contract price-notice {row.contract_id} {row.sequence}`; if our mail is to be its notice, record it on"
            " another --reference"
        )
    last = max((one for one in rows if _place(one) == _place(row)), key=lambda one: one.sequence)
    if last is not row:
        raise BadInput(
            f"{subject} says this on the same reference, and {event_subject(row.contract_id, last.sequence)} took its"
            " place since; record it on another --reference if it is to stand again"
        )
    return [row]


def _place(event: ContractEvent) -> tuple[object, ...]:
    return event.kind, event.item, event.country, event.effective_on
