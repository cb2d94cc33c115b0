"""Replacing an issued invoice that is cancelled: the same lines, with what was wrong about the parties put right."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from adapters.ledger.credit_notes import Correctable
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from assets.invoices.adjustment_lines import Row, earlier_month, earlier_vat
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.printed import earlier_payload, invoice_payload
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftDocument, draft_document
from domain.penalty import LatePaymentRule, rule_in_force


def replacement_draft(ledger: Ledger, corrected: Correctable, month: Month, on: dt.date) -> DraftDocument:
    """The invoice in the place of one that is cancelled: its lines, the parties and the VAT as they are now.

    What it corrects or catches up of earlier months bears their VAT, as the invoices bore it that stand for them.

    Raises:
        PermanentError: it is no invoice, something of it was credited, or its customer may not be invoiced.
    """
    document = corrected.document
    if document.kind != "invoice" or corrected.credits:
        raise PermanentError(
            f"{document.number}: only an invoice of which nothing was credited yet is replaced; credit what is left"
            " with --all, and charge what is owed on the next invoice"
        )
    customers = {customer.customer_id: customer for customer in ledger.customers()}
    before: dict[str, Any] = json.loads(document.payload)
    billed = Month.parse(before.get("annex_month", document.month))
    rules, refused = vat_by_customer(ledger, billed, {document.customer_id})
    if document.customer_id in refused:
        raise PermanentError(refused[document.customer_id])
    vat = rules[document.customer_id]
    earlier = _earlier_lines(document, before)
    by_month = earlier_vat(ledger, earlier.values(), document.number)
    by_line = {number: by_month[str(earlier_month(of)), document.customer_id] for number, of in earlier.items()}
    lines = [
        replace(line, vat_category=rule.category, vat_rate_basis_points=rule.rate_basis_points)
        for line in corrected.lines
        for rule in [by_line.get(line.line_number, vat)]
    ]
    due_date = on + (document.due_date - document.issue_date)
    late = rule_in_force([LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()], due_date)
    details: list[Mapping[str, Any]] = [{**asdict(line), "detail": detail} for line, detail in
                                        zip(lines, before["line_details"], strict=True)]  # fmt: skip
    payload = invoice_payload(ledger.operator(), customers[document.customer_id], billed, vat, late, details)
    payload |= earlier_payload(earlier.values(), by_month, payload)
    return draft_document(
        customer_id=document.customer_id,
        kind="invoice",
        month=month,
        issue_date=on,
        due_date=due_date,
        lines=lines,
        payload={
            **payload,
            **{name: before[name] for name in ("allowances", "annex") if name in before},
            # The ledger adds which credit note cancelled it.
            "replaces": {"number": document.number, "issue_date": document.issue_date.isoformat()},
            "annex_month": str(billed),
        },
    )


def _earlier_lines(document: IssuedDocument, payload: Mapping[str, Any]) -> dict[int, Row]:
    """By number, the lines of earlier months, as a draft knew them."""
    unsaid = {"customer_id": document.customer_id, "corrected_month": None, "caught_up_month": None}
    said = [*payload.get("adjustments", []), *payload.get("caught_up", [])]
    return {line["line_number"]: unsaid | line for line in said}
