"""The PDF as a file: PDF/A-3b and PDF/UA-1 by veraPDF, the XML inside once, declared once, the same bytes twice.

Where veraPDF cannot be had (Java, Maven, and Maven Central or its cache) only the structure is checked: that test
says so by its name, and is no proof of conformance.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from adapters.factur_x.xml import factur_x_xml
from adapters.invoice_renderer import InvoiceRenderer
from tests.adapters.factur_x.drawn_up import drawn_up
from tests.adapters.test_invoice_renderer import GROUP, debit_note, invoice

VERAPDF = Path(__file__).with_name("verapdf")


@pytest.fixture(scope="module")
def renderer() -> InvoiceRenderer:
    return InvoiceRenderer()


@pytest.fixture(scope="module")
def reader(renderer: InvoiceRenderer) -> PdfReader:
    return PdfReader(io.BytesIO(renderer.pdf(invoice(annex=(GROUP,))).content))


@pytest.fixture(scope="module")
def verapdf(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that judges files with veraPDF's library, taken through Maven as any Java program takes it."""
    if not shutil.which("javac") or not shutil.which("mvn"):
        pytest.skip("no JDK or no Maven: veraPDF cannot be run; the structural test below still is")
    folder = tmp_path_factory.mktemp("verapdf")
    fetch = ["mvn", "-q", "-B", "-f", str(VERAPDF / "pom.xml"), "dependency:copy-dependencies"]
    fetch.append(f"-DoutputDirectory={folder}")
    fetched = subprocess.run(fetch, capture_output=True, text=True, timeout=600, check=False)
    if fetched.returncode:
        pytest.skip(f"Maven Central gives no veraPDF: {fetched.stdout[-300:]}")
    return ["java", "-cp", f"{folder}/*", str(VERAPDF / "VeraPdf.java")]


@pytest.mark.parametrize("flavour", ["3b", "ua1"])
def test_verapdf_finds_every_kind_of_document_sound(renderer, verapdf, tmp_path, flavour):
    history = [("2026-08", 420_00), ("2026-09", 1180_00)]
    documents = {
        "invoice": invoice(annex=(GROUP,)),
        "chart": drawn_up(history=history),
        "credit_note": drawn_up(corrects="FA-2026-000007"),
        "debit_note": debit_note(),
    }
    paths = []
    for name, document in documents.items():
        paths.append(tmp_path / f"{name}.pdf")
        paths[-1].write_bytes(renderer.pdf(document).content)
    command = [*verapdf, flavour, *map(str, paths)]
    judged = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.count(" PASS") == len(paths)


def test_the_structure_alone_is_that_of_a_factur_x_pdf(reader):
    """A structural check: one /AF entry, Alternative, text/xml, OutputIntent, tags, fonts. Not veraPDF's verdict."""
    root = reader.root_object
    [file] = (entry.get_object() for entry in root["/AF"])
    assert (file["/AFRelationship"], file["/F"], file["/UF"]) == ("/Alternative", "factur-x.xml", "factur-x.xml")
    assert file["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"
    assert root["/Names"]["/EmbeddedFiles"]["/Names"][0] == "factur-x.xml"
    assert [intent.get_object()["/S"] for intent in root["/OutputIntents"]] == ["/GTS_PDFA1"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert all(_is_embedded(font.get_object()) for page in reader.pages for font in _fonts(page))


def _fonts(page: Any) -> list[Any]:
    return list(page["/Resources"]["/Font"].values())


def _is_embedded(font: Any) -> bool:
    descendant = font["/DescendantFonts"][0].get_object()
    return "/FontFile2" in descendant["/FontDescriptor"]


def test_the_metadata_is_one_rdf_that_says_factur_x_pdf_a_and_pdf_ua(reader):
    metadata = reader.root_object["/Metadata"].get_object().get_data().decode()
    assert metadata.count("<rdf:RDF") == metadata.count("</rdf:RDF>") == 1
    assert metadata.count("<pdfaExtension:schemas>") == 1
    for statement in (
        "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
        "<fx:DocumentType>INVOICE</fx:DocumentType>",
        "<fx:Version>1.0</fx:Version>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ):
        assert metadata.count(statement) == 1


def test_the_file_inside_is_the_document_s_xml_byte_for_byte(reader):
    assert reader.attachments["factur-x.xml"] == [factur_x_xml(invoice(annex=(GROUP,)))]


def test_a_debit_note_is_outside_vat_and_has_no_electronic_form(renderer):
    reader = PdfReader(io.BytesIO(renderer.pdf(debit_note()).content))
    assert "/AF" not in reader.root_object
    assert not reader.attachments
