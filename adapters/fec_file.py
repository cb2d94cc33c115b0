"""The fichier des écritures comptables and its description, written whole: the same ledger, the same bytes."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from pathlib import Path

from adapters.files import publish
from adapters.ledger.books import Books, read_books
from adapters.ledger.store import Ledger
from domain.accounting import entries, opening_entry
from domain.calendar import Month
from domain.chart_of_accounts import ChartOfAccounts
from domain.errors import PermanentError
from domain.fec import ENCODING, description, fec_text, file_name


@dataclass(frozen=True)
class FecReport:
    """What was written, and what a person should know of it."""

    path: Path
    entries: int
    debit_cents: int
    suspense_cents: int
    suspense_references: tuple[str, ...]
    open_months: tuple[str, ...]
    is_changed: bool


def export_fec(
    ledger: Ledger,
    chart: ChartOfAccounts,
    year: int,
    folder: Path,
    *,
    until: dt.date | None = None,
    provisional: bool = False,
) -> FecReport:
    """Write the accounting year that ends in ``year``, up to ``until`` when it is said, and its description.

    Raises:
        PermanentError: a month that ended by then is not closed (unless ``provisional``), ``until`` is outside the
            year, nothing was booked, or the chart lacks an account.
    """
    first, last = chart.fiscal_year(year)
    until = until or last
    if not first <= until <= last:
        raise PermanentError(f"{until} is outside the accounting year {first} to {last}; say a day within it")
    books = read_books(ledger, until)
    still_open = open_months(books, until)
    if still_open and not provisional:
        raise PermanentError(
            f"{', '.join(still_open)} ended by {until} and is not closed: its documents are not in the books. Close it,"
            " export up to an earlier day with --until, or ask for what there is with --provisional"
        )
    booked = entries(books.sales, books.receipts, chart)
    eve = first - dt.timedelta(days=1)
    opening = opening_entry([entry for entry in booked if entry.date < first], first, chart, books.pairs(eve))
    of_year = [*([opening] if opening else []), *(entry for entry in booked if entry.date >= first)]
    if not of_year:
        raise PermanentError(f"nothing was issued or received from {first} to {until}; there is nothing to export")
    name = file_name(books.siren, until)
    unplaced = tuple(r for r in books.receipts if r.document_number is None)
    remarks = [f"Provisoire : mois non clos {', '.join(still_open)}."] if still_open else []
    changed = _write(folder / name, fec_text(of_year, books.names, chart, books.pairs(until)))
    _write(folder / name.replace(".txt", "-description.txt"), description(name, chart, first, until, remarks))
    return FecReport(
        path=folder / name,
        entries=len(of_year),
        debit_cents=sum(max(movement.cents, 0) for entry in of_year for movement in entry.movements),
        suspense_cents=sum(receipt.amount_cents for receipt in unplaced),
        suspense_references=tuple(sorted(receipt.reference for receipt in unplaced)),
        open_months=still_open,
        is_changed=changed,
    )


def open_months(books: Books, until: dt.date) -> tuple[str, ...]:
    """Months that ended by a day and are not closed, from the first one the ledger knows."""
    if not books.months:
        return ()
    month, missing = Month.parse(min(books.months)), []
    while month.last_date <= until:
        if not books.months.get(str(month), False):
            missing.append(str(month))
        month = month.next
    return tuple(missing)


def _write(path: Path, text: str) -> bool:
    """Publish a file; whether it differs from the one that was there."""
    content = text.encode(ENCODING)
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
