"""The jobs: ``land_calls`` every few minutes, ``close_month`` once a month, ``rerate_month`` after a correction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dagster as dg

LAND_CALLS = "land_calls"
CLOSE_MONTH = "close_month"
LANDED = ("call_events", "call_detail_records", "cdr_completeness", "spend_daily")
RERATE_MONTH = "rerate_month"
# What moved in a closed month: made when a person asks, and acted on by the next close.
CHANGES = "rating_changes"
CATALOG = "warehouse_catalog"
# The steps of a close that depend on its day.
DATED = ("late_payment_penalties", "refused_drafts", "invoices", "issued_documents")


def land_calls_job() -> Any:
    """Sealed journal segments to call records."""
    return dg.define_asset_job(
        LAND_CALLS,
        selection=dg.AssetSelection.assets(*LANDED, CATALOG),
        description="Takes the journal's sealed segments into call events and call records, and judges their cost.",
    )


def close_month_job() -> Any:
    """A month's call records to its numbered documents and its KPIs; running it again changes nothing."""
    landed = dg.AssetSelection.assets(*LANDED)
    return dg.define_asset_job(
        CLOSE_MONTH,
        # The call records landed before; a close judges them again, because it bills them.
        selection=(dg.AssetSelection.all() - landed - dg.AssetSelection.assets(CHANGES))
        | dg.AssetSelection.checks_for_assets("call_detail_records"),
        description="Rates a month, charges it, issues its documents, draws them and computes its KPIs.",
    )


def rerate_month_job() -> Any:
    """A month's prices by what is known now: an open month's are replaced, a closed month's compared."""
    return dg.define_asset_job(
        RERATE_MONTH,
        selection=(dg.AssetSelection.groups("ledger", "rating") - dg.AssetSelection.assets("completeness_daily"))
        | dg.AssetSelection.assets("usage_charges"),
        description="Rates a month again and says what moved; the next close corrects a closed month's documents.",
    )


def close_config(as_of: dt.date) -> dict[str, Any]:
    """The run config of a close: its day, said to each step that depends on it."""
    return {"ops": {step: {"config": {"as_of": as_of.isoformat()}} for step in DATED}}
