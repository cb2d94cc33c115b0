"""What each price column of a deck counts: said by its own heading, else with the price; euros only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from adapters.decks.columns import Header, folded
from adapters.decks.files import Record
from adapters.decks.values import MONEY, Unit, parse_call_unit, parse_unit, unit_words
from domain.errors import BadInput
from domain.money import MICROS_PER_EURO

# Beside the price of a minute: amounts of a call, and one of its minutes.
BY_CALL = ("connection_fee", "minimum_charge", "surcharge_per_call")
BY_MINUTE = "surcharge_per_minute"
PRICES = ("price", *BY_CALL, BY_MINUTE)
MINUTES = frozenset(("min", "minute", "minutes"))


def read_units(path: Path, header: Header, records: Iterable[Record], given: str | None) -> Mapping[str, Unit]:
    """The unit of each price column. ``given`` says what the file does not.

    Raises:
        BadInput: no unit, two that differ, a currency that is not the euro, a time that the column has not.
    """
    price = _unit_of_price(path, header, records, given)
    # A heading without a unit counts the price's money, by what its own name says.
    usual = Unit(price.name, price.micros, 1)
    units = {"price": price}
    for field in (*BY_CALL, BY_MINUTE):
        parse = parse_unit if field == BY_MINUTE else parse_call_unit
        units[field] = _in_heading(path, header, field, parse) or usual
    return units


def _in_heading(path: Path, header: Header, field: str, parse: Callable[[str], Unit]) -> Unit | None:
    if field not in header.units:
        return None
    heading, text = header.units[field]
    try:
        unit = parse(text)
    except BadInput as error:
        raise BadInput(f"{path}, heading {heading!r}: {error}") from None
    if unit.per_minute != 1 and MINUTES & {*folded(heading.replace(text, " ")).split()}:
        raise BadInput(f"{path}, heading {heading!r}: it says a minute and a second; mend the one that is wrong")
    return unit


def _unit_of_price(path: Path, header: Header, records: Iterable[Record], given: str | None) -> Unit:
    """In the price's heading, in a column that says one word, or given."""
    units: dict[str, Unit] = {}
    if heading := _in_heading(path, header, "price", parse_unit):
        units["its heading"] = heading
    if cells := _cells(header, records, "unit"):
        if len(cells) > 1:
            raise BadInput(f"{path}: its unit column says {', '.join(sorted(cells))}; make one deck of each")
        units["its unit column"] = parse_unit(cells.pop())
    if given:
        units["--unit"] = parse_unit(given)
    currencies = _cells(header, records, "currency")
    foreign = sorted(cell for cell in currencies if MONEY.get(unit_words(cell)[0]) != MICROS_PER_EURO)
    if foreign:
        raise BadInput(
            f"{path}: its currency column says {', '.join(foreign)}; convert other currencies, write EUR, and say what"
            " is in cents in the price's heading"
        )
    if currencies and not units:
        units["its currency column"] = parse_unit(currencies.pop())
    if not units:
        raise BadInput(f"{path} does not say what its prices count; say --unit EUR/min, or --unit cents/min")
    if len({unit[1:] for unit in units.values()}) > 1:
        said = ", ".join(f"{where} says {unit.name}" for where, unit in units.items())
        raise BadInput(f"{path}: {said}; mend the one that is wrong")
    return next(iter(units.values()))


def _cells(header: Header, records: Iterable[Record], field: str) -> set[str]:
    place = header.positions.get(field)
    return set() if place is None else {cells[place] for _, cells in records if place < len(cells)} - {""}
