"""The VAT rule of each customer of a month, and why some have none; of a month that was invoiced, the VAT it bore."""

import json
from collections.abc import Iterable
from typing import Any

from adapters.ledger.credit_notes import correctable
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from domain.calendar import Month
from domain.errors import BadInput
from domain.vat import VatRule, vat_rule_for


def vat_by_customer(ledger: Ledger, month: Month, customer_ids: set[str]) -> tuple[dict[str, VatRule], dict[str, str]]:
    """The VAT rule of each customer for a supply that ends with the month, and why some have none.

    Raises:
        PermanentError: a territory has no rule in force.
    """
    rules = [VatRule(**row.model_dump()) for row in ledger.vat_rules()]
    found, refused = {}, {}
    for customer in ledger.customers():
        if customer.customer_id not in customer_ids:
            continue
        try:
            found[customer.customer_id] = vat_rule_for(
                rules,
                territory=customer.vat_territory,
                is_reseller=customer.is_reseller,
                vat_number=customer.vat_number,
                on=month.last_date,
                customer=f"{customer.customer_id} ({customer.legal_name})",
            )
        except BadInput as reason:
            refused[customer.customer_id] = str(reason)
    return found, refused


def vat_as_invoiced(ledger: Ledger, month: Month, customer_ids: set[str]) -> dict[str, VatRule]:
    """The VAT a month's invoices bore, of the customers who have one: where they lived then is written nowhere else."""
    documents = ledger.documents()
    replaced = {d.replaces_number: d for d in documents if d.replaces_number is not None}
    of_month: dict[str, list[Any]] = {}
    for line in ledger.document_lines(month):
        of_month.setdefault(line.number, []).append(line)
    found = {}
    for invoice in documents:
        if (invoice.kind, invoice.month, invoice.replaces_number) != ("invoice", str(month), None):
            continue
        if invoice.customer_id in customer_ids:
            standing = invoice
            while standing.number in replaced:
                standing = replaced[standing.number]
            lines = of_month[invoice.number] if standing is invoice else correctable(ledger, standing.number).lines
            if (rule := _as_invoiced(standing, lines)) is not None:
                found[invoice.customer_id] = rule
    return found


def vat_as_caught_up(
    ledger: Ledger, month: Month, customer_ids: set[str], replacing: str | None = None
) -> dict[str, VatRule]:
    """The VAT a month bore on the later invoice that caught it up first, of the customers who have one.

    Where that is the one that is being replaced, there is none: nothing else stands for the month.
    """
    documents = ledger.documents()
    replaced = {d.replaces_number: d for d in documents if d.replaces_number is not None}
    found: dict[str, tuple[str, VatRule]] = {}
    for invoice in documents:
        is_first = invoice.kind == "invoice" and invoice.replaces_number is None
        if is_first and invoice.customer_id in customer_ids - found.keys():
            standing = invoice
            while standing.number in replaced:
                standing = replaced[standing.number]
            if (rule := _as_caught_up(ledger, standing, month)) is not None:
                found[invoice.customer_id] = standing.number, rule
    return {customer_id: rule for customer_id, (number, rule) in found.items() if number != replacing}


def _as_caught_up(ledger: Ledger, invoice: IssuedDocument, month: Month) -> VatRule | None:
    payload = json.loads(invoice.payload)
    own = {line["line_number"]: line for line in payload.get("caught_up", []) if line["caught_up_month"] == str(month)}
    if not own:
        return None
    line = next(line for line in correctable(ledger, invoice.number).lines if line.line_number in own)
    # An invoice that did not keep it apart yet says it of the category: an earlier month's after its own.
    said = payload.get("vat_reasons", {}).get(line.vat_category, [""])
    mention = own[line.line_number].get("vat_mention", said[-1])
    return VatRule("", invoice.issue_date, line.vat_category, line.vat_rate_basis_points, mention)


def _as_invoiced(invoice: IssuedDocument, lines: Iterable[Any]) -> VatRule | None:
    payload = json.loads(invoice.payload)
    # What it corrects or catches up of earlier months bears their VAT.
    earlier = {line["line_number"] for name in ("adjustments", "caught_up") for line in payload.get(name, [])}
    for line in lines:
        if line.line_number not in earlier:
            # Its own mention is printed first; a standard rate has none.
            mention = next(iter(payload["vat_mentions"]), "") if line.vat_category != "S" else ""
            return VatRule("", invoice.issue_date, line.vat_category, line.vat_rate_basis_points, mention)
    return None
