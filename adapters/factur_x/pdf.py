"""What makes the PDF more than a picture: the XML inside it, one /AF entry, one rdf:RDF that says all it is.

WeasyPrint's documented way (``attachments=`` and ``xmp_metadata=``) lists the file twice in /AF, and puts a second
rdf:RDF after its own, which readers of the first one never see. Both are set right here before a byte is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

FILE_NAME = "factur-x.xml"
DESCRIPTION = "Facture électronique Factur-X, profil EN 16931"
CLOSING = b"</rdf:RDF>"
EXTENSION = b"""<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">\
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>\
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"""
# PDF/A wants every property outside its own list described: the name, type and meaning of each.
SCHEMAS_OPENING = b"""<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag>"""
SCHEMAS_CLOSING = b"</rdf:Bag></pdfaExtension:schemas></rdf:Description>"
# Name, namespace, prefix; then name, type, category and meaning of each property.
Schema = tuple[str, str, str, tuple[tuple[str, str, str, str], ...]]
FACTUR_X_SCHEMA: Schema = (
    "Factur-X PDFA Extension Schema",
    "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "fx",
    (
        ("DocumentFileName", "Text", "external", "name of the embedded XML invoice file"),
        ("DocumentType", "Text", "external", "INVOICE"),
        ("Version", "Text", "external", "The actual version of the Factur-X XML schema"),
        ("ConformanceLevel", "Text", "external", "The conformance level of the embedded Factur-X data"),
    ),
)
ACCESSIBLE = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>"""
ACCESSIBLE_SCHEMA: Schema = (
    "PDF/UA identification schema",
    "http://www.aiim.org/pdfua/ns/id/",
    "pdfuaid",
    (("part", "Integer", "internal", "Indicates, which part of ISO 14289 standard is followed"),),
)


def declare(laid_out: Any, xml: bytes | None, issue_date: dt.date) -> None:
    """Have a laid out WeasyPrint document say it is PDF/UA, and embed ``xml``, dated as the document, when given."""
    statements, schemas = ACCESSIBLE, [ACCESSIBLE_SCHEMA]
    if xml is not None:
        laid_out.metadata.attachments = [_attachment(xml, dt.datetime.combine(issue_date, dt.time()))]
        statements, schemas = statements + EXTENSION, [*schemas, FACTUR_X_SCHEMA]
    _describe(laid_out.metadata, statements, schemas)


def _attachment(xml: bytes, date: dt.datetime) -> Any:
    from weasyprint import Attachment

    return Attachment(
        string=xml,
        name=FILE_NAME,
        description=DESCRIPTION,
        created=date,
        modified=date,
        relationship="Alternative",
    )


def _describe(metadata: Any, statements: bytes, schemas: Iterable[Schema]) -> None:
    """Have the metadata's one rdf:RDF end with ``statements`` and the description of what they use."""
    generate = metadata.generate_rdf_metadata
    described = b"".join(_schema_xml(schema) for schema in schemas)
    added = statements + SCHEMAS_OPENING + described + SCHEMAS_CLOSING + CLOSING

    def generate_whole(*arguments: Any, **options: Any) -> bytes:
        rdf: bytes = generate(*arguments, **options)
        if rdf.count(CLOSING) != 1 or not rdf.endswith(CLOSING):
            raise ValueError("WeasyPrint's metadata is not one rdf:RDF any more: this version is not the pinned one")
        return rdf[: -len(CLOSING)] + added

    metadata.generate_rdf_metadata = generate_whole


def list_once(_: Any, pdf: Any) -> None:
    """A WeasyPrint finisher: each embedded file stands once in the catalog's /AF."""
    if "AF" in pdf.catalog:
        files = list(dict.fromkeys(pdf.catalog["AF"]))
        pdf.catalog["AF"][:] = files


def _schema_xml(schema: Schema) -> bytes:
    name, namespace, prefix, properties = schema
    listed = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{property_name}</pdfaProperty:name>'
        f"<pdfaProperty:valueType>{kind}</pdfaProperty:valueType><pdfaProperty:category>{category}"
        f"</pdfaProperty:category><pdfaProperty:description>{meaning}</pdfaProperty:description></rdf:li>"
        for property_name, kind, category, meaning in properties
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{name}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}"
        f"</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{listed}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()
