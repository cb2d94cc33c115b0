"""The file of versions: its columns under the ledger's own names, each line a rate that repeats its version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.decks.reader import DeckRate
from adapters.decks.terms import NUMBER_TYPES
from adapters.ledger.announcements import Announcement
from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_date, as_match, as_micros, as_one_of, as_text, as_whole
from adapters.ledger.price_tables import CALL_CATEGORIES
from adapters.ledger.tables import TariffVersion
from domain.errors import BadInput
from domain.prefixes import parse_prefix


def _prefix(text: str, what: str) -> str:
    return parse_prefix(text, what=what)


def _seconds(text: str, what: str) -> int:
    seconds = as_whole(text, what)
    if seconds < 1:
        raise BadInput(f"{what}: {text} seconds; the least is 1")
    return seconds


def _unit(text: str, what: str) -> str:
    if text != "EUR/min":
        raise BadInput(f"{what}: {text!r} is not EUR/min; convert the prices to euros per minute")
    return text


# The version's columns, under names that the rate's own do not have.
VERSION = (
    Column("version_id", as_text),
    Column("plan", as_text),
    Column("version_valid_from", as_date),
    Column("version_valid_to", as_date, None),
    # Empty is refused by the rule of notice, which says what to do.
    Column("notice_date", as_date, None),
    Column("told_customers", as_text, None),
)
RATE = (
    Column("origin_country", as_match(r"\*|[A-Z]{2}", "a country code of two capitals, or *")),
    Column("origin_number_type", as_one_of(*NUMBER_TYPES)),
    Column("destination_prefix", _prefix),
    # 001 is the world's code: satellites and international networks are in no country.
    Column("destination_country", as_match(r"[A-Z]{2}|001", "a country code of two capitals, or 001")),
    Column("category", as_text),
    Column("price_eur", as_micros, field="price_per_minute_micros"),
    Column("connection_fee_eur", as_micros, 0, field="connection_fee_micros"),
    Column("initial_seconds", _seconds, 1),
    Column("increment_seconds", _seconds, 1),
    Column("valid_from", as_date, None),
    Column("valid_to", as_date, None),
    Column("call_category", as_one_of(*CALL_CATEGORIES), "*"),
    Column("minimum_charge_eur", as_micros, 0, field="minimum_charge_micros"),
    Column("surcharge_per_call_eur", as_micros, 0, field="surcharge_per_call_micros"),
    Column("surcharge_per_minute_eur", as_micros, 0, field="surcharge_per_minute_micros"),
    Column("destination_group", as_text, None),
)
TARIFFS = (*VERSION, *RATE, Column("unit", _unit))


def is_file_of_versions(path: Path) -> bool:
    """Whether a file names its versions itself; otherwise it is a carrier's deck."""
    try:
        with path.open("rb") as file:
            return b"version_id" in file.readline()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None


def read_versions(path: Path) -> tuple[list[Announcement], list[RowProblem]]:
    """The versions of a file with their rates, and what is wrong with its rows.

    Raises:
        BadInput: the file as a whole cannot be read.
    """
    rows, problems = read_csv(path, TARIFFS)
    announced: dict[str, tuple[Row, list[DeckRate]]] = {}
    for row in rows:
        given = _version(row.values)
        first, rates = announced.setdefault(given["version_id"], (Row(row.number, given), []))
        rates.append(_rate(row, first.values["valid_from"]))
        for name, value in given.items():
            if value != first.values[name]:
                said = f"{given['version_id']}: {name} is {value} here, {first.values[name]} on row {first.number}"
                problems.append(RowProblem(row.number, said))
    found = [Announcement(first.number, TariffVersion(**first.values), rates) for first, rates in announced.values()]
    return found, problems


def _version(values: dict[str, Any]) -> dict[str, Any]:
    given = {column.name: values[column.name] for column in VERSION}
    return {name.removeprefix("version_") if "valid" in name else name: value for name, value in given.items()}


def _rate(row: Row, version_begins: object) -> DeckRate:
    """The rate's own fields; it begins with its version unless it says when."""
    values = {column.field or column.name: row.values[column.field or column.name] for column in RATE}
    values["valid_from"] = values["valid_from"] or version_begins
    return DeckRate(row=row.number, **values)
