"""VAT on a document: which rule a customer's territory gives, and the tax of a base, once per rate.

The rules are dated rows of the ledger (BILLING_RULES, "Invoice"): territory, EN 16931 category, rate, mention.
The tax of a rate is computed on the whole base of that rate, half-up to the cent; never line by line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import BadInput, PermanentError
from domain.money import divide_half_up

# The dated rules know resale between operators as a territory of its own (art. 283-2 octies).
RESELLER = "RESELLER"
REVERSE_CHARGE = "AE"
OUTSIDE_VAT = "O"
_WITH_FRENCH_VAT = ("FR_MAINLAND", "FR_DOM")


@dataclass(frozen=True)
class VatRule:
    """VAT of a territory from a date until the next rule of that territory."""

    territory: str
    valid_from: dt.date
    category: str
    rate_basis_points: int
    mention: str


@dataclass(frozen=True)
class TaxTotal:
    """One rate of a document: its base and its tax, cents."""

    category: str
    rate_basis_points: int
    base_cents: int
    tax_cents: int


def vat_rule_for(
    rules: Iterable[VatRule], *, territory: str, is_reseller: bool, vat_number: str | None, on: dt.date, customer: str
) -> VatRule:
    """The rule for a customer whose supply ends on ``on``.

    Raises:
        BadInput: the customer must state a VAT number and does not; the message names ``customer``.
        PermanentError: no rule of the territory is in force on that day.
    """
    if territory == "EU" and not vat_number:
        raise BadInput(
            f"{customer}: a business of the European Union without a VAT number is not invoiced"
            " (art. 283-2 CGI); record its VAT number, then close again"
        )
    name = RESELLER if is_reseller and territory in _WITH_FRENCH_VAT else territory
    in_force = [rule for rule in rules if rule.territory == name and rule.valid_from <= on]
    if not in_force:
        raise PermanentError(f"no VAT rule for {name} is in force on {on}; add it to the ledger's vat_rule")
    rule = max(in_force, key=lambda r: r.valid_from)
    if rule.category == REVERSE_CHARGE and not vat_number:
        raise BadInput(
            f"{customer}: the buyer owes the tax (category AE) and has no VAT number to print;"
            " record its VAT number, then close again"
        )
    return rule


def tax_totals(amounts: Iterable[tuple[str, int, int]]) -> list[TaxTotal]:
    """Tax per rate of ``(category, rate_basis_points, amount_cents)`` lines, highest rate first."""
    bases: dict[tuple[str, int], int] = {}
    for category, rate, cents in amounts:
        bases[category, rate] = bases.get((category, rate), 0) + cents
    ordered = sorted(bases.items(), key=lambda item: (-item[0][1], item[0][0]))
    return [TaxTotal(category, rate, base, divide_half_up(base * rate, 10_000)) for (category, rate), base in ordered]
