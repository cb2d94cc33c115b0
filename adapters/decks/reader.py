"""A deck read whole: every row a rate per prefix, what merged cells leave out filled down, every problem by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from adapters.decks.cells import CellReader
from adapters.decks.columns import Header, find_header
from adapters.decks.files import Record, read_tables
from adapters.decks.values import Unit, decimal_marks, parse_unit
from adapters.ledger.csv_files import RowProblem
from domain.errors import BadInput

PRICES = ("price", "connection_fee", "minimum_charge", "surcharge_per_call", "surcharge_per_minute")
# Told of after so many rows.
REPORTED_ROWS = 2000
Tell = Callable[[int], None]


class DeckRate(NamedTuple):
    """One price of a deck. The fields after ``row`` are columns of ``tariff_rate``; a date None is its version's."""

    row: int
    origin_country: str
    origin_number_type: str
    call_category: str
    destination_prefix: str
    destination_country: str
    category: str
    destination_group: str | None
    price_per_minute_micros: int
    connection_fee_micros: int
    minimum_charge_micros: int
    surcharge_per_call_micros: int
    surcharge_per_minute_micros: int
    initial_seconds: int
    increment_seconds: int
    valid_from: dt.date | None
    valid_to: dt.date | None


class Deck(NamedTuple):
    """What a file says, before any version or ledger: its rates, what is wrong with it, what was not read."""

    path: Path
    sheet: str
    unit: str
    header_row: int
    rates: list[DeckRate]
    problems: list[RowProblem]
    unread: tuple[str, ...]


def read_deck(path: Path, *, unit: str | None = None, sheet: str | None = None, tell: Tell | None = None) -> Deck:
    """Read a CSV or a workbook as a deck. ``unit`` says what the file does not; ``tell`` hears of rows done.

    Raises:
        BadInput: the file as a whole cannot be read: no table, no heading for prefix and price, no unit.
    """
    table, header = find_header(read_tables(path, sheet), str(path))
    records = [record for record in table.rows() if record[0] > header.row]
    said = _unit(path, header, records, unit)
    places = [header.positions[field] for field in PRICES if field in header.positions]
    marks = decimal_marks(cells[place] for place in places for _, cells in records if place < len(cells))
    reader = CellReader(header, said, marks)
    rates: list[DeckRate] = []
    problems: list[RowProblem] = []
    for done, (number, cells) in enumerate(records, start=1):
        try:
            rates += _rates(reader, header, number, cells)
        except BadInput as error:
            problems.append(RowProblem(number, str(error)))
        if tell is not None and done % REPORTED_ROWS == 0:
            tell(REPORTED_ROWS)
    if not rates and not problems:
        raise BadInput(f"{path} has no row below its headings (row {header.row}); check the file, or its sheet")
    return Deck(path, table.name, said.name, header.row, rates, problems, header.unread)


def _unit(path: Path, header: Header, records: Iterable[Record], given: str | None) -> Unit:
    """The unit of the file: in its price's heading, in a column that says one word, or given."""
    words: dict[str, str] = {}
    if header.unit:
        words["its heading"] = header.unit
    for field in ("unit", "currency"):
        place = header.positions.get(field)
        if place is not None and not (field == "currency" and words):
            cells = {cells[place] for _, cells in records if place < len(cells)} - {""}
            if len(cells) > 1:
                raise BadInput(f"{path}: its {field} column says {', '.join(sorted(cells))}; make one deck of each")
            words |= {f"its {field} column": cell for cell in cells}
    if given:
        words["--unit"] = given
    if not words:
        raise BadInput(f"{path} does not say what its prices count; say --unit EUR/min, or --unit cents/min")
    units = {where: parse_unit(text) for where, text in words.items()}
    if len({unit[1:] for unit in units.values()}) > 1:
        said = ", ".join(f"{where} says {unit.name}" for where, unit in units.items())
        raise BadInput(f"{path}: {said}; mend the one that is wrong")
    return next(iter(units.values()))


def _rates(reader: CellReader, header: Header, number: int, cells: list[str]) -> list[DeckRate]:
    if any(cells[header.width :]):
        raise BadInput(f"{len(cells)} cells under {header.width} columns; quote a text that holds the separator")
    row = reader.row(cells)
    if row is None:
        return []
    return [DeckRate(number, *row.origin, prefix, country, *row.rest) for prefix, country in row.prefixes]
