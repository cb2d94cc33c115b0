"""CSV files as people write them, read strictly: every cell typed, every problem kept with its row.

Rows are numbered as a text editor numbers the file's lines: the header is 1, and a row whose text
holds a line break is known by the line it begins on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from domain.errors import BadInput
from domain.money import EUROS_ONLY, OTHER_CURRENCY

REQUIRED = object()


class RowProblem(NamedTuple):
    """A row that was not taken, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class Column:
    """A column of a file: how its text is read, what an empty cell means, and the field it fills."""

    name: str
    # Takes the text (never empty) and the column's name; raises BadInput.
    parse: Callable[[str, str], Any]
    default: Any = REQUIRED
    field: str = ""


@dataclass(frozen=True)
class Row:
    """A row that could be read: its place in the file, its values by field; ``unsaid`` are of columns it has not."""

    number: int
    values: dict[str, Any]
    unsaid: frozenset[str] = frozenset()


def read_csv(path: Path, columns: Sequence[Column]) -> tuple[list[Row], list[RowProblem]]:
    """The rows that could be read, and what is wrong with the others.

    Raises:
        BadInput: the file as a whole cannot be read: not there, not UTF-8, wrong columns, a stray quote.
    """
    records = _records(path)
    _, header = next(records, (1, []))
    known = {column.name: column for column in columns}
    _check_header(path, header, known)
    unsaid = frozenset(column.field or column.name for column in columns if column.name not in header)
    rows, problems = [], []
    for number, cells in records:
        try:
            rows.append(Row(number, _values(header, cells, columns), unsaid))
        except BadInput as error:
            problems.append(RowProblem(number, str(error)))
    return rows, problems


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on; empty ones are left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'") from None
    first_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in first_line else ",", strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(
                f"{path}, row {begins}: {error}; put a text with quotes in quotes, and double them"
            ) from None
        if any(cells):
            yield begins, cells


def _check_header(path: Path, header: list[str], known: dict[str, Column]) -> None:
    problems = [f"column {name!r} is not one of its columns" for name in header if name not in known]
    if any(OTHER_CURRENCY.search(name) for name in header if name not in known):
        problems.append(EUROS_ONLY)
    problems += [f"column {name!r} comes twice" for name in sorted({n for n in header if header.count(n) > 1})]
    problems += [
        f"column {column.name!r} is missing"
        for column in known.values()
        if column.default is REQUIRED and column.name not in header
    ]
    if problems:
        raise BadInput(f"{path}: {'; '.join(problems)}. It takes: {', '.join(known)}")


def _values(header: list[str], cells: list[str], columns: Sequence[Column]) -> dict[str, Any]:
    if len(cells) != len(header):
        raise BadInput(f"{len(cells)} cells under {len(header)} columns; quote a text that holds the separator")
    given = dict(zip(header, cells, strict=True))
    values: dict[str, Any] = {}
    problems = []
    for column in columns:
        text = given.get(column.name, "")
        try:
            values[column.field or column.name] = _value(column, text)
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("; ".join(problems))
    return values


def _value(column: Column, text: str) -> Any:
    if text:
        return column.parse(text, column.name)
    if column.default is REQUIRED:
        raise BadInput(f"{column.name} is empty")
    return column.default
