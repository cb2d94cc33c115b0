"""A deck read whole: every row a rate per prefix, what merged cells leave out filled down, every problem by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from adapters.decks.cells import CellReader
from adapters.decks.columns import Header, find_header
from adapters.decks.files import read_tables
from adapters.decks.units import PRICES, read_units
from adapters.decks.values import decimal_marks
from adapters.ledger.csv_files import RowProblem
from domain.errors import BadInput

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
    """What a file says, before any version or ledger: its rates, what is wrong with it, what was not read.

    ``doubts`` are rows whose country is not that of their digits: some carriers do name one country's numbers in
    another, so they are told and kept.
    """

    path: Path
    sheet: str
    unit: str
    header_row: int
    rates: list[DeckRate]
    problems: list[RowProblem]
    unread: tuple[str, ...]
    doubts: tuple[RowProblem, ...]


def read_deck(path: Path, *, unit: str | None = None, sheet: str | None = None, tell: Tell | None = None) -> Deck:
    """Read a CSV or a workbook as a deck. ``unit`` says what the file does not; ``tell`` hears of rows done.

    Raises:
        BadInput: the file as a whole cannot be read: no table, no heading for prefix and price, no unit.
    """
    table, header = find_header(read_tables(path, sheet), str(path))
    records = [record for record in table.rows() if record[0] > header.row]
    units = read_units(path, header, records, unit)
    places = [header.positions[field] for field in PRICES if field in header.positions]
    marks = decimal_marks(cells[place] for place in places for _, cells in records if place < len(cells))
    reader = CellReader(header, units, marks)
    rates: list[DeckRate] = []
    problems: list[RowProblem] = []
    for done, (number, cells) in enumerate(records, start=1):
        try:
            rates += _rates(reader, header, number, cells)
        except BadInput as error:
            problems.append(RowProblem(number, str(error)))
        if tell is not None and done % REPORTED_ROWS == 0:
            tell(REPORTED_ROWS)
    problems += _prefixed_twice(reader, header, rates)
    if not rates and not problems:
        raise BadInput(f"{path} has no row below its headings (row {header.row}); check the file, or its sheet")
    return Deck(path, table.name, units["price"].name, header.row, rates, problems, header.unread, tuple(reader.doubts))


def _prefixed_twice(reader: CellReader, header: Header, rates: list[DeckRate]) -> Iterator[RowProblem]:
    for code in reader.whole_numbers():
        row = next((rate.row for rate in rates if rate.destination_prefix.startswith(code * 2)), header.row)
        yield RowProblem(
            row,
            f"area code: every one under the country code {code} begins with {code} again, as 33 and 336 would make"
            " 33336; whole prefixes stand in a column 'prefix': call it so, or write areas whole in one",
        )


def _rates(reader: CellReader, header: Header, number: int, cells: list[str]) -> list[DeckRate]:
    if any(cells[header.width :]):
        raise BadInput(f"{len(cells)} cells under {header.width} columns; quote a text that holds the separator")
    row = reader.row(number, cells)
    if row is None:
        return []
    return [DeckRate(number, *row.origin, prefix, country, *row.rest) for prefix, country in row.prefixes]
