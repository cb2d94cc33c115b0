"""The issued documents of a month as PDF, with the itemised annex of the calls each invoice charges.

A file is the document: once written it is never drawn again, whatever the templates become. The ledger knows it by its
sha256 as soon as it stands. It is drawn again only when it is gone, and then comes out the same or is refused; or when
the run that drew it was killed before the ledger knew it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from adapters.document_view import PrintedDocument
from adapters.files import file_sha256
from adapters.invoice_renderer import InvoiceRenderer
from adapters.ledger.store import Ledger
from adapters.ledger.tables import DocumentFile, IssuedDocument, IssuedDocumentLine
from adapters.warehouse import Warehouse
from assets.cdr.retention import truncated_months
from assets.invoices.annex import annex_groups
from assets.invoices.bills import issued_bills
from assets.invoices.close import GROUP, OWNERS, write_month
from assets.invoices.month_report import links, month_report
from assets.invoices.tables import INVOICE_DOCUMENTS
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftLine
from domain.money import format_cents

ANNEX_CALLS = """
    select rated_calls.* from rated_calls
    inner join closed_calls using (month, boot_id, leg_id)
    where month = $1 and rated_calls.customer_id = $2 and closed_calls.is_billed
    order by rated_calls.answered_at, boot_id, leg_id
"""
LOGGED_EVERY = 25
Row = dict[str, Any]


def draw_documents(
    home: Path,
    ledger: Ledger,
    warehouse: Warehouse,
    renderer: InvoiceRenderer,
    month: Month,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Write the PDF of each document of the month under ``home``/documents that is not there yet.

    Returns:
        A row of ``invoice_documents`` per document, by number.

    Raises:
        PermanentError: a file is not the one that was written, or a document cannot be rendered.
    """
    folder = home / "documents" / str(month)
    documents = {document.number: document for document in ledger.documents(month)}
    files = ledger.document_files(month)
    standing = {number for number, file in files.items() if _stands(folder / f"{number}.pdf", file)}
    missing = [document for number, document in documents.items() if number not in standing]
    known = {number: file.sha256 for number, file in files.items()}
    with warehouse.connect(("rated_calls", "closed_calls")) as connection:
        printed = printed_documents(ledger, connection, month, missing)
        for done, pdf in enumerate(renderer.write_each(printed, folder, known), 1):
            # One by one: what is drawn is kept, whatever becomes of the others.
            ledger.keep_file(pdf.number, pdf.sha256, pdf.pages)
            if progress is not None:
                progress(done)
        unlisted = _without_call_list(warehouse, folder, [documents[number] for number in standing])
        for document in printed_documents(ledger, connection, month, unlisted):
            renderer.write_call_list(document, folder)
    return [
        {
            "month": str(month),
            "number": number,
            "kind": documents[number].kind,
            "customer_id": documents[number].customer_id,
            "path": (folder / f"{number}.pdf").relative_to(home).as_posix(),
            "sha256": file.sha256,
            "pages": file.pages,
        }
        for number, file in sorted(ledger.document_files(month).items())
    ]


def record_drawn(platform: Platform, month: Month) -> list[Row]:
    """Draw what a correction issued in a month and write it down: what is drawn once is never drawn otherwise."""
    rows = draw_documents(platform.home, platform.ledger, platform.warehouse, platform.renderer, month)
    write_month(platform.warehouse, INVOICE_DOCUMENTS, month, rows)
    return rows


def _stands(path: Path, kept: DocumentFile) -> bool:
    """Whether a document's file is there, as the ledger says it was written; False when it is gone."""
    if not path.exists():
        return False
    if file_sha256(path) != kept.sha256:
        raise PermanentError(
            f"{path} is not the file that was written for {kept.number}: restore it from the backup,"
            " or move it away and run invoice_documents again"
        )
    return True


def _without_call_list(
    warehouse: Warehouse, folder: Path, documents: Iterable[IssuedDocument]
) -> Iterator[IssuedDocument]:
    """The documents that may come with a list of calls and have none beside them."""
    truncated = truncated_months(warehouse)
    for document in documents:
        payload = json.loads(document.payload)
        is_listed = "pdf_csv" in payload.get("annex", {}).values()
        # After the retention period there is nobody to list any more.
        can_be = payload.get("annex_month", document.month) not in truncated
        if is_listed and can_be and not (folder / f"{document.number}.csv").exists():
            yield document


def printed_documents(
    ledger: Ledger, connection: duckdb.DuckDBPyConnection, month: Month, documents: Iterable[IssuedDocument]
) -> Iterator[PrintedDocument]:
    """Issued documents as they are printed, an invoice with the calls it charges."""
    lines: dict[str, list[IssuedDocumentLine]] = {}
    for line in ledger.document_lines(month):
        lines.setdefault(line.number, []).append(line)
    for document in documents:
        own_lines = tuple(DraftLine(**line.model_dump(exclude={"number"})) for line in lines[document.number])
        payload = json.loads(document.payload)
        fields = document.model_dump(
            include={"number", "kind", "month", "issue_date", "due_date", "net_cents", "vat_cents", "total_cents"}
        )
        printed = PrintedDocument(**fields, sha256=document.sha256, lines=own_lines, payload=payload)
        # An invoice that replaces another charges the calls of the other's month.
        yield with_annex(connection, printed, ANNEX_CALLS, payload.get("annex_month", document.month))


def with_annex(
    connection: duckdb.DuckDBPyConnection, document: PrintedDocument, calls_sql: str, month: str
) -> PrintedDocument:
    """An invoice with the calls of a month it charges; any other document as it is."""
    payload = document.payload
    if document.kind != "invoice":
        return document
    calls = connection.sql(calls_sql, params=[month, payload["buyer"]["customer_id"]]).to_arrow_table()
    # What an earlier month still owed was listed on that month's invoice.
    adjusted = {line["line_number"] for line in payload.get("adjustments", [])}
    charges = [line for line in document.lines if line.line_number not in adjusted]
    groups = annex_groups(document.number, charges, calls.to_pylist(), in_full=payload["full_numbers"])
    given = {line.line_number: payload["annex"].get(line.contract_id, "pdf") for line in document.lines if groups}
    return replace(
        document,
        annex=tuple(group for group in groups if given[group.line_number] != "none"),
        call_list=tuple(group for group in groups if given[group.line_number] == "pdf_csv"),
    )


@dg.asset(
    group_name=GROUP,
    description=INVOICE_DOCUMENTS.description,
    partitions_def=BILLING_MONTHS,
    deps=["issued_documents", "rated_calls"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def invoice_documents(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Draw the month's documents."""
    month = Month.parse(context.partition_key)
    documents = platform.ledger.documents(month)

    def report(done: int) -> None:
        if done % LOGGED_EVERY == 0:
            context.log.info("%d documents drawn", done)

    rows = draw_documents(platform.home, platform.ledger, platform.warehouse, platform.renderer, month, report)
    written = write_month(platform.warehouse, INVOICE_DOCUMENTS, month, rows)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": written.rows,
            "folder": dg.MetadataValue.path(str(platform.documents / str(month))),
            "pages": sum(row["pages"] for row in rows),
            "credited": format_cents(sum(d.total_cents for d in documents if d.kind == "credit_note")),
            **month_report(platform, month, issued_bills(platform, month), links(platform, rows)),
        }
    )
