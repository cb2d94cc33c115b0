"""A document as Cross Industry Invoice XML (UN/CEFACT D22B), from what it prints and nothing else.

Built by hand with lxml: the ``factur-x`` library's own generator takes floats and rounds them with ``round()``, ties
to even and in binary, and adds up totals itself; here every figure is the ledger's integer. The same document gives
the same bytes. Business terms (BT-1 ...) are EN 16931-1's; BR-FR rules are AFNOR XP Z12-012's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from adapters.document_view import PrintedDocument
from domain.invoice import DraftLine
from domain.line_price import line_price
from domain.money import CENTS_PER_EURO, MICROS_PER_EURO, THOUSANDS_SPACE, UNIT_SPACE
from domain.vat import OUTSIDE_VAT

RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
NAMESPACES = {"rsm": RSM, "ram": RAM, "udt": UDT, "qdt": QDT}
GUIDELINE = "urn:cen.eu:en16931:2017"
# BT-23: a supply of services, invoiced by its seller.
BILLING_MODE = "S1"
TYPE_CODES = {"invoice": "380", "credit_note": "381"}
SIREN_SCHEME = "0002"
# UN/ECE recommendation 20; whatever is counted is C62, "one".
UNIT_CODES = {"mois": "MON", "min": "MIN", "forfait": "LS"}
ONE = "C62"
EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "G": "VATEX-EU-G"}
SEPA_TRANSFER = "58"
Element = Any


def has_electronic_form(document: PrintedDocument) -> bool:
    """Invoices and their credit notes have one; a debit note and its credit note are outside VAT, and outside it."""
    return document.kind in TYPE_CODES and any(line.vat_category != OUTSIDE_VAT for line in document.lines)


def factur_x_xml(document: PrintedDocument) -> bytes:
    """The document as XML, UTF-8. Raises KeyError when the payload lacks what the form needs; it names it."""
    root = etree.Element(f"{{{RSM}}}CrossIndustryInvoice", nsmap=NAMESPACES)
    _context(_add(root, "rsm:ExchangedDocumentContext"))
    _header(_add(root, "rsm:ExchangedDocument"), document)
    transaction = _add(root, "rsm:SupplyChainTradeTransaction")
    for line in document.lines:
        _line(_add(transaction, "ram:IncludedSupplyChainTradeLineItem"), line, document)
    _agreement(_add(transaction, "ram:ApplicableHeaderTradeAgreement"), document)
    delivery = _add(transaction, "ram:ApplicableHeaderTradeDelivery")
    delivered = _add(_add(delivery, "ram:ActualDeliverySupplyChainEvent"), "ram:OccurrenceDateTime")
    _date(delivered, document.payload["period"]["end"])
    _settlement(_add(transaction, "ram:ApplicableHeaderTradeSettlement"), document)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _context(parent: Element) -> None:
    _add(_add(parent, "ram:BusinessProcessSpecifiedDocumentContextParameter"), "ram:ID", BILLING_MODE)
    _add(_add(parent, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", GUIDELINE)


def _header(parent: Element, document: PrintedDocument) -> None:
    _add(parent, "ram:ID", document.number)
    _add(parent, "ram:TypeCode", TYPE_CODES[document.kind])
    _date(_add(parent, "ram:IssueDateTime"), document.issue_date.isoformat())
    for subject, text in sorted(document.payload["notes"].items()):
        note = _add(parent, "ram:IncludedNote")
        _add(note, "ram:Content", text)
        _add(note, "ram:SubjectCode", subject)


def _line(parent: Element, line: DraftLine, document: PrintedDocument) -> None:
    """One charge: BG-25. A credit inside an invoice has a negative quantity, its price stays positive."""
    _add(_add(parent, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(line.line_number))
    product = _add(parent, "ram:SpecifiedTradeProduct")
    _add(product, "ram:Name", line.label)
    several = len({other.contract_id for other in document.lines}) > 1
    about = (f"Contrat {line.contract_id}" if several and line.contract_id else None, _detail(line, document))
    if description := ", ".join(filter(None, about)):
        _add(product, "ram:Description", description)
    quantity = f"-{line.quantity}" if line.amount_cents < 0 and not line.quantity.startswith("-") else line.quantity
    price = line_price(quantity, abs(line.unit_price_micros), line.amount_cents)
    code = UNIT_CODES.get(line.unit, ONE)
    net_price = _add(_add(parent, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _add(net_price, "ram:ChargeAmount", _decimal(price.price_micros, MICROS_PER_EURO))
    if price.base_quantity > 1:
        _add(net_price, "ram:BasisQuantity", str(price.base_quantity), unitCode=code)
    _add(_add(parent, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", quantity, unitCode=code)
    settlement = _add(parent, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _add(tax, "ram:TypeCode", "VAT")
    _add(tax, "ram:CategoryCode", line.vat_category)
    _add(tax, "ram:RateApplicablePercent", _percent(line.vat_rate_basis_points))
    summation = _add(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _add(summation, "ram:LineTotalAmount", _euros(line.amount_cents))


def _detail(line: DraftLine, document: PrintedDocument) -> str | None:
    detail: str | None = document.payload["line_details"][line.line_number - 1]
    return detail


def _agreement(parent: Element, document: PrintedDocument) -> None:
    seller = document.payload["seller"]
    _party(_add(parent, "ram:SellerTradeParty"), seller, legal_text=_legal_text(seller))
    _party(_add(parent, "ram:BuyerTradeParty"), document.payload["buyer"])
    if order := document.payload["buyer"]["order_reference"]:
        _add(_add(parent, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", order)
    contracts = {line.contract_id for line in document.lines if line.contract_id}
    if len(contracts) == 1:
        _add(_add(parent, "ram:ContractReferencedDocument"), "ram:IssuerAssignedID", contracts.pop())


def _legal_text(seller: Mapping[str, Any]) -> str:
    return f"{seller['legal_form']} au capital de {seller['capital']}, RCS {seller['rcs_city']} {seller['siren']}"


def _party(parent: Element, party: Mapping[str, Any], legal_text: str | None = None) -> None:
    vat_number = party["vat_number"]
    # BR-CO-09: a VAT number bears its country. One that does not is the number of some other register.
    is_vat_number = vat_number is not None and vat_number[:2].isalpha() and _country_fits(vat_number, party["country"])
    if "customer_id" in party:
        _add(parent, "ram:ID", party["customer_id"])
    _add(parent, "ram:Name", party["name"])
    if legal_text:
        _add(parent, "ram:Description", legal_text)
    if party["siren"]:
        organization = _add(parent, "ram:SpecifiedLegalOrganization")
        _add(organization, "ram:ID", party["siren"], schemeID=SIREN_SCHEME)
    elif vat_number and not is_vat_number:
        _add(_add(parent, "ram:SpecifiedLegalOrganization"), "ram:ID", vat_number)
    address = _add(parent, "ram:PostalTradeAddress")
    _add(address, "ram:PostcodeCode", party["postal_code"])
    _add(address, "ram:LineOne", party["address_line"])
    _add(address, "ram:CityName", party["city"])
    _add(address, "ram:CountryID", party["country"])
    electronic = party["electronic_address"]
    uri = _add(parent, "ram:URIUniversalCommunication")
    _add(uri, "ram:URIID", electronic["value"], schemeID=electronic["scheme"])
    if is_vat_number:
        _add(_add(parent, "ram:SpecifiedTaxRegistration"), "ram:ID", vat_number, schemeID="VA")


def _country_fits(vat_number: str, country: str) -> bool:
    # Greece is EL, Northern Ireland XI; the French overseas departments and Monaco have French numbers.
    return vat_number[:2] in {country, "EL", "XI", "FR"}


def _settlement(parent: Element, document: PrintedDocument) -> None:
    payload = document.payload
    _add(parent, "ram:PaymentReference", document.number)
    _add(parent, "ram:InvoiceCurrencyCode", "EUR")
    if payload["seller"]["iban"] and document.kind == "invoice":
        _transfer(_add(parent, "ram:SpecifiedTradeSettlementPaymentMeans"), payload["seller"])
    for tax in payload["taxes"]:
        # What was issued before the reasons were kept by category had one category.
        reasons = payload.get("vat_reasons", {}).get(tax["category"], payload["vat_mentions"])
        _tax(_add(parent, "ram:ApplicableTradeTax"), tax, reasons)
    period = _add(parent, "ram:BillingSpecifiedPeriod")
    _date(_add(period, "ram:StartDateTime"), payload["period"]["start"])
    _date(_add(period, "ram:EndDateTime"), payload["period"]["end"])
    terms = _add(parent, "ram:SpecifiedTradePaymentTerms")
    if document.kind == "invoice":
        _date(_add(terms, "ram:DueDateDateTime"), document.due_date.isoformat())
    else:
        _add(terms, "ram:Description", payload["settlement"])
    _totals(_add(parent, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), document)
    # BG-3: what a credit note corrects, what an invoice stands in the place of.
    if earlier := payload.get("corrects" if document.kind == "credit_note" else "replaces"):
        referenced = _add(parent, "ram:InvoiceReferencedDocument")
        _add(referenced, "ram:IssuerAssignedID", earlier["number"])
        _date(_add(referenced, "ram:FormattedIssueDateTime"), earlier["issue_date"], kind="qdt")


def _transfer(parent: Element, seller: Mapping[str, Any]) -> None:
    _add(parent, "ram:TypeCode", SEPA_TRANSFER)
    _add(_add(parent, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", "".join(seller["iban"].split()))
    if seller["bic"]:
        _add(_add(parent, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", seller["bic"])


def _tax(parent: Element, tax: Mapping[str, Any], reasons: Iterable[str]) -> None:
    """BG-23: a rate, its base and its tax; without tax, why there is none."""
    category = tax["category"]
    _add(parent, "ram:CalculatedAmount", _euros(tax["tax_cents"]))
    _add(parent, "ram:TypeCode", "VAT")
    if category != "S":
        _add(parent, "ram:ExemptionReason", " ; ".join(reasons))
    _add(parent, "ram:BasisAmount", _euros(tax["base_cents"]))
    _add(parent, "ram:CategoryCode", category)
    if category in EXEMPTION_CODES:
        _add(parent, "ram:ExemptionReasonCode", EXEMPTION_CODES[category])
    _add(parent, "ram:RateApplicablePercent", _percent(tax["rate_basis_points"]))


def _totals(parent: Element, document: PrintedDocument) -> None:
    _add(parent, "ram:LineTotalAmount", _euros(sum(line.amount_cents for line in document.lines)))
    _add(parent, "ram:TaxBasisTotalAmount", _euros(document.net_cents))
    _add(parent, "ram:TaxTotalAmount", _euros(document.vat_cents), currencyID="EUR")
    _add(parent, "ram:GrandTotalAmount", _euros(document.total_cents))
    _add(parent, "ram:DuePayableAmount", _euros(document.total_cents))


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    prefix, _, local = name.partition(":")
    element = etree.SubElement(parent, f"{{{NAMESPACES[prefix]}}}{local}", attributes)
    if text is not None:
        # Spaces that hold a printed line together mean nothing to a program.
        element.text = text.replace(UNIT_SPACE, " ").replace(THOUSANDS_SPACE, " ")
    return element


def _date(parent: Element, iso_date: str, kind: str = "udt") -> None:
    _add(parent, f"{kind}:DateTimeString", f"{dt.date.fromisoformat(iso_date):%Y%m%d}", format="102")


def _euros(cents: int) -> str:
    return _decimal(cents, CENTS_PER_EURO)


def _percent(basis_points: int) -> str:
    return _decimal(basis_points, 100)


def _decimal(value: int, unit: int) -> str:
    """An integer of ``unit`` per one as decimal text, exactly: at least two decimals, none that is zero after that."""
    whole, rest = divmod(abs(value), unit)
    decimals = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if value < 0 else ''}{whole}.{decimals}"
