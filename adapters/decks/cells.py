"""A row of a deck: what it names itself, what the rows above named for it, and the terms its other cells say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from adapters.decks.columns import Header
from adapters.decks.countries import ISO, WORLD, calling_code, calling_codes, country_of, has_trunk_zero, named_country
from adapters.decks.terms import TermReader, Terms
from adapters.decks.values import Unit
from adapters.ledger.csv_files import RowProblem
from domain.countries import french_country
from domain.errors import BadInput
from domain.prefixes import parse_prefixes

# Named once for the rows below it, as a merged cell does; naming the first empties the others.
CARRIED = ("country", "country_code", "destination")
NAMING = (*CARRIED, "prefix", "area_code")


class RowRead(NamedTuple):
    """A row's prices, for each prefix it names. ``origin`` and ``rest`` are in the order of ``DeckRate``."""

    origin: tuple[str, str, str]
    prefixes: list[tuple[str, str]]
    rest: tuple[Any, ...]


class CellReader:
    """Reads the rows of one deck in their order, and remembers what was named above.

    Of 260,000 rows a few thousand say different terms: each is read once.
    """

    def __init__(self, header: Header, units: Mapping[str, Unit], marks: frozenset[str]) -> None:
        self._width = header.width
        self._carried = dict.fromkeys(CARRIED, "")
        self.doubts: list[RowProblem] = []
        # By country code: how many cells held area codes, and how many of those began with it again.
        self._areas: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._fields = tuple(field for field in header.positions if field not in NAMING)
        self._has_prefix = "prefix" in header.positions
        places = {field: header.positions.get(field, header.width) for field in (*NAMING, *self._fields)}
        self._naming = itemgetter(*(places[field] for field in NAMING))
        # Twice the price's place: an itemgetter of one gives no tuple.
        self._said = itemgetter(places["price"], *(places[field] for field in self._fields))
        self._terms: dict[tuple[str, ...], Terms] = {}
        self._reader = TermReader(units, marks)

    def row(self, number: int, cells: list[str]) -> RowRead | None:
        """What a row prices; None for one that only names a country for those below.

        Raises:
            BadInput: every cell that cannot be read, in one message.
        """
        # A cell past the last is the empty one of every column that is not there.
        cells = [*cells[: self._width], *[""] * (self._width + 1 - len(cells))]
        naming: tuple[str, ...] = self._naming(cells)
        country, code, destination, prefix, area = naming
        if country or code or destination:
            self._carry(naming)
        said = self._said(cells)
        if not (said[0] or prefix or area):
            return None
        terms = self._terms.get(said)
        if terms is None:
            terms = self._terms[said] = self._reader.read(dict(zip(("", *self._fields), said, strict=True)))
        faults = terms.faults
        try:
            prefixes = self._countries(number, self._prefixes(prefix, area), bool(country or code))
        except BadInput as error:
            faults = (str(error), *faults)
        if faults:
            raise BadInput("; ".join(faults))
        label = self._carried["destination"] or self._carried["country"] or french_country(prefixes[0][1])
        return RowRead(terms.origin, prefixes, (label, terms.group, *terms.values))

    def whole_numbers(self) -> list[str]:
        """The country codes whose area codes all begin with them again: they are no area codes, but whole prefixes.

        One cell alone may: Brazil's 55 has an area 55. Not if every cell of the deck does.
        """
        again = [code for code, (cells, begun) in self._areas.items() if begun == cells]
        return [code for code in again if len(again) == len(self._areas) or self._areas[code][0] > 1]

    def _carry(self, naming: tuple[str, ...]) -> None:
        """Take what the row names for itself and those below."""
        for place, field in enumerate(CARRIED):
            if text := naming[place]:
                self._carried[field] = text
                for later in CARRIED[place + 1 :]:
                    self._carried[later] = ""

    def _prefixes(self, prefix: str, area: str) -> tuple[str, ...]:
        code = self._carried["country_code"]
        code = "" if ISO.fullmatch(code) else code.removeprefix("+").removeprefix("00")
        if text := prefix:
            prefixes = parse_prefixes(text, what="prefix")
            if code and not all(each.startswith(code) for each in prefixes):
                raise BadInput(
                    f"prefix: {text!r} does not begin with the country code {code}; call the column 'area code' if"
                    " what it holds comes after the country code"
                )
            return prefixes
        if text := area:
            if not code:
                raise BadInput(f"area code: {text!r} stands without a country code; add a column 'country code'")
            prefixes = parse_prefixes(text, what="area code", country_code=code)
            seen = self._areas[code]
            seen[0] += 1
            seen[1] += all(each.startswith(code, len(code)) for each in prefixes)
            if has_trunk_zero(code) and any(each[len(code) :].startswith("0") for each in prefixes):
                raise BadInput(f"area code: {text!r} begins with the 0 that nobody dials after +{code}; leave it out")
            return prefixes
        if not code or self._has_prefix:
            raise BadInput("prefix is empty")
        return parse_prefixes(code, what="country code")

    def _countries(self, number: int, prefixes: tuple[str, ...], named: bool) -> list[tuple[str, str]]:
        """Each prefix with its country: the deck's word, or what its digits say."""
        text = self._carried["country"] or self._carried["country_code"]
        said = named_country(text)
        return [(prefix, self._country(number, prefix, text, said, named)) for prefix in prefixes]

    def _country(self, number: int, prefix: str, text: str, said: str | None, named: bool) -> str:
        digits = country_of(prefix)
        if said is not None and said != WORLD and digits not in (None, said):
            if calling_code(prefix) != calling_codes(said):
                # A name carried down that the digits deny is a cell somebody forgot, not a merged one.
                if not named:
                    why = f"country is empty, and {prefix} is not in {text}, which the rows above name; name it"
                    raise BadInput(why)
                self.doubts.append(RowProblem(number, f"{prefix} is a number of {digits}, and the row says {text}"))
            return said
        if said is not None and (named or digits == said):
            return said
        if digits is None:
            raise BadInput(f"no country has numbers that begin with {prefix}; name it in letters, like FR, or mend it")
        return digits
