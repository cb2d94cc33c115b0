"""What invoices paid late, or not at all, owe on top: interest since the due date less what was charged before."""

import datetime as dt
import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from adapters.warehouse import Warehouse
from assets.invoices.adjusting import corrections
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, keep_or_write
from assets.invoices.lateness import Assessed, assess
from assets.invoices.tables import LATE_PAYMENT_PENALTIES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.money import CENTS_PER_EURO, decimal_text, format_cents
from domain.penalty import (
    BASIS_POINTS,
    LatePaymentRule,
    Penalty,
)


def assessed_for(ledger: Ledger, warehouse: Warehouse, month: Month, as_of: dt.date) -> list[Assessed]:
    """The late invoices as the close of a month sees them: with what it is about to credit."""
    return assess(ledger, month, as_of, corrections(ledger, warehouse, month, as_of).credited_cents)


def penalty_rows(ledger: Ledger, warehouse: Warehouse, month: Month, as_of: dt.date) -> list[dict[str, Any]]:
    """The charge of each late invoice for a month closed as of a day, by invoice number.

    Debit notes of the month itself do not count as charged before, so a second run finds the same.

    Raises:
        PermanentError: an invoice is late and the half-year of its due date has no legal rate.
    """
    return charge_rows(assessed_for(ledger, warehouse, month, as_of), month, as_of)


def charge_rows(assessed: Iterable[Assessed], month: Month, as_of: dt.date) -> list[dict[str, Any]]:
    """A row for each invoice that owes something new."""
    rows = []
    for one in assessed:
        # Less than was charged is never a negative charge: an error credits the surplus (assets.invoices.crediting).
        new_cents = max(one.penalty.penalty_cents - one.charged_cents, 0)
        indemnity_cents = 0 if one.is_indemnified else one.penalty.indemnity_cents
        if new_cents or indemnity_cents:
            charges = (one.charged_cents, new_cents, indemnity_cents)
            rows.append({"month": str(month), **_row(one.invoice, one.rule, one.penalty, as_of, charges)})
    return rows


def _row(
    invoice: IssuedDocument, rule: LatePaymentRule, penalty: Penalty, as_of: dt.date, charges: tuple[int, int, int]
) -> dict[str, Any]:
    previously_cents, new_cents, indemnity_cents = charges
    rate = penalty.rate_basis_points or 0
    segments = [
        {
            "start": segment.start.isoformat(),
            "end": segment.end.isoformat(),
            "days": segment.days,
            "base_cents": segment.base_cents,
            "exact": decimal_text(
                Fraction(segment.base_cents * segment.days * rate, CENTS_PER_EURO * BASIS_POINTS * rule.year_days),
                places=6,
            ),
        }
        for segment in penalty.segments
    ]
    return {
        "customer_id": invoice.customer_id,
        "invoice_number": invoice.number,
        "invoice_date": invoice.issue_date,
        "invoice_total_cents": invoice.total_cents,
        "due_date": invoice.due_date,
        "as_of_date": as_of,
        "days_late": penalty.days_late,
        "rate_basis_points": rate,
        "rate_multiplier": rule.rate_multiplier,
        "year_days": rule.year_days,
        "base_cents": penalty.principal_left_cents,
        "segments": json.dumps(segments, separators=(",", ":")),
        "penalty_exact": penalty.exact_text,
        "accrued_cents": penalty.penalty_cents,
        "previously_charged_cents": previously_cents,
        "penalty_cents": new_cents,
        "indemnity_cents": indemnity_cents,
    }


@dg.asset(
    group_name=GROUP,
    description=LATE_PAYMENT_PENALTIES.description,
    partitions_def=BILLING_MONTHS,
    deps=["payments", "rating_adjustments", "usage_charges"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def late_payment_penalties(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Write the month's late payment charges."""
    month = Month.parse(context.partition_key)
    as_of = closing_date(platform.ledger, month, config.as_of)
    assessed = assessed_for(platform.ledger, platform.warehouse, month, as_of)
    for one in assessed:
        if one.overcharged_cents:
            # A payment recorded late, with an earlier value date: no document follows that nobody asked for.
            context.log.warning(
                "%s: debit notes charged %s of penalties and %s are owed; give the rest back with"
                " `seconde credit ND-... --line N --amount EUROS --reason error`",
                one.invoice.number, format_cents(one.charged_cents), format_cents(one.penalty.penalty_cents),
            )  # fmt: skip
    rows = keep_or_write(
        platform.ledger,
        platform.warehouse,
        LATE_PAYMENT_PENALTIES,
        month,
        lambda: charge_rows(assessed, month, as_of),
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "penalties": format_cents(sum(row["penalty_cents"] for row in rows)),
            "indemnities": format_cents(sum(row["indemnity_cents"] for row in rows)),
        }
    )
