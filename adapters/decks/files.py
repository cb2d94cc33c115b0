"""A deck's bytes to tables of text: CSV in any of its habits, or the sheets of a workbook.

Rows keep the number a person sees: the line of a text file, the row of a sheet. A workbook's numbers arrive as
floats: their shortest decimal form is what was typed, and no arithmetic is done before that.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from domain.errors import BadInput

DELIMITERS = (";", ",", "\t", "|")
# What a zip archive (XLSX, ODS) and an old Excel file begin with.
WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
Record = tuple[int, list[str]]


class Table(NamedTuple):
    """One way to read a file, or one sheet of it: what iterates over its rows that are not empty, numbered."""

    name: str
    rows: Callable[[], Iterator[Record]]


def read_tables(path: Path, sheet: str | None = None) -> list[Table]:
    """A workbook's sheets (or the one named), or a text file cut at each delimiter it might have.

    Raises:
        BadInput: the file cannot be read, or has no such sheet.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    if content.startswith(WORKBOOK):
        return list(_sheets(path, sheet))
    if sheet is not None:
        raise BadInput(f"{path} is a text file and has no sheet {sheet!r}; leave --sheet out")
    text = _decoded(path, content)
    return [Table("", partial(_records, path, text, mark)) for mark in DELIMITERS if mark in text]


def _decoded(path: Path, content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it (Excel's "Unicode text"), else what Windows writes in Europe."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise BadInput(f"{path} is neither text nor a workbook; save it as CSV or XLSX")


def _records(path: Path, text: str, delimiter: str) -> Iterator[Record]:
    """Each record that is not empty, with the line it begins on."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path}, row {begins}: {error}; put a text with quotes in quotes, and double them") from None


def _sheets(path: Path, wanted: str | None) -> Iterator[Table]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if wanted is not None and wanted not in names:
            raise BadInput(f"{path} has no sheet {wanted!r}; it has {', '.join(names)}")
        for name in names if wanted is None else [wanted]:
            sheet = workbook.get_sheet_by_name(name)
            grid: list[list[Any]] = sheet.to_python(skip_empty_area=False)
            _fill_merged(grid, sheet.merged_cell_ranges or [])
            rows = [(number, [cell_text(cell) for cell in cells]) for number, cells in enumerate(grid, start=1)]
            yield Table(name, [row for row in rows if any(row[1])].__iter__)
    except CalamineError as error:
        raise BadInput(f"{path} cannot be read as a workbook: {error}; save it again as XLSX, or as CSV") from None


def _fill_merged(grid: list[list[Any]], merged: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """A merged cell says its value for every row it spans: downwards only, a title across columns is one cell."""
    for (top, left), (bottom, _) in merged:
        for row in range(top + 1, min(bottom + 1, len(grid))):
            if left < len(grid[row]) and grid[row][left] == "":
                grid[row][left] = grid[top][left]


def cell_text(cell: Any) -> str:
    """What a workbook's cell says, as text a person would have typed.

    A number with three decimals gets a zero after them: 1.234 read from a number is never a thousand.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
        return f"{text}0" if text[-4:-3] == "." else text
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
