"""Documents as tagged PDF/A-3b: Jinja2 writes the page, WeasyPrint sets it, worker processes share the work.

The bytes depend on the document alone: its dates are the document's, its identifier is its content's hash, its
font is the one beside the templates. Rendered twice, it is the same file. WeasyPrint is slow on tables of
thousands of cells, so the annex is set as lines of text with tab stops (``benchmarks`` and the note say how much).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import jinja2

from adapters.call_list import call_list_csv
from adapters.document_filters import FILTERS
from adapters.document_view import PrintedDocument, view
from adapters.factur_x.pdf import declare, list_once
from adapters.factur_x.xml import factur_x_xml, has_electronic_form
from adapters.files import publish
from adapters.worker_processes import worker_processes
from domain.errors import PermanentError

TEMPLATES = Path(__file__).resolve().parent / "templates"
PDF_VARIANT = "pdf/a-3b"
# Documents held in memory at once.
BATCH = 16
# Workers are then replaced: one that drew 1,150 invoices held 335 MB, after 250 of them 250 MB.
BATCHES_A_POOL = 64


class OtherBytes(PermanentError):
    """A document drawn again is not the file it was."""


@dataclass(frozen=True)
class RenderedPdf:
    """A document's bytes, and how many pages they are."""

    content: bytes
    pages: int


@dataclass(frozen=True)
class WrittenPdf:
    """A document's file on disk."""

    number: str
    path: Path
    sha256: str
    pages: int


class InvoiceRenderer:
    """Renders documents; ``workers`` processes share a batch. Holds no file open between calls."""

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(FILTERS)
        return environment

    @cached_property
    def _typesetting(self) -> tuple[Any, Any]:
        """The style sheet and the fonts it loads, read once a process."""
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        fonts = FontConfiguration()
        return CSS(filename=TEMPLATES / "document.css", font_config=fonts, url_fetcher=_files_only()), fonts

    def html(self, document: PrintedDocument) -> str:
        """The document as the page WeasyPrint sets."""
        return self._environment.get_template(f"{document.kind}.html.j2").render(view(document))

    def pdf(self, document: PrintedDocument) -> RenderedPdf:
        """The document as PDF/A-3b, in this process; an invoice or a credit note has its Factur-X inside."""
        xml = factur_x_xml(document) if has_electronic_form(document) and not document.is_draft else None
        return self._set(self.html(document), document.issue_date, document.sha256, xml)

    def page(self, template: str, names: dict[str, Any], dated: dt.date, identifier: str) -> RenderedPdf:
        """Another paper of the house as PDF/A-3b: the same names and date, the same bytes."""
        html = self._environment.get_template(template).render(names)
        return self._set(html, dated, identifier, None)

    def _set(self, html: str, dated: dt.date, identifier: str, xml: bytes | None) -> RenderedPdf:
        from weasyprint import HTML

        style, fonts = self._typesetting
        page = HTML(string=html, base_url=str(TEMPLATES), url_fetcher=_files_only())
        laid_out = page.render(stylesheets=[style], font_config=fonts, pdf_variant=PDF_VARIANT)
        declare(laid_out, xml, dated)
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # WeasyPrint 70 leaves the colour profile it embeds to the garbage collector to close.
            warnings.simplefilter("ignore", ResourceWarning)
            laid_out.write_pdf(
                buffer,
                finisher=list_once,
                pdf_variant=PDF_VARIANT,
                pdf_tags=True,
                pdf_identifier=identifier.encode(),
            )
        return RenderedPdf(buffer.getvalue(), len(laid_out.pages))

    def write(self, document: PrintedDocument, folder: Path, known_sha256: str | None = None) -> WrittenPdf:
        """Render to ``folder``/<number>.pdf: under a temporary name, fsynced, then renamed.

        Raises:
            OtherBytes: it was drawn before as ``known_sha256`` and comes out otherwise; nothing is published.
        """
        target = folder / f"{document.number}.pdf"
        folder.mkdir(parents=True, exist_ok=True)
        rendered = self.pdf(document)
        sha256 = hashlib.sha256(rendered.content).hexdigest()
        if known_sha256 not in (None, sha256):
            raise OtherBytes(
                f"{document.number} was written as a file of sha256 {known_sha256} and is drawn now as {sha256}: the"
                " templates or the fonts changed since; restore the file from the backup, it is the document"
            )
        _publish(rendered.content, target)
        self.write_call_list(document, folder)
        return WrittenPdf(document.number, target, sha256, rendered.pages)

    def write_call_list(self, document: PrintedDocument, folder: Path) -> None:
        """The calls as ``folder``/<number>.csv, for a document that gives them so."""
        if document.call_list:
            folder.mkdir(parents=True, exist_ok=True)
            _publish(call_list_csv(document).encode(), folder / f"{document.number}.csv")

    def write_all(
        self, documents: Iterable[PrintedDocument], folder: Path, progress: Callable[[int], None] | None = None
    ) -> list[WrittenPdf]:
        """Write every document, in worker processes; ``progress`` is told how many are done.

        Raises:
            PermanentError: a document cannot be rendered; its number is in the message.
        """
        written = []
        for pdf in self.write_each(documents, folder):
            written.append(pdf)
            if progress is not None:
                progress(len(written))
        return sorted(written, key=lambda pdf: pdf.number)

    def write_each(
        self, documents: Iterable[PrintedDocument], folder: Path, known: Mapping[str, str] | None = None
    ) -> Iterator[WrittenPdf]:
        """Write every document in worker processes and give each as it is done; ``known`` are sha256 by number.

        Documents are taken a few at a time: an annex may hold a hundred thousand calls.

        Raises:
            PermanentError: a document cannot be rendered, or not as the bytes it was; its number is in the message.
        """
        waiting, known = iter(documents), known or {}
        batch = list(islice(waiting, BATCH))
        if len(batch) == 1:
            [one] = batch
            yield _named(one.number, lambda: self.write(one, folder, known.get(one.number)))
            # Fonts that are let go of while the interpreter ends bring it down (Pango, with other libraries loaded).
            self.__dict__.pop("_typesetting", None)
            return
        while batch:
            with worker_processes(self.workers) as pool:
                for _ in range(BATCHES_A_POOL):
                    pending = {
                        pool.submit(_write_in_worker, document, folder, known.get(document.number)): document.number
                        for document in batch
                    }
                    yield from (_named(pending[future], future.result) for future in as_completed(pending))
                    batch = list(islice(waiting, BATCH))


def _publish(content: bytes, target: Path) -> None:
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex}"
    try:
        temporary.write_bytes(content)
        publish(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _named(number: str, write: Callable[[], WrittenPdf]) -> WrittenPdf:
    """What ``write`` gives, or an error that says which document it was."""
    try:
        return write()
    except OtherBytes:
        raise
    except Exception as error:
        raise PermanentError(
            f"{number} could not be rendered: {error!r}; it is issued and stays so: mend the template, or the field"
            " the error names, then run invoice_documents again"
        ) from error


@cache
def _worker_renderer() -> InvoiceRenderer:
    return InvoiceRenderer(workers=1)


def _write_in_worker(document: PrintedDocument, folder: Path, known_sha256: str | None) -> WrittenPdf:
    return _worker_renderer().write(document, folder, known_sha256)


def _files_only() -> Any:
    """A document loads its style and fonts from the disk, and nothing from anywhere else."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=["file"], fail_on_errors=True)
