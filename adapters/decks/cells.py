"""A row of a deck, cell by cell: what it names itself, what the rows above named for it, what it leaves out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from adapters.decks.countries import ISO, WORLD, calling_code, calling_codes, country_of, has_trunk_zero, named_country
from adapters.decks.values import Memo, Unit, parse_date, parse_increments, parse_micros
from domain.countries import french_country
from domain.errors import BadInput
from domain.prefixes import parse_prefixes
from domain.tariff import ANY

NUMBER_TYPES = (ANY, "fixed", "mobile", "free", "shared", "surcharged", "special", "satellite")
CALL_CATEGORIES = (ANY, "direct", "forwarded", "campaign", "incoming")
# Named once for the rows below it, as a merged cell does; naming the first empties the others.
CARRIED = ("country", "country_code", "destination")


class Cells:
    """The cells of a row by field; a column that is not there is empty."""

    def __init__(self, cells: list[str], positions: Mapping[str, int]) -> None:
        self._cells = cells
        self._positions = positions

    def __getitem__(self, field: str) -> str:
        place = self._positions.get(field)
        return self._cells[place] if place is not None and place < len(self._cells) else ""


class RowRead(NamedTuple):
    """A row's prices, for each prefix it names. ``origin`` and ``rest`` are in the order of ``DeckRate``."""

    origin: tuple[str, str, str]
    prefixes: list[tuple[str, str]]
    rest: tuple[Any, ...]


class CellReader:
    """Reads the rows of one deck in their order, and remembers what was named above."""

    def __init__(self, positions: Mapping[str, int], unit: Unit, marks: frozenset[str]) -> None:
        fee = Unit(unit.name, unit.micros, 1)
        self._carried = dict.fromkeys(CARRIED, "")
        self._fields = frozenset(positions)
        self._price = Memo(partial(parse_micros, what="price", unit=unit, marks=marks))
        self._minute = Memo(partial(parse_micros, what="surcharge per minute", unit=unit, marks=marks))
        self._fee = {
            field: Memo(partial(parse_micros, what=field.replace("_", " "), unit=fee, marks=marks))
            for field in ("connection_fee", "minimum_charge", "surcharge_per_call")
        }
        self._dates = {field: Memo(partial(parse_date, what=field.replace("_", " "))) for field in DATES}
        self._increments = Memo(partial(parse_increments, what="increments"))

    def row(self, cells: Cells) -> RowRead | None:
        """What a row prices; None for one that only names a country for those below.

        Raises:
            BadInput: every cell that cannot be read, in one message.
        """
        named = self._carry(cells)
        if not (cells["price"] or cells["prefix"] or cells["area_code"]):
            return None
        faults: list[str] = []
        origin = (
            _word(cells["origin_country"] or ANY, None, "origin country", faults),
            _word(cells["origin_number_type"] or ANY, NUMBER_TYPES, "origin number type", faults),
            _word(cells["call_category"] or ANY, CALL_CATEGORIES, "call category", faults),
        )
        try:
            prefixes = self._countries(self._prefixes(cells), named)
        except BadInput as error:
            faults.append(str(error))
        values = self._values(cells, faults)
        if faults:
            raise BadInput("; ".join(faults))
        label = self._carried["destination"] or self._carried["country"] or french_country(prefixes[0][1])
        return RowRead(origin, prefixes, (label, cells["destination_group"] or None, *values))

    def _carry(self, cells: Cells) -> bool:
        """Take what the row names for itself and those below; whether it names its country."""
        for place, field in enumerate(CARRIED):
            if text := cells[field]:
                self._carried[field] = text
                for later in CARRIED[place + 1 :]:
                    self._carried[later] = ""
        return bool(cells["country"] or cells["country_code"])

    def _prefixes(self, cells: Cells) -> tuple[str, ...]:
        code = self._carried["country_code"]
        code = "" if ISO.fullmatch(code) else code.removeprefix("+").removeprefix("00")
        if text := cells["prefix"]:
            prefixes = parse_prefixes(text, what="prefix")
            if code and not all(prefix.startswith(code) for prefix in prefixes):
                raise BadInput(
                    f"prefix: {text!r} does not begin with the country code {code}; call the column 'area code' if"
                    " what it holds comes after the country code"
                )
            return prefixes
        if text := cells["area_code"]:
            if not code:
                raise BadInput(f"area code: {text!r} stands without a country code; add a column 'country code'")
            prefixes = parse_prefixes(text, what="area code", country_code=code)
            if has_trunk_zero(code) and any(prefix[len(code) :].startswith("0") for prefix in prefixes):
                raise BadInput(f"area code: {text!r} begins with the 0 that nobody dials after +{code}; leave it out")
            return prefixes
        if not code or "prefix" in self._fields:
            raise BadInput("prefix is empty")
        return parse_prefixes(code, what="country code")

    def _countries(self, prefixes: tuple[str, ...], named: bool) -> list[tuple[str, str]]:
        """Each prefix with its country: the deck's word, or what its digits say."""
        text = self._carried["country"] or self._carried["country_code"]
        said = named_country(text)
        return [(prefix, self._country(prefix, text, said, named)) for prefix in prefixes]

    def _country(self, prefix: str, text: str, said: str | None, named: bool) -> str:
        digits = country_of(prefix)
        if said is not None and named:
            return said
        if said is not None and said != WORLD and digits is not None:
            # A name carried down that the digits deny is a cell somebody forgot, not a merged one.
            if digits != said and calling_code(prefix) != calling_codes(said):
                raise BadInput(f"country is empty, and {prefix} is not in {text}, which the rows above name; name it")
            return said
        if digits is None:
            raise BadInput(f"no country has numbers that begin with {prefix}; name it in letters, like FR, or mend it")
        return digits

    def _values(self, cells: Cells, faults: list[str]) -> tuple[Any, ...]:
        def value(parse: Any, text: str, default: Any) -> Any:
            try:
                return parse(text) if text else default
            except BadInput as error:
                faults.append(str(error))
                return default

        if not cells["price"]:
            faults.append("price is empty")
        amounts = [value(self._price, cells["price"], 0)]
        amounts += [value(parse, cells[field], 0) for field, parse in self._fee.items()]
        amounts.append(value(self._minute, cells["surcharge_per_minute"], 0))
        first, increment = value(self._increments, cells["increments"], (None, 1))
        start = value(self._increments, cells["initial"], (None, first or increment))
        dates: list[dt.date | None] = [value(parse, cells[field], None) for field, parse in self._dates.items()]
        return (*amounts, start[1], increment, *dates)


DATES = ("valid_from", "valid_to")


def _word(text: str, allowed: tuple[str, ...] | None, what: str, faults: list[str]) -> str:
    if allowed is None:
        code = text if text == ANY else named_country(text)
        if code is None:
            faults.append(f"{what}: {text!r} is not a country; write two capitals, like FR, or *")
        return code or ANY
    if text not in allowed:
        faults.append(f"{what}: {text!r} is not one of {', '.join(allowed)}")
    return text
