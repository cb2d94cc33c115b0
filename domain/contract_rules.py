"""What a change of a contract is held to before it is recorded: notice, quantities, and the months that were billed.

Terms of sale, art. 4.2: one month's notice ends a contract, and any started month is due. Art. 6.1: a price changes
one month after the customer was told. A person may waive a notice, by name and with a reason.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from domain.calendar import Month, add_months
from domain.contract_event import ContractEvent, History
from domain.errors import BadInput
from domain.money import format_cents
from domain.order_form import FixedCharge


def check_event(event: ContractEvent, now: History) -> None:
    """Hold an event to the rules of its kind, against the contract as it is known.

    Raises:
        BadInput: outside the contract, a notice that is missing or late and not waived, fewer than nothing.
    """
    contract, order = event.contract_id, now.order
    if event.effective_on < order.started_on:
        raise BadInput(f"{contract} begins on {order.started_on}; {event.effective_on} is before it")
    if event.kind != "termination" and order.is_over(event.effective_on):
        raise BadInput(f"{contract} ended on {order.ended_on}; nothing changes on {event.effective_on}")
    if event.kind == "quantity":
        _check_quantity(event, now)
    elif event.kind == "price":
        _check_notice(event, "the price changes on", event.effective_on)
    elif event.kind == "termination":
        if order.ended_on is not None:
            raise BadInput(f"{contract} ends on {order.ended_on} already; subscribe anew to go on")
        _check_notice(event, "the contract ends on", event.effective_on)


def earliest_after(notice_date: dt.date) -> dt.date:
    """The first day a change, or the last of a contract, of which notice was given that day."""
    return add_months(notice_date, 1)


def _check_notice(event: ContractEvent, what: str, day: dt.date) -> None:
    if event.waived_by is not None:
        return
    way_out = "or say who waives the notice (--accepted-by, --because)"
    if event.notice_date is None:
        raise BadInput(f"{event.contract_id}: {what} {day} and no notice is recorded: say --notice-date, {way_out}")
    earliest = earliest_after(event.notice_date)
    if day < earliest:
        raise BadInput(
            f"{event.contract_id}: {what} {day} and notice was given on {event.notice_date}: {earliest} at the earliest"
            f" (one month); choose that day, {way_out}"
        )


def _check_quantity(event: ContractEvent, now: History) -> None:
    if event.item not in ("users", "licences") or not event.quantity:
        raise BadInput(f"{event.contract_id}: say how many users or licences more (+2) or fewer (-1)")
    days = {event.effective_on, *(c.effective_on for c in now.changes if c.effective_on > event.effective_on)}
    for day in sorted(days):
        there = now.quantity(event.item, day)
        if there + event.quantity < 0:
            raise BadInput(f"{event.contract_id}: {-event.quantity} {event.item} fewer, and {there} are there on {day}")


def check_closed_months(before: History | None, after: History, closed: Iterable[Month]) -> None:
    """What closed months charged may only be added to: the next close charges what is missing.

    Raises:
        BadInput: a month would have charged less of something, or at another price; the message says what to do.
    """
    if before is None:
        return
    for month in closed:
        due = Counter[tuple[object, ...]]()
        for charge in after.charges(month):
            due[charge.terms] += charge.quantity
        lost = [charge for charge in before.charges(month) if due[charge.terms] < charge.quantity]
        if lost:
            raise BadInput(
                f"{after.order.contract_id}: {month} is closed and charged {_named(lost[0])}, which this would undo;"
                f" date the change {month.next.first_date} or later, and give back what was charged too much with"
                " `seconde credit`"
            )


def _named(charge: FixedCharge) -> str:
    return f"{charge.quantity} × {charge.label} at {format_cents(charge.unit_cents)}"
