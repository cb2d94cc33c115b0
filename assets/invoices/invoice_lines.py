"""Charges become lines of drafts, numbered, with the VAT of the customer's territory.

Penalties are outside VAT and stand on their own document. A customer set aside in ``refused_drafts`` has no
invoice lines; his penalties are owed all the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.adjustment_lines import TABLES, adjustment_lines, earlier_month, earlier_vat
from assets.invoices.charge_lines import CHARGES, Row, charge_lines, penalty_lines
from assets.invoices.close import GROUP, OWNERS, keep_or_write
from assets.invoices.closed_calls import refused_customers
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.tables import INVOICE_LINES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.money import format_cents
from domain.vat import OUTSIDE_VAT, VatRule


def line_rows(ledger: Ledger, warehouse: Warehouse, month: Month) -> list[Row]:
    """Every line of every draft of the month, numbered, with its VAT. A document that charges nothing has no line."""
    with warehouse.connect((*CHARGES, *TABLES, "late_payment_penalties")) as connection:
        charges, penalties = charge_lines(connection, month), penalty_lines(connection, month)
        added = adjustment_lines(connection, month)
    refused = set(refused_customers(warehouse, month))
    lawful = by_contract(line for line in [*charges, *added] if line["customer_id"] not in refused)
    rules, _ = vat_by_customer(ledger, month, {line["customer_id"] for line in lawful})
    notes = [{**line, "vat_category": OUTSIDE_VAT, "vat_rate_basis_points": 0} for line in penalties]
    return [
        *invoice_rows(ledger, lawful, rules, month),
        *({"month": str(month), **line} for line in _numbered("debit_note", notes)),
    ]


def by_contract(lines: Iterable[Row]) -> list[Row]:
    """Lines by customer and contract; inside a contract they keep their order: what it corrects comes last."""
    return sorted(lines, key=lambda line: (line["customer_id"], line["contract_id"]))


def invoice_rows(ledger: Ledger, lines: Iterable[Row], rules: Mapping[str, VatRule], month: Month) -> list[Row]:
    """The lines of invoices, of the customers who have a VAT rule. What is of an earlier month bears its VAT."""
    own = [{"corrected_month": None, "caught_up_month": None, **line} for line in lines if line["customer_id"] in rules]
    then = earlier_vat(ledger, own)
    taxed = [
        {**line, "vat_category": rule.category, "vat_rate_basis_points": rule.rate_basis_points}
        for line in own
        for earlier, customer_id in [(earlier_month(line), line["customer_id"])]
        if (rule := then.get((earlier, customer_id)) if earlier else rules[customer_id]) is not None
    ]
    return [{"month": str(month), **line} for line in _numbered("invoice", taxed)]


def _numbered(kind: str, lines: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        documents.setdefault(line["customer_id"], []).append(line)
    for own_lines in documents.values():
        if any(line["amount_cents"] for line in own_lines):
            yield from (
                {**line, "document_kind": kind, "line_number": number} for number, line in enumerate(own_lines, 1)
            )


@dg.asset(
    group_name=GROUP,
    description=INVOICE_LINES.description,
    partitions_def=BILLING_MONTHS,
    deps=[
        "subscription_charges",
        "usage_charges",
        "rating_adjustments",
        "late_payment_penalties",
        "refused_drafts",
        "customers",
    ],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def invoice_lines(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Write the lines of the month's drafts."""
    month = Month.parse(context.partition_key)
    ledger, warehouse = platform.ledger, platform.warehouse
    rows = keep_or_write(ledger, warehouse, INVOICE_LINES, month, lambda: line_rows(ledger, warehouse, month))
    totals = Counter[str]()
    for row in rows:
        totals[row["kind"]] += row["amount_cents"]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            **{kind: format_cents(cents) for kind, cents in sorted(totals.items())},
        }
    )
