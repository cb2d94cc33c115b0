"""The fixed part of a month, from the events of the ledger's contracts; and what earlier months still owe of theirs.

A month owes its fixed part when its customer's invoice was refused, or when something was recorded after it closed.
The next close that may invoice the customer charges it, in lines that say their month, once (``caught_up_month``).
"""

from typing import Any

import dagster as dg

from adapters.ledger.contracts import KnownContracts
from adapters.ledger.periods import CLOSED, FROZEN
from assets.invoices.close import GROUP, OWNERS, keep_or_write
from assets.invoices.tables import SUBSCRIPTION_CHARGES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.money import format_cents


def subscription_rows(contracts: KnownContracts, month: Month) -> list[dict[str, Any]]:
    """Every fixed charge of the month, contract by contract, in the order an invoice lists it."""
    return [
        {
            "month": str(month),
            "customer_id": due.contract.customer_id,
            "contract_id": due.contract.contract_id,
            "charged_month": str(due.charged_month),
            "item": charge.item,
            "label": charge.label,
            "quantity": charge.quantity,
            "unit_cents": charge.unit_cents,
            "billed_days": charge.billed_days,
            "month_days": charge.month_days,
            "amount_cents": charge.amount_cents,
            "events": ",".join(map(str, charge.events)),
        }
        for due in contracts.due(month)
        for charge in due.charges
    ]


@dg.asset(
    group_name=GROUP,
    description=SUBSCRIPTION_CHARGES.description,
    partitions_def=BILLING_MONTHS,
    deps=["contracts", "phone_numbers"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def subscription_charges(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Write the fixed part of the month."""
    month = Month.parse(context.partition_key)
    rows = keep_or_write(
        platform.ledger,
        platform.warehouse,
        SUBSCRIPTION_CHARGES,
        month,
        lambda: subscription_rows(KnownContracts(platform.ledger), month),
        since=(FROZEN, CLOSED),
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "total": format_cents(sum(row["amount_cents"] for row in rows)),
            "caught_up": format_cents(sum(row["amount_cents"] for row in rows if row["charged_month"] != str(month))),
            "prorated_items": sum(row["billed_days"] < row["month_days"] for row in rows),
        }
    )
