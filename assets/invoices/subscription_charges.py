"""The fixed part of a month, from the ledger's order forms and number inventory."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import dagster as dg

from adapters.ledger.periods import CLOSED, FROZEN
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, PhoneNumber
from assets.invoices.close import GROUP, OWNERS, keep_or_write
from assets.invoices.tables import SUBSCRIPTION_CHARGES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.money import format_cents
from domain.subscription import NumberRental, OrderForm, fixed_charges


def subscription_rows(ledger: Ledger, month: Month) -> list[dict[str, Any]]:
    """Every fixed charge of the month, contract by contract, in the order an invoice lists it."""
    rentals: dict[str, list[NumberRental]] = {}
    for number in ledger.phone_numbers(month):
        rentals.setdefault(number.contract_id, []).append(_rental(number))
    return [
        {
            "month": str(month),
            "customer_id": contract.customer_id,
            "contract_id": contract.contract_id,
            **vars(charge),
            "amount_cents": charge.amount_cents,
        }
        for contract in ledger.contracts(month)
        for charge in fixed_charges(_order_form(contract), rentals.get(contract.contract_id, []), month)
    ]


def moved(standing: Iterable[dict[str, Any]], now: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Contracts whose fixed charges of now differ from those that stand: by how many cents."""
    difference = Counter[str]()
    for sign, rows in ((-1, standing), (1, now)):
        for row in rows:
            difference[row["contract_id"]] += sign * row["amount_cents"]
    return {contract_id: cents for contract_id, cents in sorted(difference.items()) if cents}


def _order_form(contract: Contract) -> OrderForm:
    return OrderForm(
        **contract.model_dump(exclude={"tariff_plan", "payment_days", "daily_cap_cents", "itemised_annex"})
    )


def _rental(number: PhoneNumber) -> NumberRental:
    return NumberRental(**number.model_dump(exclude={"id", "contract_id", "number_type"}))


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
    now = subscription_rows(platform.ledger, month)
    rows = keep_or_write(
        platform.ledger, platform.warehouse, SUBSCRIPTION_CHARGES, month, lambda: now, since=(FROZEN, CLOSED)
    )
    for contract_id, cents in moved(rows, now).items():
        context.log.warning(
            "%s: %s stands as it was frozen or closed; by the contracts of now it would charge %s more (less, if"
            " negative): unfreeze it, or charge or credit the difference",
            contract_id, month, format_cents(cents),
        )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "total": format_cents(sum(row["amount_cents"] for row in rows)),
            "prorated_items": sum(row["billed_days"] < row["month_days"] for row in rows),
        }
    )
