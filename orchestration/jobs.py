"""The jobs: ``land_calls`` every few minutes, ``close_month`` once a month, ``rerate_month`` after a correction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dagster as dg

from assets.gates import CHARGE_MONTH, PREVIEW_INVOICES, RERATE_MONTH

LAND_CALLS = "land_calls"
CLOSE_MONTH = "close_month"
LANDED = ("call_events", "call_detail_records", "cdr_completeness", "spend_daily")
# What moved in a closed month: made when a person asks, and acted on by the next close.
CHANGES = "rating_changes"
CATALOG = "warehouse_catalog"
# Drafts drawn to be looked at; everything of a close up to them, and nothing of what it issues.
PREVIEWS = "invoice_previews"
CHARGED = ("usage_charges", "subscription_charges", "rating_adjustments")
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
        selection=(dg.AssetSelection.all() - landed - dg.AssetSelection.assets(CHANGES, PREVIEWS))
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


def charge_month_job() -> Any:
    """A month's charges, and nothing of its documents: what a freeze settles."""
    return dg.define_asset_job(
        CHARGE_MONTH,
        selection=(dg.AssetSelection.groups("ledger", "rating") - dg.AssetSelection.assets(CHANGES))
        | dg.AssetSelection.assets(*CHARGED),
        description="Rates and charges a month; `seconde freeze` settles what it comes to.",
    )


def preview_invoices_job() -> Any:
    """A dry run of a close, or of one customer's: computed, checked and drawn, with no number and no ledger."""
    landed = dg.AssetSelection.assets(*LANDED)
    return dg.define_asset_job(
        PREVIEW_INVOICES,
        selection=(dg.AssetSelection.assets(PREVIEWS).upstream() - landed - dg.AssetSelection.assets(CHANGES))
        | dg.AssetSelection.assets("completeness_daily")
        | dg.AssetSelection.checks_for_assets("call_detail_records"),
        description="Draws a month's drafts, or one customer's (customer_id), marked PROJET. Issues nothing.",
    )


def close_config(as_of: dt.date, by: str = "") -> dict[str, Any]:
    """The run config of a close: its day, said to each step that depends on it, and who closes."""
    config: dict[str, dict[str, Any]] = {step: {"config": {"as_of": as_of.isoformat()}} for step in DATED}
    config["issued_documents"]["config"]["by"] = by
    return {"ops": config}


def preview_config(as_of: dt.date, customer_id: str | None = None) -> dict[str, Any]:
    """The run config of a dry run: the day it supposes, and the one customer to draw, or all."""
    steps = (*(step for step in DATED if step != "issued_documents"), PREVIEWS)
    config: dict[str, dict[str, Any]] = {step: {"config": {"as_of": as_of.isoformat()}} for step in steps}
    config[PREVIEWS]["config"]["customer_id"] = customer_id or ""
    return {"ops": config}
