"""Whom a new tariff concerns, and which prices it changes: what its notice says, a month before (art. 6.1)."""

from __future__ import annotations

import datetime as dt

from adapters.ledger.store import Ledger
from adapters.ledger.tables import Customer, TariffVersion
from adapters.letters import PriceChange
from domain.errors import BadInput
from domain.tariff import check_notice

# Category and country; a price of each kind of origin is one of several.
Key = tuple[str, str, str, str, str]


def told_of(ledger: Ledger, version_id: str, today: dt.date) -> list[Customer]:
    """The customers with a contract of its plan on the day it takes effect.

    Raises:
        BadInput: no such version, or a notice of today would be late.
    """
    version = next((v for v in ledger.tariff_versions() if v.version_id == version_id), None)
    if version is None:
        raise BadInput(f"{version_id} is no tariff version of the ledger; import it first")
    check_notice(version.valid_from, today, version_id=version_id)
    concerned = {
        contract.customer_id
        for contract in ledger.contracts()
        if contract.tariff_plan == version.plan
        and contract.started_on <= version.valid_from
        and (contract.ended_on is None or contract.ended_on >= version.valid_from)
    }
    return [customer for customer in ledger.customers() if customer.customer_id in concerned]


def price_changes(ledger: Ledger, version: TariffVersion) -> list[PriceChange]:
    """The prices of a version that differ from the one before it of the same plan, by category."""
    earlier = [v for v in ledger.tariff_versions() if v.plan == version.plan and v.valid_from < version.valid_from]
    before = _prices(ledger, max(earlier, key=lambda v: v.valid_from)) if earlier else {}
    after = _prices(ledger, version)
    changed = {
        PriceChange(key[0], key[1], before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    return sorted(changed, key=lambda c: (c.category, c.country, c.before_micros or 0, c.after_micros or 0))


def _prices(ledger: Ledger, version: TariffVersion) -> dict[Key, int]:
    """Price per minute of each rate that is in force on the version's first day."""
    return {
        (r.category, r.destination_country, r.origin_country, r.origin_number_type, r.destination_prefix): (
            r.price_per_minute_micros
        )
        for r in ledger.rates(version.version_id)
        if r.valid_from <= version.valid_from and (r.valid_to is None or r.valid_to > version.valid_from)
    }
