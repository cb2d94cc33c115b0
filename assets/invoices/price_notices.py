"""Whom a new tariff concerns, and which prices it changes for him: what its notice says, a month before (art. 6.1).

A customer is concerned by a version of his contract's plan, and by one of the plan that one falls back to: its prices
rate his calls wherever his own plan has none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import product

from adapters.ledger.store import Ledger
from adapters.ledger.tables import Customer, TariffRate, TariffVersion
from adapters.price_list import ANY, CallPrice, PriceChange
from domain.errors import BadInput
from domain.french import french_count
from domain.tariff import check_notice

# Two rates of one plan that have these in common replace each other.
Key = tuple[str, str, str, str]
INCOMING = "incoming"


class PriceNotice:
    """A version against the one before it of its plan; read once, whoever is told."""

    def __init__(self, ledger: Ledger, version: TariffVersion) -> None:
        self.ledger = ledger
        self.version = version
        self._hidden: dict[str, frozenset[Key]] = {}

    def customers(self) -> list[Customer]:
        """Whom it tells: who has a contract that a changed price rates, on the day it takes effect."""
        return [one for one in self.ledger.customers() if self.changes({one.customer_id})]

    def changes(self, customer_ids: Collection[str]) -> list[PriceChange]:
        """The prices that change for customers, by category: not those that their own plans price themselves."""
        plans = {plan for customer_id in customer_ids for plan in self._plans.get(customer_id, ())}
        if not plans:
            return []
        hidden = [self._own_prices(plan) for plan in plans]
        found = {change for key, change in self._every if not all(_hides(own, key) for own in hidden)}
        return sorted(found | set(self._tiers), key=lambda change: change.order)

    @cached_property
    def _plans(self) -> dict[str, set[str]]:
        """The plans of each customer's contracts that the version rates."""
        fallbacks = {row.plan: row.fallback_plan for row in self.ledger.tariff_plans()}
        day, plans = self.version.valid_from, dict[str, set[str]]()
        for contract in self.ledger.contracts():
            is_served = contract.started_on <= day and (contract.ended_on is None or contract.ended_on >= day)
            if is_served and self.version.plan in (contract.tariff_plan, fallbacks.get(contract.tariff_plan)):
                plans.setdefault(contract.customer_id, set()).add(contract.tariff_plan)
        return plans

    @cached_property
    def _before(self) -> TariffVersion | None:
        earlier = [
            other
            for other in self.ledger.tariff_versions()
            if other.plan == self.version.plan and other.valid_from < self.version.valid_from
        ]
        return max(earlier, key=lambda other: other.valid_from, default=None)

    @cached_property
    def _every(self) -> list[tuple[Key, PriceChange]]:
        day = self.version.valid_from
        before = {}
        if self._before is not None:
            before = _rates(self.ledger, self._before, min(day, self._before.valid_to or day) - dt.timedelta(days=1))
        after = _rates(self.ledger, self.version, day)
        return [
            (key, _change(before.get(key), after.get(key)))
            for key in before.keys() | after.keys()
            if _price(before.get(key)) != _price(after.get(key))
        ]

    @cached_property
    def _tiers(self) -> list[PriceChange]:
        """The prices past so many minutes a month that change."""
        prices: dict[str, dict[tuple[str, int], CallPrice]] = {}
        for tier in self.ledger.tariff_tiers():
            own = prices.setdefault(tier.version_id, {})
            own[tier.destination_group, tier.from_minutes] = CallPrice(tier.price_per_minute_micros)
        before = prices.get(self._before.version_id, {}) if self._before else {}
        after = prices.get(self.version.version_id, {})
        return [
            PriceChange(_past(*key), "", before.get(key), after.get(key))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        ]

    def _own_prices(self, plan: str) -> frozenset[Key]:
        """What a plan that falls back to the version's prices itself from that day on, with no end to it."""
        if plan == self.version.plan:
            return frozenset()
        if plan not in self._hidden:
            versions = [v for v in self.ledger.tariff_versions() if v.plan == plan and v.valid_to is None]
            self._hidden[plan] = frozenset(
                key
                for version in versions
                if version.valid_from <= self.version.valid_from
                for key, rate in _rates(self.ledger, version, self.version.valid_from).items()
                if rate.valid_to is None
            )
        return self._hidden[plan]


def told_of(ledger: Ledger, version_id: str, today: dt.date) -> list[Customer]:
    """The customers whose calls a version rates otherwise than before, from the day it takes effect.

    Raises:
        BadInput: no such version, one that changes no price, or a notice of today would be late.
    """
    version = next((v for v in ledger.tariff_versions() if v.version_id == version_id), None)
    if version is None:
        raise BadInput(f"{version_id} is no tariff version of the ledger; import it first")
    check_notice(version.valid_from, today, version_id=version_id)
    told = PriceNotice(ledger, version).customers()
    if not told:
        raise BadInput(
            f"{version_id} changes no price of a customer on {version.valid_from}: there is nobody to tell; check its"
            " plan and its rates against the version before"
        )
    return told


def _hides(own: frozenset[Key], key: Key) -> bool:
    """Whether a rate of a customer's own plan takes every call a rate of the fallback would: same prefix, or wider."""
    country, number_type, prefix, category = key
    # No * takes an incoming call.
    categories = {category} if category == INCOMING else {category, ANY}
    return any((c, n, prefix, k) in own for c, n, k in product({country, ANY}, {number_type, ANY}, categories))


def _rates(ledger: Ledger, version: TariffVersion, day: dt.date) -> dict[Key, TariffRate]:
    """The rates of a version that are in force on a day."""
    return dict(_keyed(ledger, version, day))


def _keyed(ledger: Ledger, version: TariffVersion, day: dt.date) -> Iterator[tuple[Key, TariffRate]]:
    for r in ledger.rates(version.version_id):
        if r.valid_from <= day and (r.valid_to is None or r.valid_to > day):
            yield (r.origin_country, r.origin_number_type, r.destination_prefix, r.call_category), r


def _price(rate: TariffRate | None) -> CallPrice | None:
    if rate is None:
        return None
    return CallPrice(
        rate.price_per_minute_micros,
        rate.connection_fee_micros,
        rate.minimum_charge_micros,
        rate.surcharge_per_call_micros,
        rate.surcharge_per_minute_micros,
        rate.initial_seconds,
        rate.increment_seconds,
        rate.destination_group or "",
    )


def _change(before: TariffRate | None, after: TariffRate | None) -> PriceChange:
    rate = after or before
    assert rate is not None  # noqa: S101 one of the two is always there
    calls = (rate.origin_country, rate.origin_number_type, rate.call_category)
    return PriceChange(rate.category, rate.destination_country, _price(before), _price(after), *calls)


def _past(group: str, minutes: int) -> str:
    return f"{group}, au-delà de {french_count(minutes, 'minute')} par mois"
