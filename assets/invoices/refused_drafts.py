"""Customers who have charges and may not be invoiced, with what to do about it; the others go on.

A business of the European Union without a VAT number is one (BILLING_RULES, "Invoice"). So is one whose draft, in
its electronic form, breaks a rule of EN 16931 or BR-FR: it is held to all of them here, before it can be issued.
"""

import datetime as dt
from collections import Counter

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.adjustment_lines import TABLES, adjustment_lines
from assets.invoices.charge_lines import CHARGES, Row, charge_lines
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, keep_or_write
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.electronic_forms import faulty_forms
from assets.invoices.invoice_lines import by_contract, invoice_rows
from assets.invoices.invoices import drafts_of
from assets.invoices.tables import REFUSED_DRAFTS
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month


def refused_rows(
    ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date, workers: int = 2
) -> list[Row]:
    """Customers with charges and no lawful invoice, with the reason."""
    with warehouse.connect((*CHARGES, *TABLES)) as connection:
        charges = by_contract([*charge_lines(connection, month), *adjustment_lines(connection, month)])
    rules, refused = vat_by_customer(ledger, month, {line["customer_id"] for line in charges})
    drafts = drafts_of(ledger, month, issue_date, invoice_rows(ledger, charges, rules, month), [])
    refused |= {
        customer_id: f"{customer_id}: its electronic invoice would be refused: {broken}."
        " Correct the customer, the operator or the charge it names, then close again"
        for customer_id, broken in faulty_forms(drafts, workers).items()
    }
    owed = Counter[str]()
    for line in charges:
        owed[line["customer_id"]] += line["amount_cents"]
    return [
        {"month": str(month), "customer_id": customer_id, "reason": reason, "amount_cents": owed[customer_id]}
        for customer_id, reason in sorted(refused.items())
    ]


@dg.asset(
    group_name=GROUP,
    description=REFUSED_DRAFTS.description,
    partitions_def=BILLING_MONTHS,
    deps=["customers", "contracts", "subscription_charges", "usage_charges", "rating_adjustments"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def refused_drafts(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Write who may not be invoiced, and why."""
    month = Month.parse(context.partition_key)
    issue_date = closing_date(platform.ledger, month, config.as_of)
    ledger, warehouse = platform.ledger, platform.warehouse
    rows = keep_or_write(
        ledger,
        warehouse,
        REFUSED_DRAFTS,
        month,
        lambda: refused_rows(ledger, warehouse, month, issue_date, platform.renderer.workers),
    )
    for row in rows:
        context.log.warning("Not invoiced: %s", row["reason"])
    reasons = "\n".join(f"- {row['reason']}" for row in rows) or "None."
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows), "reasons": dg.MetadataValue.md(reasons)})
