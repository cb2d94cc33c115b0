"""What corrected months still owe, as lines of the next invoice; what they charged too much is credited instead."""

from collections.abc import Iterable
from typing import Any

import duckdb

from adapters.ledger.store import Ledger
from assets.invoices.charge_lines import UsageKey, usage_labels
from assets.invoices.close import month_rows
from assets.invoices.customer_vat import vat_as_caught_up, vat_as_invoiced, vat_by_customer
from domain.calendar import Month
from domain.french import french_month
from domain.money import MICROS_PER_CENT, format_cents
from domain.vat import VatRule

ADJUSTMENTS = """
    select * from rating_adjustments where month = $1
    order by customer_id, corrected_month, contract_id, destination_country <> 'FR', category, destination_country,
        charge
"""
BILLED = "select distinct contract_id, charge, category, destination_country from usage_charges where month = $1"
# What a line's draft says of the charge it corrects, so that the ledger can.
CORRECTS = ("corrected_month", "contract_id", "charge", "category", "destination_country")
TABLES = ("rating_adjustments", "usage_charges")
Row = dict[str, Any]


def adjustment_key(row: Row) -> UsageKey:
    """The charge a correction is about, as ``usage_labels`` names it."""
    return row["contract_id"], row["charge"], row["category"], row["destination_country"]


def corrected_labels(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row]) -> dict[tuple[str, UsageKey], str]:
    """By corrected month and charge, the label of the invoice line it was billed by, or would have been.

    What was billed keeps the label it was billed under: a country that joins its category later names only its own.
    """
    keys: dict[str, set[UsageKey]] = {}
    for row in rows:
        keys.setdefault(row["corrected_month"], set()).add(adjustment_key(row))
    return {
        (month, key): labels[key]
        for month, own in keys.items()
        for billed in [_billed(connection, month)]
        for labels in [usage_labels(own | billed) | usage_labels(billed)]
        for key in own
    }


def _billed(connection: duckdb.DuckDBPyConnection, month: str) -> set[UsageKey]:
    return {adjustment_key(row) for row in month_rows(connection, BILLED, Month.parse(month))}


def adjustment_lines(connection: duckdb.DuckDBPyConnection, month: Month) -> list[Row]:
    """A line, without number or VAT, for each charge of an earlier month that was too low."""
    rows = [row for row in month_rows(connection, ADJUSTMENTS, month) if row["difference_cents"] > 0]
    labels = corrected_labels(connection, rows)
    return [_line(row, labels[row["corrected_month"], adjustment_key(row)]) for row in rows]


def _line(row: Row, label: str) -> Row:
    corrected = french_month(Month.parse(row["corrected_month"]).first_date)
    standing = format_cents(row["billed_cents"] + row["adjusted_cents"])
    return {
        "customer_id": row["customer_id"],
        **{name: row[name] for name in CORRECTS},
        "kind": "usage",
        "label": f"Régularisation {corrected} – {label}",
        "detail": f"{format_cents(row['due_cents'])} dus, {standing} facturés",
        "quantity": "1",
        "unit": "forfait",
        "unit_price_micros": row["difference_cents"] * MICROS_PER_CENT,
        "amount_cents": row["difference_cents"],
    }


def earlier_month(line: Row) -> str | None:
    """The closed month a line corrects or catches up; None of a line of the month itself."""
    month: str | None = line["corrected_month"] or line["caught_up_month"]
    return month


def earlier_vat(ledger: Ledger, lines: Iterable[Row], replacing: str | None = None) -> dict[tuple[str, str], VatRule]:
    """By earlier month and customer, the VAT of what was supplied then: as its invoice bore it, if there is one; else
    as the first invoice that caught it up, unless that is the one that is being replaced: so it is put right.
    """
    customers: dict[str, set[str]] = {}
    for line in lines:
        if (month := earlier_month(line)) is not None:
            customers.setdefault(month, set()).add(line["customer_id"])
    return {
        (month, customer_id): rule
        for month, own in customers.items()
        for then in [Month.parse(month)]
        for late in [vat_as_caught_up(ledger, then, own, replacing)]
        for rules in [vat_by_customer(ledger, then, own)[0] | late | vat_as_invoiced(ledger, then, own)]
        for customer_id, rule in rules.items()
    }
