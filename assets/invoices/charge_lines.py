"""Charges as an invoice says them: label, quantity, unit and price of each line, in French, before any VAT."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import duckdb

from assets.invoices.close import month_rows
from domain.calendar import Month
from domain.countries import french_country
from domain.french import french_count, french_decimal, french_month, french_percent
from domain.money import MICROS_PER_CENT, decimal_text, divide_half_up, format_cents

UNITS = {"subscription": "mois", "users": "utilisateur", "licences": "licence", "numbers": "numéro"}
Row = dict[str, Any]
# Contract, charge, category, destination country: the grain of usage_charges.
UsageKey = tuple[str, str, str, str]
# A fixed part that its own month did not charge.
LATE = "Régularisation {month} – {label}"
SURCHARGE = "Services à valeur ajoutée – {category}"
FIXED = "select * from subscription_charges where month = $1"
USAGE = """
    select usage_charges.*, prices.price, prices.is_one_price
    from usage_charges
    inner join (
        select month, contract_id, category, destination_country, min(price_per_minute_micros) as price,
            -- Nothing but minutes at one price: no connection fee, minimum charge, included minute or tier.
            min(price_per_minute_micros) = max(price_per_minute_micros) and max(connection_fee_micros) = 0
            and max(abs(60 * amount_micros - charged_seconds * price_per_minute_micros)) <= 30 as is_one_price
        from rated_calls
        group by month, contract_id, category, destination_country
    ) as prices using (month, contract_id, category, destination_country)
    where month = $1
    order by destination_country <> 'FR', category, destination_country, charge
"""
CHARGES = ("subscription_charges", "usage_charges", "rated_calls")
PENALTIES = "select * from late_payment_penalties where month = $1 order by customer_id, invoice_number"


def charge_lines(connection: duckdb.DuckDBPyConnection, month: Month) -> list[Row]:
    """Fixed and usage charges as lines without number or VAT: by customer and contract, fixed part first."""
    fixed = [_fixed_line(row, month) for row in _in_order_of_items(month_rows(connection, FIXED, month))]
    usage = month_rows(connection, USAGE, month)
    labels = usage_labels(_usage_key(row) for row in usage)
    priced = [_usage_line(row, labels[_usage_key(row)]) for row in usage if row["amount_micros"]]
    # Python's sort is stable: items and categories keep the order they have inside a contract.
    return sorted(fixed + priced, key=lambda line: (line["customer_id"], line["contract_id"]))


def _in_order_of_items(rows: Iterable[Row]) -> list[Row]:
    """The month's own charges by item; then those of earlier months, oldest first."""
    items = list(UNITS)
    return sorted(
        rows,
        key=lambda row: (row["charged_month"] != row["month"], row["charged_month"], items.index(row["item"]),
                         row["label"] != "Numéros France", row["label"], row["unit_cents"], -row["billed_days"]),
    )  # fmt: skip


def _fixed_line(row: Row, month: Month) -> Row:
    price, detail, label = row["unit_cents"] * MICROS_PER_CENT, None, row["label"]
    charged = Month.parse(row["charged_month"])
    if charged != month:
        label = LATE.format(month=french_month(charged.first_date), label=label)
    if row["billed_days"] < row["month_days"]:
        start = charged.last_date - dt.timedelta(days=row["billed_days"] - 1)
        share = f"{row['billed_days']}/{row['month_days']}"
        detail = f"{share} de {format_cents(row['unit_cents'])}, dès le {start:%d/%m}"
        price = divide_half_up(price * row["billed_days"], row["month_days"])
    return {
        **_keys(row),
        "kind": "subscription",
        "label": label,
        "detail": detail,
        "caught_up_month": None if charged == month else str(charged),
        "quantity": str(row["quantity"]),
        "unit": UNITS[row["item"]],
        "unit_price_micros": price,
        "amount_cents": row["amount_cents"],
    }


def usage_labels(charges: Iterable[UsageKey]) -> dict[UsageKey, str]:
    """The label of each usage line: its category, with the country where a contract has that category for several."""
    keys = list(charges)
    countries = Counter(key[:3] for key in keys)
    return {key: _usage_label(key, of_many=countries[key[:3]] > 1) for key in keys}


def _usage_label(key: UsageKey, *, of_many: bool) -> str:
    _, charge, category, country = key
    label = SURCHARGE.format(category=category) if charge == "surcharge" else category
    return f"{label} ({french_country(country)})" if of_many else label


def _usage_key(row: Row) -> UsageKey:
    return row["contract_id"], row["charge"], row["category"], row["destination_country"]


def _usage_line(row: Row, label: str) -> Row:
    """Minutes at the tariff's price; at their average where the month had several prices, or more than minutes.

    A surcharge is counted in calls: it is the service's price, whatever the call itself costs.
    """
    calls = french_count(row["calls"], "appel")
    line = {
        **_keys(row),
        "kind": "usage",
        "label": label,
        "amount_cents": row["amount_cents"],
        "destination_country": row["destination_country"],
    }
    if row["charge"] == "surcharge":
        average = divide_half_up(row["amount_micros"], row["calls"])
        return {**line, "detail": "prix du service, moyen", "quantity": str(row["calls"]), "unit": "appel",
                "unit_price_micros": average}  # fmt: skip
    average = divide_half_up(row["amount_micros"] * 60, row["charged_seconds"])
    included = row["included_seconds"]
    notes = [calls, *([] if row["is_one_price"] else ["prix moyen"])]
    if included:
        notes.append(f"dont {french_decimal(decimal_text(Fraction(included, 60), places=2), places=2)} min incluses")
    return {
        **line,
        "detail": ", ".join(notes),
        "quantity": decimal_text(Fraction(row["charged_seconds"], 60), places=4),
        "unit": "min",
        "unit_price_micros": row["price"] if row["is_one_price"] else average,
    }


def penalty_lines(connection: duckdb.DuckDBPyConnection, month: Month) -> list[Row]:
    """Late payment charges as lines of debit notes: each invoice's interest, then its indemnity."""
    lines = []
    for row in month_rows(connection, PENALTIES, month):
        about = {"customer_id": row["customer_id"], "contract_id": None, "about_number": row["invoice_number"]}
        days = f"{french_count(row['days_late'], 'jour')} de retard à {french_percent(row['rate_basis_points'])} l’an"
        if row["penalty_cents"]:
            label = f"Pénalités de retard, facture {row['invoice_number']}"
            lines.append({**about, **_lump_sum("penalty", label, days, row["penalty_cents"])})
        if row["indemnity_cents"]:
            label = f"Indemnité forfaitaire pour frais de recouvrement, facture {row['invoice_number']}"
            lines.append({**about, **_lump_sum("indemnity", label, None, row["indemnity_cents"])})
    return lines


def _lump_sum(kind: str, label: str, detail: str | None, cents: int) -> Row:
    return {
        "kind": kind,
        "label": label,
        "detail": detail,
        "quantity": "1",
        "unit": "forfait",
        "unit_price_micros": cents * MICROS_PER_CENT,
        "amount_cents": cents,
    }


def _keys(row: Row) -> Row:
    return {"customer_id": row["customer_id"], "contract_id": row["contract_id"]}
