"""A warehouse with what the SQL models read: one contract, one rate, calls as the test wants them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from adapters.warehouse import Column
from assets.platform import Platform
from assets.rating.checks import rating_checks
from assets.sql_models import sql_model_assets
from orchestration.build import build_platform
from orchestration.settings import Settings

MONTH = "2026-10"
Row = Mapping[str, Any]
# What a column that may not be null holds when a test does not care.
FILLERS: dict[str, Any] = {
    "BIGINT": 0,
    "BOOLEAN": False,
    "DATE": dt.date(2026, 10, 5),
    "TIMESTAMP": dt.datetime(2026, 10, 5, 10),
    "VARCHAR": "x",
}
LEG: Row = {
    "month": MONTH,
    "boot_id": "boot",
    "direction": "outgoing",
    "is_carrier_leg": True,
    "is_billable": True,
    "call_category": "direct",
    "customer_id": "acct-1001",
    "contract_id": "ctr-1001-1",
    "origin_number": "+33170181001",
    "origin_country": "FR",
    "origin_number_type": "fixed",
    "destination_number": "+33612345678",
    "called_digits": "33612345678",
    "destination_country": "FR",
    "answered_at": dt.datetime(2026, 10, 5, 10),
    "billed_seconds": 60,
    "ring_micros": 2_000_000,
}
RATE: Row = {
    "version_id": "v1",
    "plan": "standard",
    "rate_id": 1,
    "origin_country": "*",
    "origin_number_type": "*",
    "call_category": "*",
    "destination_prefix": "336",
    "prefix_length": 3,
    "destination_country": "FR",
    "category": "France - mobiles",
    "price_per_minute_micros": 20_000,
    "initial_seconds": 1,
    "increment_seconds": 1,
    "valid_from": dt.date(2026, 1, 1),
    "valid_from_at": dt.datetime(2025, 12, 31, 23),
}


class SqlWorld:
    """One installation under a test's folder, without a ledger."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.platform: Platform = build_platform(Settings(home=home))
        self.warehouse = self.platform.warehouse
        self.instance = instance
        contract = {"contract_id": "ctr-1001-1", "customer_id": "acct-1001", "tariff_plan": "standard"}
        self.put("contracts", [contract])
        self.put("tariff_rates", [RATE])
        self.legs(
            {"leg_id": "mobile"},
            {"leg_id": "nowhere", "destination_number": "+81312345678", "called_digits": "81312345678"},
        )

    def put(self, table: str, rows: Iterable[Row], month: str | None = None, part: str | None = None) -> None:
        spec = self.warehouse.tables[table]
        filled = [{column.name: value(column, row) for column in spec.columns} for row in rows]
        new = pa.Table.from_pylist(filled, spec.arrow_schema)
        self.warehouse.replace(table, new, month=month, part=part)

    def legs(self, *legs: Row) -> None:
        """Replace the call records of 5 October."""
        self.put("call_detail_records", [{**LEG, **leg} for leg in legs], MONTH, "2026-10-05")

    def materialize(self, *names: str, month: str = MONTH) -> dg.ExecuteInProcessResult:
        """Run assets and the checks on them for a month, as a job does."""
        assets = [asset for asset in sql_model_assets(self.platform.project) if asset.key.to_user_string() in names]
        checks = rating_checks() if "rated_calls" in names else []
        return dg.materialize(
            [*assets, *checks],
            instance=self.instance,
            partition_key=month,
            resources={"platform": self.platform},
            raise_on_error=False,
        )

    def shown(self, result: dg.ExecuteInProcessResult, name: str) -> dict[str, Any]:
        """What the one materialization of an asset shows."""
        (event,) = result.asset_materializations_for_node(name)
        return {key: metadata.value for key, metadata in event.metadata.items()}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.warehouse.read(sql).to_pylist()
        return rows


def value(column: Column, row: Row) -> Any:
    return row.get(column.name, None if column.nullable else FILLERS[column.type])
