"""What the notice of a fixed price says: which prices of a contract change, from when, and how its customer may leave.

Terms of sale, art. 6.1 (the customer is told one month before) and 4.2 (one month's notice ends the contract).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.calendar import Month, add_months
from domain.contract_event import ContractEvent, History
from domain.contract_rules import earliest_after
from domain.countries import french_country
from domain.order_form import Item
from domain.subscription import price_on

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Repricing:
    """So many of an item, and what each costs a month before and after, in cents; before is None where nothing was."""

    item: Item
    label: str
    quantity: int
    before_cents: int | None
    after_cents: int

    @property
    def difference_cents(self) -> int:
        """What the month comes to more, or less, for all of them."""
        return self.quantity * (self.after_cents - (self.before_cents or 0))


def repricings(before: History, event: ContractEvent) -> list[Repricing]:
    """What a price event changes of the contract as it was known before it: a row for each price there was."""
    order, after = before.order, event.unit_cents or 0
    eve = max(event.effective_on - DAY, order.started_on)
    if event.item == "numbers":
        label, country = f"Numéros {french_country(event.country or '')}", event.country
        held = Counter(
            price_on("numbers", one.monthly_cents, one.valid_from, eve, before.prices, country)[0]
            for one in before.numbers(event.effective_on)
            if one.country == country
        )
        rows = [Repricing("numbers", label, count, cents, after) for cents, count in sorted(held.items())]
        return rows or [Repricing("numbers", label, 0, None, after)]
    item = event.item or "subscription"
    label, signed, quantity = {
        "subscription": (f"Abonnement {order.subscription_type}", order.subscription_cents, 1),
        "users": ("Utilisateurs", order.user_cents, before.quantity("users", event.effective_on)),
        "licences": ("Licences centre d’appels", order.licence_cents, before.quantity("licences", event.effective_on)),
    }[item]
    cents, _ = price_on(item, signed, order.started_on, eve, before.prices)
    return [Repricing(item, label, quantity, cents, after)]


def is_in_force(event: ContractEvent, events: Iterable[ContractEvent], day: dt.date | None = None) -> bool:
    """Whether a price event, one of its contract's ``events``, says the price of a day: by default of its first.

    It does until another begins later, or was recorded since for the same day, or the contract is over.
    """
    known, on = list(events), max(event.effective_on, day or event.effective_on)
    ends = [one for one in known if one.kind == "termination"]
    if ends and max(ends, key=lambda one: one.sequence).effective_on < on:
        return False
    said = ("price", event.item, event.country)
    prices = [one for one in known if (one.kind, one.item, one.country) == said and one.effective_on <= on]
    return max(prices, key=lambda one: (one.effective_on, one.sequence)) == event


def is_in_time(told_on: dt.date, effective_on: dt.date) -> bool:
    """Whether the customer has his month (art. 6.1)."""
    return earliest_after(told_on) <= effective_on


def first_charged_on(effective_on: dt.date) -> dt.date:
    """The first day what is there already costs the new price: a month is charged at the price it began with."""
    month = Month.of(effective_on)
    return effective_on if effective_on == month.first_date else month.next.first_date


def last_day_to_leave(effective_on: dt.date) -> dt.date:
    """The last day a notice of termination ends the contract before a month is charged at the new price."""
    last = first_charged_on(effective_on) - DAY
    # A month back may be clamped to a shorter month's end; a day or more after it may still do.
    day = add_months(last, -1)
    while earliest_after(day + DAY) <= last:
        day += DAY
    return day
