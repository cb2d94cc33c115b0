"""Included minutes as an invoice shows them: how many the month had, how many were used, how many were left."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from adapters.ledger.periods import CLOSED
from adapters.ledger.store import Ledger
from assets.invoices.close import month_rows
from domain.calendar import Month
from domain.french import typographic
from domain.tariff_bands import SECONDS_PER_MINUTE

TABLES = ("contract_allowances", "rated_calls", "tariff_rates")
# What is in force last in the month; the month's own calls, not late ones of earlier months.
IN_FORCE = """
    with in_force as (
        select contract_id, destination_group, minutes, valid_from,
            max(valid_from) over (partition by contract_id, destination_group) as last_from
        from contract_allowances
        where valid_from <= last_day(cast($1 || '-01' as date))
            and (valid_to is null or valid_to > cast($1 || '-01' as date))
    ),
    used as (
        select contract_id, destination_group, cast(sum(included_seconds) as bigint) as seconds
        from rated_calls
        where month = $1 and call_month = $1
        group by contract_id, destination_group
    )
    select in_force.contract_id, in_force.destination_group, minutes, coalesce(used.seconds, 0) as used_seconds
    from in_force
    left join used using (contract_id, destination_group)
    where valid_from = last_from
    order by in_force.contract_id, in_force.destination_group
"""
CATEGORIES = """
    select distinct destination_group, category from tariff_rates
    where destination_group is not null and $1 <> ''
    order by destination_group, category
"""
# More categories than fit a label: the group's own name says it.
NAMED_CATEGORIES = 2
Shown = dict[str, list[dict[str, Any]]]


def allowances_shown(ledger: Ledger, connection: duckdb.DuckDBPyConnection, month: Month) -> Shown:
    """By contract, each allowance of the month. A closed month's are those its invoices show."""
    period = ledger.period(month)
    if period is not None and period.state == CLOSED:
        return _as_issued(ledger, month)
    categories: dict[str, list[str]] = {}
    for row in month_rows(connection, CATEGORIES, month):
        categories.setdefault(row["destination_group"], []).append(row["category"])
    shown: Shown = {}
    for row in month_rows(connection, IN_FORCE, month):
        group = row["destination_group"]
        said = {
            "contract_id": row["contract_id"],
            "label": group_label(group, categories.get(group, ())),
            "included_seconds": SECONDS_PER_MINUTE * row["minutes"],
            "used_seconds": row["used_seconds"],
        }
        shown.setdefault(row["contract_id"], []).append(said)
    return shown


def group_label(group: str, categories: Iterable[str]) -> str:
    """What a destination group is called on paper: its categories, or, of many, its own name."""
    names = sorted({typographic(category) for category in categories})
    return " et ".join(names) if 0 < len(names) <= NAMED_CATEGORIES else group


def _as_issued(ledger: Ledger, month: Month) -> Shown:
    shown: Shown = {}
    for document in ledger.documents(month):
        if document.kind == "invoice" and document.replaces_number is None:
            said: list[Mapping[str, Any]] = json.loads(document.payload).get("allowances", [])
            for allowance in said:
                shown.setdefault(allowance["contract_id"], []).append(dict(allowance))
    return shown
