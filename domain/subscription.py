"""The fixed part of a month: what an order form charges whether or not anyone calls (art. 6.1, 3.2, 4).

A month that a contract begins is charged pro rata by calendar days, or in full if the order form says so; a
month that it ends in is due in full ("tout mois entamé sera dû"); nothing is charged outside the contract.
What is added during a month follows the same rule, or one of its own; what is given back is due to the month's
end. So a place given back and taken again within a month is one place of that month: only what goes past the
most the month has paid for already is charged. A price is the one in force when the service begins that month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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
    Sequences,
)


@dataclass(frozen=True)
class _Lot:
    """So many of an item that a month charges from one day."""

    first_day: dt.date
    quantity: int
    billed_days: int
    events: Sequences


def fixed_charges(
    order: OrderForm,
    rentals: Iterable[NumberRental],
    month: Month,
    changes: Iterable[QuantityChange] = (),
    prices: Iterable[PriceChange] = (),
) -> list[FixedCharge]:
    """What a contract is charged for the month, in the order an invoice lists it.

    An item of no quantity or no price is not a charge. ``rentals``, ``changes`` and ``prices`` are those of this
    contract, in any order.
    """
    if not order.in_service(month):
        return []
    own_changes, own_prices = list(changes), list(prices)
    items: list[tuple[Item, str, int, int]] = [
        ("subscription", f"Abonnement {order.subscription_type}", 1, order.subscription_cents),
        ("users", "Utilisateurs", order.users, order.user_cents),
        ("licences", "Licences centre d’appels", order.licences, order.licence_cents),
    ]
    charges = [
        FixedCharge(item, label, lot.quantity, cents, lot.billed_days, month.days, (*lot.events, *told))
        for item, label, quantity, signed_cents in items
        for lot in _lots(order, item, quantity, own_changes, month)
        for cents, told in [price_on(item, signed_cents, order.started_on, lot.first_day, own_prices)]
    ]
    charges += _number_charges(order, rentals, month, own_prices)
    return merged(charge for charge in charges if charge.quantity and charge.unit_cents)


def left_to_charge(due: Iterable[FixedCharge], charged: Iterable[FixedCharge]) -> list[FixedCharge]:
    """What a closed month still owes: the charges, or the quantities of them, that are due and were not charged."""
    before = {charge.terms: charge.quantity for charge in charged}
    return [
        FixedCharge(*charge.terms[:2], missing, *charge.terms[2:], charge.events)
        for charge in due
        if (missing := charge.quantity - before.get(charge.terms, 0)) > 0
    ]


def billed_days(start: dt.date, rule: FirstMonthRule, month: Month) -> int:
    """Days charged in the month for a service begun on ``start``: the end of a service never counts."""
    if rule == "full" or start <= month.first_date:
        return month.days
    return (month.last_date - start).days + 1


def _lots(order: OrderForm, item: Item, signed: int, changes: Iterable[QuantityChange], month: Month) -> Iterator[_Lot]:
    """What is there when the month begins, then each day's excess over the most that was there before it."""
    by_day = _by_day(order, item, signed, changes)
    opening = [change for day, found in by_day.items() if day <= month.first_date for change in found]
    there = paid = sum(change.quantity for change in opening)
    yield _Lot(month.first_date, paid, month.days, _told(opening))
    for day in sorted(day for day in by_day if month.first_date < day <= month.last_date):
        there += sum(change.quantity for change in by_day[day])
        excess, paid = max(there - paid, 0), max(there, paid)
        rules: tuple[FirstMonthRule, ...] = ("prorata", "full")
        for rule in rules:
            added = [change for change in by_day[day] if _rule(change, order) == rule and change.quantity > 0]
            # The last rule takes what is left: an excess is never more than what was added that day.
            quantity = min(excess, sum(change.quantity for change in added))
            excess -= quantity
            yield _Lot(day, quantity, billed_days(day, rule, month), _told(added))


def _by_day(
    order: OrderForm, item: Item, signed: int, changes: Iterable[QuantityChange]
) -> dict[dt.date, list[QuantityChange]]:
    """Changes by the day they take effect; what was signed is the first of them. ``item`` may be the subscription."""
    found = {order.started_on: [QuantityChange("users", signed, order.started_on, None, order.events)]}
    for change in changes:
        if change.item == item and not order.is_over(change.effective_on):
            found.setdefault(max(change.effective_on, order.started_on), []).append(change)
    return found


def _rule(change: QuantityChange, order: OrderForm) -> FirstMonthRule:
    return change.first_month_rule or order.first_month_rule


def _told(changes: Iterable[QuantityChange]) -> Sequences:
    return tuple(event for change in changes if change.quantity for event in change.events)


def price_on(
    item: Item,
    signed_cents: int,
    since: dt.date,
    day: dt.date,
    prices: Iterable[PriceChange],
    country: str | None = None,
) -> tuple[int, Sequences]:
    """The price in force on a day of what was signed at ``signed_cents`` on ``since``, and the event that says so."""
    told = [
        price
        for price in prices
        if (price.item, price.country) == (item, country) and since <= price.effective_on <= day
    ]
    if not told:
        return signed_cents, ()
    last = max(told, key=lambda price: (price.effective_on, price.events))
    return last.unit_cents, last.events


def _number_charges(
    order: OrderForm, rentals: Iterable[NumberRental], month: Month, prices: Sequence[PriceChange]
) -> Iterator[FixedCharge]:
    """A charge for each number; those alike in country, price and days become one."""
    found = []
    for rental in _first_of_each_number(order, rentals, month):
        start = max(rental.valid_from, order.started_on)
        day = max(start, month.first_date)
        cents, told = price_on("numbers", rental.monthly_cents, rental.valid_from, day, prices, rental.country)
        days = billed_days(start, rental.first_month_rule or order.first_month_rule, month)
        found.append(((rental.country, cents, days), (*rental.events, *told)))
    for (country, cents, days), events in sorted(found, key=lambda entry: _country_then_full_months(entry[0])):
        yield FixedCharge("numbers", f"Numéros {french_country(country)}", 1, cents, days, month.days, events)


def merged(charges: Iterable[FixedCharge]) -> list[FixedCharge]:
    """Charges of equal terms as one, where the first of them stands."""
    found: dict[tuple[object, ...], FixedCharge] = {}
    for charge in charges:
        same = found.get(charge.terms)
        quantity, events = (same.quantity, same.events) if same else (0, ())
        found[charge.terms] = FixedCharge(
            *charge.terms[:2], quantity + charge.quantity, *charge.terms[2:], tuple(sorted({*events, *charge.events}))
        )
    return list(found.values())


def _first_of_each_number(order: OrderForm, rentals: Iterable[NumberRental], month: Month) -> Iterator[NumberRental]:
    """A number whose price or validity changes within the month is still one number of the month."""
    seen: set[str] = set()
    for rental in sorted(rentals, key=lambda r: (r.number, r.valid_from)):
        if rental.in_service(order, month) and rental.number not in seen:
            seen.add(rental.number)
            yield rental


def _country_then_full_months(entry: tuple[str, int, int]) -> tuple[bool, str, int, int]:
    country, cents, days = entry
    return country != "FR", french_country(country), cents, -days
