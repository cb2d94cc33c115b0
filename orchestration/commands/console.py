"""How the command line speaks: data on standard output, everything else on standard error."""

from __future__ import annotations

import csv
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from domain.errors import BadInput, PermanentError, SecondeError, TransientError

WIDEST_TABLE = 100_000  # characters; no table of a person's question comes near

# What a script can act on: mend the file, ask a person, try again later.
EXIT_CODES: dict[type[SecondeError], int] = {BadInput: 3, PermanentError: 4, TransientError: 5}
WORDS: dict[type[SecondeError], str] = {
    BadInput: "bad input, set aside",
    PermanentError: "refused",
    TransientError: "not now",
}


@cache
def stdout() -> Console:
    """Where data goes."""
    return Console()


@cache
def stderr() -> Console:
    """Where everything else goes; one console, so that a line never breaks the progress bar under it."""
    return Console(stderr=True)


def report_error(error: SecondeError) -> int:
    """Print an error as one paragraph and give its exit code."""
    kind = next((kind for kind in EXIT_CODES if isinstance(error, kind)), PermanentError)
    console = stderr()
    console.print(f"[bold red]seconde: {WORDS[kind]}.[/]", end=" ")
    # The message is data: a bracket in a file name must not be read as colour.
    console.print(str(error), markup=False, highlight=False, soft_wrap=True)
    return EXIT_CODES[kind]


class ConsoleHandler(logging.Handler):
    """Warnings and errors of the process: one line each, above a progress bar that may be running."""

    def emit(self, record: logging.LogRecord) -> None:
        colour = "red" if record.levelno >= logging.ERROR else "yellow"
        # The message is data: a bracket in it must not be read as colour.
        text = Text.assemble((f"  {record.levelname.lower()}: ", colour), self.format(record).replace("\n", "\n    "))
        stderr().print(text, soft_wrap=True, highlight=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar that leaves nothing behind, and nothing at all where no person watches."""
    console = stderr()
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield bar


def print_rows(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, as_csv: bool, title: str | None = None
) -> None:
    """Rows as a table for a person, or as CSV for a program."""
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(["" if value is None else value for value in row] for row in rows)
        return
    content = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold")
    for position, name in enumerate(names):
        numeric = any(isinstance(row[position], int) and not isinstance(row[position], bool) for row in content)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    texts = [["" if value is None else str(value) for value in row] for row in content]
    for row in texts:
        table.add_row(*(Text(value) for value in row))
    console = stdout()
    width = Measurement.get(console, console.options.update(width=WIDEST_TABLE), table).maximum
    if width > console.width and console.is_terminal:
        # Like psql's expanded display: thirteen columns folded into eighty characters say nothing.
        print_records(console, names, texts)
    else:
        console.width = max(console.width, width)  # a file or a pipe is as wide as it needs
        console.print(table)


def print_records(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Each row as a block of ``name  value`` lines, for a terminal narrower than the table."""
    for number, row in enumerate(rows, start=1):
        block = Table(title=f"row {number} of {len(rows)}", title_justify="left", show_header=False, box=None)
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for name, value in zip(names, row, strict=True):
            block.add_row(name, Text(value))
        console.print(block)
