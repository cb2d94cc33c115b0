"""The two jobs: ``land_calls`` every few minutes, ``close_month`` once a month (and as often as one likes)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from assets.invoices.closing import Close

LANDED = ("call_events", "call_detail_records")


def land_calls() -> Any:
    """Sealed journal segments to call records."""
    return dg.define_asset_job(
        "land_calls",
        selection=dg.AssetSelection.assets(*LANDED),
        description="Take the journal's sealed segments into call events and call records.",
    )


def close_month() -> Any:
    """A month's call records to its numbered documents and its KPIs; running it again changes nothing."""
    return dg.define_asset_job(
        "close_month",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*LANDED),
        description="Rate a month, charge it, issue its documents, draw them and compute its KPIs.",
    )
