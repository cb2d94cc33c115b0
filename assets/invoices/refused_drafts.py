"""Customers who have charges and may not be invoiced, with what to do about it; the others go on.

A business of the European Union without a VAT number is one (BILLING_RULES, "Invoice").
"""

from collections import Counter

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.charge_lines import CHARGES, Row, charge_lines
from assets.invoices.close import GROUP, OWNERS, month_rows, write_month
from assets.invoices.tables import REFUSED_DRAFTS
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import BadInput
from domain.vat import VatRule, vat_rule_for

ADDED = "select customer_id, difference_cents from rating_adjustments where month = $1 and difference_cents > 0"


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


def refused_rows(ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Row]:
    """Customers with charges and no lawful invoice, with the reason."""
    owed: Counter[str] = Counter()
    with warehouse.connect((*CHARGES, "rating_adjustments")) as connection:
        for line in charge_lines(connection, month):
            owed[line["customer_id"]] += line["amount_cents"]
        for row in month_rows(connection, ADDED, month):
            owed[row["customer_id"]] += row["difference_cents"]
    _, refused = vat_by_customer(ledger, month, set(owed))
    return [
        {"month": str(month), "customer_id": customer_id, "reason": reason, "amount_cents": owed[customer_id]}
        for customer_id, reason in sorted(refused.items())
    ]


@dg.asset(
    group_name=GROUP,
    description=REFUSED_DRAFTS.description,
    partitions_def=BILLING_MONTHS,
    deps=["customers", "subscription_charges", "usage_charges", "rating_adjustments"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def refused_drafts(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Write who may not be invoiced, and why."""
    month = Month.parse(context.partition_key)
    rows = refused_rows(platform.ledger, platform.warehouse, month)
    for row in rows:
        context.log.warning("Not invoiced: %s", row["reason"])
    written = write_month(platform.warehouse, REFUSED_DRAFTS, month, rows)
    reasons = "\n".join(f"- {row['reason']}" for row in rows) or "None."
    return dg.MaterializeResult(metadata={"dagster/row_count": written.rows, "reasons": dg.MetadataValue.md(reasons)})
