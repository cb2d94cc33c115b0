"""The prices a new tariff changes, as the table that goes with its notice: a file a French spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from domain.french import french_decimal
from domain.money import MICROS_PER_EURO

ANY = "*"
# Which calls a price is for, when it is not for all of them.
CALLS = {ANY: "", "direct": "appels directs", "forwarded": "renvois d’appels", "campaign": "campagnes d’appels",
         "incoming": "appels reçus"}  # fmt: skip
NUMBERS = {ANY: "", "fixed": "numéros fixes", "mobile": "numéros mobiles", "free": "numéros gratuits",
           "shared": "numéros à prix ordinaire", "surcharged": "numéros majorés", "special": "numéros spéciaux",
           "satellite": "numéros de satellites"}  # fmt: skip


class CallPrice(NamedTuple):
    """Everything that says what a call costs. Amounts are micro-euros."""

    price_per_minute_micros: int
    connection_fee_micros: int = 0
    minimum_charge_micros: int = 0
    surcharge_per_call_micros: int = 0
    surcharge_per_minute_micros: int = 0
    initial_seconds: int = 1
    increment_seconds: int = 1
    # What allowances and tiers count together.
    destination_group: str = ""


TERMS: dict[str, str] = {
    "price_per_minute_micros": "Prix par minute HT (EUR), {}",
    "connection_fee_micros": "Frais de connexion HT (EUR), {}",
    "minimum_charge_micros": "Minimum par appel HT (EUR), {}",
    "surcharge_per_call_micros": "Prix du service par appel HT (EUR), {}",
    "surcharge_per_minute_micros": "Prix du service par minute HT (EUR), {}",
    "initial_seconds": "Première durée due (s), {}",
    "increment_seconds": "Pas de facturation (s), {}",
    "destination_group": "Groupe de minutes, {}",
}
TIMES = ("avant", "après")


@dataclass(frozen=True)
class PriceChange:
    """A price before and after; None where there was, or is, none."""

    category: str
    country: str
    before: CallPrice | None
    after: CallPrice | None
    origin_country: str = ANY
    origin_number_type: str = ANY
    call_category: str = ANY

    @property
    def order(self) -> tuple[object, ...]:
        """By what a reader looks up first."""
        calls = (self.origin_country, self.origin_number_type, self.call_category)
        return self.category, self.country, *calls, self.before or (), self.after or ()


def price_list_csv(changes: Sequence[PriceChange]) -> bytes:
    """One row a change: semicolons, decimal comma, a byte-order mark. The price of a minute, and what else differs."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    shown = [name for index, name in enumerate(TERMS) if index == 0 or any(_differs(c, name) for c in changes)]
    headings = [TERMS[name].format(time) for name in shown for time in TIMES]
    writer.writerow(["Destination", "Pays", *headings, "Depuis le pays", "Depuis", "Pour"])
    for change in changes:
        from_country = "" if change.origin_country == ANY else change.origin_country
        numbers = NUMBERS.get(change.origin_number_type, change.origin_number_type)
        writer.writerow([change.category, change.country, *_cells(change, shown), from_country, numbers,
                         CALLS[change.call_category]])  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def _differs(change: PriceChange, name: str) -> bool:
    none = CallPrice(0)
    term = attrgetter(name)
    return bool(term(change.before or none) != term(change.after or none))


def _cells(change: PriceChange, names: Iterable[str]) -> list[str]:
    return [_cell(price, name) for name in names for price in (change.before, change.after)]


def _cell(price: CallPrice | None, name: str) -> str:
    if price is None:
        return ""
    value = getattr(price, name)
    if not name.endswith("_micros"):
        return str(value)
    euros, rest = divmod(value, MICROS_PER_EURO)
    return french_decimal(f"{euros}.{rest:06d}", places=2)
