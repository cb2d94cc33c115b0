"""Issued documents held to what was written of them: drawn again they are the same bytes, judged again as sound."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from adapters.document_view import PrintedDocument
from adapters.factur_x.validation import validate_all
from adapters.factur_x.xml import factur_x_xml, has_electronic_form
from adapters.files import file_sha256
from adapters.ledger.store import Ledger
from adapters.ledger.tables import DocumentFile
from adapters.warehouse import Warehouse
from assets.invoices.invoice_documents import printed_documents
from assets.platform import Platform
from domain.calendar import Month

Difference = tuple[str, str]


def issued_months(ledger: Ledger) -> list[Month]:
    """The months that have a document, oldest first; a credit note may be in one that is not closed yet."""
    return [Month.parse(month) for month in sorted({document.month for document in ledger.documents()})]


def verified(platform: Platform, month: Month, *, redraw: bool = True) -> tuple[int, list[Difference]]:
    """How many documents the month issued, and everything that is not as it was: number, what differs.

    ``redraw``: not for a month whose called numbers the law has since had truncated; its annexes cannot be drawn.
    """
    documents = platform.ledger.documents(month)
    files = platform.ledger.document_files()
    folder = platform.documents / str(month)
    found = [
        (document.number, difference)
        for document in documents
        for difference in _file_differences(folder / f"{document.number}.pdf", files.get(document.number))
    ]
    if redraw:
        found += _redrawn(platform, month, files)
    return len(documents), sorted(found)


def _file_differences(path: Path, kept: DocumentFile | None) -> Iterator[str]:
    if kept is None:
        yield "was never drawn; run the close again"
    elif not path.exists():
        yield f"{path} is gone; restore it from the backup, or run the close again"
    elif (actual := file_sha256(path)) != kept.sha256:
        yield f"{path} has sha256 {actual}, and was written as {kept.sha256}; restore it from the backup"


def _redrawn(platform: Platform, month: Month, files: dict[str, DocumentFile]) -> Iterator[Difference]:
    documents = _printed(platform.ledger, platform.warehouse, month)
    with tempfile.TemporaryDirectory() as scratch:
        drawn = platform.renderer.write_all(documents, Path(scratch))
        for pdf in drawn:
            kept = files.get(pdf.number)
            if kept is not None and kept.sha256 != pdf.sha256:
                yield pdf.number, f"drawn again it is {pdf.sha256}, and was written as {kept.sha256}"
        for listed in sorted(Path(scratch).glob("*.csv")):
            kept_list = platform.documents / str(month) / listed.name
            if not kept_list.exists() or kept_list.read_bytes() != listed.read_bytes():
                yield listed.stem, f"{kept_list} is gone or is not the list of calls that was written"
    yield from _faulty(platform, month)


def _faulty(platform: Platform, month: Month) -> Iterator[Difference]:
    numbers: list[str] = []

    def forms() -> Iterator[bytes]:
        for document in _printed(platform.ledger, platform.warehouse, month):
            if has_electronic_form(document):
                numbers.append(document.number)
                yield factur_x_xml(document)

    for index, faults in enumerate(validate_all(forms(), platform.renderer.workers)):
        for fault in faults:
            if not fault.is_warning:
                yield numbers[index], f"its electronic form breaks {fault}"


def _printed(ledger: Ledger, warehouse: Warehouse, month: Month) -> Iterator[PrintedDocument]:
    with warehouse.connect(("rated_calls", "closed_calls")) as connection:
        yield from printed_documents(ledger, connection, month, ledger.documents(month))
