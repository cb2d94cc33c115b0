"""What the cells of a row say beside its destination: price, fees, increments, days, and which calls it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from adapters.decks.countries import named_country
from adapters.decks.units import PRICES
from adapters.decks.values import Unit, parse_date, parse_increments, parse_micros
from adapters.ledger.price_tables import CALL_CATEGORIES
from domain.errors import BadInput
from domain.tariff import ANY

NUMBER_TYPES = (ANY, "fixed", "mobile", "free", "shared", "surcharged", "special", "satellite")
DATES = ("valid_from", "valid_to")


class Terms(NamedTuple):
    """What the cells of a row say beside its destination, and what is wrong with them."""

    origin: tuple[str, str, str]
    group: str | None
    values: tuple[Any, ...]
    faults: tuple[str, ...]


class TermReader:
    """Reads the terms of one deck's rows, each price column in its unit, with known decimal marks."""

    def __init__(self, units: Mapping[str, Unit], marks: frozenset[str]) -> None:
        self._amounts = {
            field: partial(parse_micros, what=field.replace("_", " "), unit=units[field], marks=marks)
            for field in PRICES
        }

    def read(self, cells: Mapping[str, str]) -> Terms:
        """The terms of a row by field, with every fault of its cells."""
        faults: list[str] = [] if cells["price"] else ["price is empty"]

        def value(field: str, parse: Callable[[str], Any], default: Any) -> Any:
            try:
                return parse(cells[field]) if cells.get(field) else default
            except BadInput as error:
                faults.append(str(error))
                return default

        origin = (
            value("origin_country", _origin_country, ANY),
            value("origin_number_type", partial(_one_of, NUMBER_TYPES, "origin number type"), ANY),
            value("call_category", partial(_one_of, CALL_CATEGORIES, "call category"), ANY),
        )
        amounts = [value(field, parse, 0) for field, parse in self._amounts.items()]
        seconds = partial(parse_increments, what="increments")
        first, increment = value("increments", seconds, (None, 1))
        _, initial = value("initial", seconds, (None, first or increment))
        dates = [value(field, partial(parse_date, what=field.replace("_", " ")), None) for field in DATES]
        values = (*amounts, initial, increment, *dates)
        return Terms(origin, cells.get("destination_group") or None, values, tuple(faults))


def _origin_country(text: str) -> str:
    country = text if text == ANY else named_country(text)
    if country is None:
        raise BadInput(f"origin country: {text!r} is not a country; write two capitals, like FR, or *")
    return country


def _one_of(allowed: tuple[str, ...], what: str, text: str) -> str:
    if text not in allowed:
        raise BadInput(f"{what}: {text!r} is not one of {', '.join(allowed)}")
    return text
