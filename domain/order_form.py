"""What an order form says of the fixed part, and what changes of it: the words ``domain.subscription`` charges by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from domain.calendar import Month
from domain.money import divide_half_up

FirstMonthRule = Literal["prorata", "full"]
Item = Literal["subscription", "users", "licences", "numbers"]
# Of a contract's events: which of them a charge comes from.
Sequences = tuple[int, ...]


@dataclass(frozen=True)
class OrderForm:
    """A contract's fixed part as it was signed. Prices are cents a month, HT; ``ended_on`` is the last day."""

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
    events: Sequences = ()

    def in_service(self, month: Month) -> bool:
        """Whether any day of the month is inside the contract."""
        return self.started_on <= month.last_date and (self.ended_on is None or self.ended_on >= month.first_date)

    def is_over(self, day: dt.date) -> bool:
        """Whether the day is after its last one."""
        return self.ended_on is not None and day > self.ended_on


@dataclass(frozen=True)
class NumberRental:
    """A number assigned to a contract on ``[valid_from, valid_to)``, at a price a month."""

    number: str
    country: str
    monthly_cents: int
    valid_from: dt.date
    valid_to: dt.date | None = None
    # None: as the contract's own first month.
    first_month_rule: FirstMonthRule | None = None
    events: Sequences = ()

    def in_service(self, order: OrderForm, month: Month) -> bool:
        """Whether any day of the month is inside the rental and inside the contract."""
        first = max(self.valid_from, order.started_on, month.first_date)
        if first > month.last_date or order.is_over(first):
            return False
        return self.valid_to is None or self.valid_to > first


@dataclass(frozen=True)
class QuantityChange:
    """Users or licences more, or fewer, from a day on. What is fewer is not there any more on that day."""

    item: Literal["users", "licences"]
    quantity: int
    effective_on: dt.date
    # None: as the contract's own first month.
    first_month_rule: FirstMonthRule | None = None
    events: Sequences = ()


@dataclass(frozen=True)
class PriceChange:
    """The price of an item from a day on, cents a month; of numbers, those of a country that are there already."""

    item: Item
    unit_cents: int
    effective_on: dt.date
    country: str | None = None
    events: Sequences = ()


@dataclass(frozen=True)
class FixedCharge:
    """``quantity`` times ``unit_cents``, for ``billed_days`` of the month's ``month_days``; cents half-up."""

    item: Item
    label: str
    quantity: int
    unit_cents: int
    billed_days: int
    month_days: int
    events: Sequences = ()

    @property
    def amount_cents(self) -> int:
        return divide_half_up(self.quantity * self.unit_cents * self.billed_days, self.month_days)

    @property
    def terms(self) -> tuple[Item, str, int, int, int]:
        """What one of them is charged for: charges of equal terms are one charge."""
        return self.item, self.label, self.unit_cents, self.billed_days, self.month_days
