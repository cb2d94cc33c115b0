"""The fixed part of a month: what an order form charges whether or not anyone calls (art. 6.1, 3.2, 4).

A month that a contract begins is charged pro rata by calendar days, or in full if the order form says so; a
month that it ends in is due in full ("tout mois entamé sera dû"); nothing is charged outside the contract.
A number is charged once a month, at the price in force when its service begins that month; one that is added
during the month follows the contract's first-month rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from domain.calendar import Month
from domain.countries import french_country
from domain.money import divide_half_up

FirstMonthRule = Literal["prorata", "full"]
Item = Literal["subscription", "users", "licences", "numbers"]


@dataclass(frozen=True)
class OrderForm:
    """A contract's fixed part. Prices are cents a month, HT; ``ended_on`` is the last day, inclusive."""

    contract_id: str
    customer_id: str
    subscription_type: str
    subscription_cents: int
    users: int
    user_cents: int
    licences: int
    licence_cents: int
    first_month_rule: FirstMonthRule
    started_on: dt.date
    ended_on: dt.date | None = None

    def in_service(self, month: Month) -> bool:
        """Whether any day of the month is inside the contract."""
        return self.started_on <= month.last_date and (self.ended_on is None or self.ended_on >= month.first_date)


@dataclass(frozen=True)
class NumberRental:
    """A number assigned to a contract on ``[valid_from, valid_to)``, at a price a month."""

    number: str
    country: str
    monthly_cents: int
    valid_from: dt.date
    valid_to: dt.date | None = None

    def in_service(self, order: OrderForm, month: Month) -> bool:
        """Whether any day of the month is inside the rental and inside the contract."""
        first = max(self.valid_from, order.started_on, month.first_date)
        if first > month.last_date or (order.ended_on is not None and first > order.ended_on):
            return False
        return self.valid_to is None or self.valid_to > first


@dataclass(frozen=True)
class FixedCharge:
    """``quantity`` times ``unit_cents``, for ``billed_days`` of the month's ``month_days``; cents half-up."""

    item: Item
    label: str
    quantity: int
    unit_cents: int
    billed_days: int
    month_days: int

    @property
    def amount_cents(self) -> int:
        return divide_half_up(self.quantity * self.unit_cents * self.billed_days, self.month_days)


def fixed_charges(order: OrderForm, rentals: Iterable[NumberRental], month: Month) -> list[FixedCharge]:
    """What the order form charges for the month, in the order an invoice lists it.

    An item of no quantity or no price is not a charge. ``rentals`` are those of this contract, in any order.
    """
    if not order.in_service(month):
        return []
    days = _billed_days(order.started_on, order.first_month_rule, month)
    items: list[tuple[Item, str, int, int]] = [
        ("subscription", f"Abonnement {order.subscription_type}", 1, order.subscription_cents),
        ("users", "Utilisateurs", order.users, order.user_cents),
        ("licences", "Licences centre d’appels", order.licences, order.licence_cents),
    ]
    charges = [
        FixedCharge(item, label, quantity, unit_cents, days, month.days) for item, label, quantity, unit_cents in items
    ]
    charges += _number_charges(order, rentals, month)
    return [charge for charge in charges if charge.quantity and charge.unit_cents]


def _billed_days(start: dt.date, rule: FirstMonthRule, month: Month) -> int:
    """Days charged in the month for a service begun on ``start``: the end of a service never counts."""
    if rule == "full" or start <= month.first_date:
        return month.days
    return (month.last_date - start).days + 1


def _number_charges(order: OrderForm, rentals: Iterable[NumberRental], month: Month) -> Iterator[FixedCharge]:
    """One charge for the numbers alike in country, price and days."""
    counts: dict[tuple[str, int, int], int] = {}
    for rental in _first_of_each_number(order, rentals, month):
        start = max(rental.valid_from, order.started_on)
        key = (rental.country, rental.monthly_cents, _billed_days(start, order.first_month_rule, month))
        counts[key] = counts.get(key, 0) + 1
    for (country, cents, days), count in sorted(counts.items(), key=_country_then_full_months):
        yield FixedCharge("numbers", f"Numéros {french_country(country)}", count, cents, days, month.days)


def _first_of_each_number(order: OrderForm, rentals: Iterable[NumberRental], month: Month) -> Iterator[NumberRental]:
    """A number whose price or validity changes within the month is still one number of the month."""
    seen: set[str] = set()
    for rental in sorted(rentals, key=lambda r: (r.number, r.valid_from)):
        if rental.in_service(order, month) and rental.number not in seen:
            seen.add(rental.number)
            yield rental


def _country_then_full_months(entry: tuple[tuple[str, int, int], int]) -> tuple[bool, str, int, int]:
    country, cents, days = entry[0]
    return country != "FR", french_country(country), cents, -days
