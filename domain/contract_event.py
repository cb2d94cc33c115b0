"""A contract through time: what was signed, then each change as an event that is never rewritten.

An event has two dates: the day it takes effect, and the first month whose close knows of it (``known_month``; None:
every close). So a closed month is computed again as it was billed, whatever was recorded since, and what was recorded
late is what its month still owes. Terms of sale, art. 4 (one month's notice, any started month due) and 6.1 (a price
changes one month after the customer was told).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from domain.calendar import Month
from domain.countries import french_country
from domain.order_form import (
    FirstMonthRule,
    FixedCharge,
    Item,
    NumberRental,
    OrderForm,
    PriceChange,
    QuantityChange,
)
from domain.subscription import fixed_charges, merged, price_on

EventKind = Literal["subscription", "quantity", "price", "number", "number_end", "termination"]


@dataclass(frozen=True)
class ContractEvent:
    """A change of a contract. ``sequence`` is its rank among the contract's, from 1, which is the subscription.

    quantity: ``item`` and how many more or, negative, fewer. price: ``item`` and ``unit_cents`` a month; of numbers,
    with their ``country``. number: ``number``, ``country`` and ``unit_cents``. number_end: its first day without.
    termination: ``effective_on`` is the last day of service.
    """

    contract_id: str
    sequence: int
    kind: EventKind
    effective_on: dt.date
    known_month: str | None = None
    item: Item | None = None
    quantity: int | None = None
    unit_cents: int | None = None
    number: str | None = None
    country: str | None = None
    first_month_rule: FirstMonthRule | None = None
    notice_date: dt.date | None = None
    waived_by: str | None = None
    waived_because: str | None = None

    def is_known_to(self, month: Month) -> bool:
        """Whether the close of a month takes it into account."""
        return self.known_month is None or self.known_month <= str(month)


@dataclass(frozen=True)
class History:
    """A contract as one close knows it."""

    order: OrderForm
    rentals: tuple[NumberRental, ...] = ()
    changes: tuple[QuantityChange, ...] = ()
    prices: tuple[PriceChange, ...] = ()

    def charges(self, month: Month) -> list[FixedCharge]:
        """What it is charged for a month, each charge with the events it comes from."""
        return fixed_charges(self.order, self.rentals, month, self.changes, self.prices)

    def monthly(self, day: dt.date) -> list[FixedCharge]:
        """What a whole month costs by what is there on a day, in the order of an order form."""
        order = self.order
        counted: list[tuple[Item, str, int, int]] = [
            ("subscription", f"Abonnement {order.subscription_type}", 1, order.subscription_cents),
            ("users", "Utilisateurs", self.quantity("users", day), order.user_cents),
            ("licences", "Licences centre d’appels", self.quantity("licences", day), order.licence_cents),
        ]
        charges = [
            FixedCharge(item, label, quantity, price_on(item, cents, order.started_on, day, self.prices)[0], 1, 1)
            for item, label, quantity, cents in counted
        ]
        charges += [
            FixedCharge(
                "numbers",
                f"Numéros {french_country(number.country)}",
                1,
                price_on("numbers", number.monthly_cents, number.valid_from, day, self.prices, number.country)[0],
                1,
                1,
            )
            for number in self.numbers(day)
        ]
        return merged(charge for charge in charges if charge.quantity)

    def numbers(self, day: dt.date) -> list[NumberRental]:
        """The numbers it has on a day, by number."""
        held = (n for n in self.rentals if n.valid_from <= day and (n.valid_to is None or day < n.valid_to))
        return sorted(held, key=lambda number: number.number)

    def quantity(self, item: Item, day: dt.date) -> int:
        """How many users or licences there are on a day."""
        signed = {"users": self.order.users, "licences": self.order.licences}[item]
        return signed + sum(c.quantity for c in self.changes if c.item == item and c.effective_on <= day)


def history(signed: OrderForm, events: Iterable[ContractEvent], known_to: Month | None = None) -> History | None:
    """The contract as the close of ``known_to`` knows it, or as it is known now; None if it is not known yet.

    ``signed`` is the order form itself; whether it ended is what the events say.
    """
    known = sorted((e for e in events if known_to is None or e.is_known_to(known_to)), key=lambda e: e.sequence)
    subscription = next((event for event in known if event.kind == "subscription"), None)
    if subscription is None:
        return None
    ends = [event for event in known if event.kind == "termination"]
    ended_on = ends[-1].effective_on if ends else None
    return History(
        replace(signed, ended_on=ended_on, events=(subscription.sequence,)),
        tuple(rentals(known)),
        tuple(
            QuantityChange(_counted(e), e.quantity or 0, e.effective_on, e.first_month_rule, (e.sequence,))
            for e in known
            if e.kind == "quantity"
        ),
        tuple(
            PriceChange(e.item or "subscription", e.unit_cents or 0, e.effective_on, e.country, (e.sequence,))
            for e in known
            if e.kind == "price"
        ),
    )


def _counted(event: ContractEvent) -> Literal["users", "licences"]:
    return "users" if event.item == "users" else "licences"


def rentals(events: Iterable[ContractEvent]) -> Iterator[NumberRental]:
    """Assignments of numbers; an end is of the assignment that began last before it, and the last end stands."""
    known = sorted(events, key=lambda event: event.sequence)
    begins = sorted((e for e in known if e.kind == "number"), key=lambda e: (e.number or "", e.effective_on))
    for index, begin in enumerate(begins):
        following = begins[index + 1] if index + 1 < len(begins) else None
        until = following.effective_on if following is not None and following.number == begin.number else None
        ends = [
            e
            for e in known
            if e.kind == "number_end"
            and e.number == begin.number
            and begin.effective_on < e.effective_on
            and (until is None or e.effective_on <= until)
        ]
        yield NumberRental(
            number=begin.number or "",
            country=begin.country or "",
            monthly_cents=begin.unit_cents or 0,
            valid_from=begin.effective_on,
            valid_to=ends[-1].effective_on if ends else None,
            first_month_rule=begin.first_month_rule,
            events=(begin.sequence,),
        )
