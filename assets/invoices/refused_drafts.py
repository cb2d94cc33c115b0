"""Customers who have charges and may not be invoiced, with what to do about it; the others go on.

A business of the European Union without a VAT number is one (BILLING_RULES, "Invoice"). So is one whose draft, in
its electronic form, breaks a rule of EN 16931 or BR-FR: it is held to all of them here, before it can be issued.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import dagster as dg

from adapters.document_view import PrintedDocument
from adapters.factur_x.validation import validate_all
from adapters.factur_x.xml import factur_x_xml
from adapters.ledger.documents import CLOSED, SERIES
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.charge_lines import CHARGES, Row, charge_lines
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, month_rows, write_month
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.invoice_lines import invoice_rows
from assets.invoices.invoices import drafts_of
from assets.invoices.tables import REFUSED_DRAFTS
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.invoice import DraftDocument

AS_CLOSED = "select * from refused_drafts where month = $1 order by customer_id"


def refused_rows(
    ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date, workers: int = 2
) -> list[Row]:
    """Customers with charges and no lawful invoice, with the reason. What a closed month refused stands as it is."""
    period = ledger.period(month)
    if period is not None and period.state == CLOSED and warehouse.path(REFUSED_DRAFTS.name, str(month)).exists():
        with warehouse.connect((REFUSED_DRAFTS.name,)) as connection:
            return month_rows(connection, AS_CLOSED, month)
    with warehouse.connect(CHARGES) as connection:
        charges = charge_lines(connection, month)
    rules, refused = vat_by_customer(ledger, month, {line["customer_id"] for line in charges})
    drafts = drafts_of(ledger, month, issue_date, invoice_rows(charges, rules, month), [])
    refused |= faulty_forms(drafts, workers)
    owed = Counter[str]()
    for line in charges:
        owed[line["customer_id"]] += line["amount_cents"]
    return [
        {"month": str(month), "customer_id": customer_id, "reason": reason, "amount_cents": owed[customer_id]}
        for customer_id, reason in sorted(refused.items())
    ]


def faulty_forms(drafts: Iterable[DraftDocument], workers: int) -> dict[str, str]:
    """Why a draft's electronic form would be refused, by customer: each broken rule by its name and words."""
    customers, forms, faulty = [], [], {}
    for draft in drafts:
        try:
            forms.append(factur_x_xml(provisional(draft)))
        except ValueError as error:
            faulty[draft.customer_id] = _refusal(draft, [str(error)])
        else:
            customers.append(draft)
    for draft, faults in zip(customers, validate_all(forms, workers), strict=True):
        if broken := [str(fault) for fault in faults if not fault.is_warning]:
            faulty[draft.customer_id] = _refusal(draft, broken)
    return faulty


def provisional(draft: DraftDocument) -> PrintedDocument:
    """A draft under a number of the length it will have."""
    return PrintedDocument(
        number=f"{SERIES[draft.kind]}-{draft.issue_date.year}-000000",
        kind=draft.kind,
        month=draft.month,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        sha256=draft.content_sha256,
        lines=draft.lines,
        payload=draft.payload,
    )


def _refusal(draft: DraftDocument, broken: list[str]) -> str:
    return (
        f"{draft.customer_id}: its electronic invoice would be refused: {'; '.join(broken)}."
        " Correct the customer, the operator or the charge it names, then close again"
    )


@dg.asset(
    group_name=GROUP,
    description=REFUSED_DRAFTS.description,
    partitions_def=BILLING_MONTHS,
    deps=["customers", "contracts", "subscription_charges", "usage_charges"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def refused_drafts(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Write who may not be invoiced, and why."""
    month = Month.parse(context.partition_key)
    issue_date = closing_date(platform.ledger, month, config.as_of)
    rows = refused_rows(platform.ledger, platform.warehouse, month, issue_date, platform.renderer.workers)
    for row in rows:
        context.log.warning("Not invoiced: %s", row["reason"])
    written = write_month(platform.warehouse, REFUSED_DRAFTS, month, rows)
    reasons = "\n".join(f"- {row['reason']}" for row in rows) or "None."
    return dg.MaterializeResult(metadata={"dagster/row_count": written.rows, "reasons": dg.MetadataValue.md(reasons)})
