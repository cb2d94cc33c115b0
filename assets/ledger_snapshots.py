"""The ledger as tables of the warehouse, so that SQL models and analysts join it like any other.

A snapshot is the ledger of this minute, replaced whole. What bills reads the ledger's own rows in its
own transaction; the SQL models and the KPIs read these.
"""

from collections.abc import Iterable, Iterator

import dagster as dg
import pyarrow as pa

from adapters.ledger.store import Ledger
from adapters.warehouse import TableSpec, Warehouse, Written
from assets.ledger_tables import TABLES
from assets.platform import Platform

SPECS: dict[str, TableSpec] = {spec.name: spec for spec in TABLES}
# What a month needs before it is billed; the issued documents are snapshot by the asset that issues them.
BEFORE_BILLING = (
    "billing_periods", "issued_adjustments", "customers", "contracts", "contract_allowances", "tariff_plans",
    "tariff_tiers", "phone_numbers", "payments",
)  # fmt: skip


def snapshot_ledger(ledger: Ledger, warehouse: Warehouse, names: Iterable[str]) -> dict[str, Written]:
    """Copy the named ledger tables to the warehouse, all as they stood at one moment, ordered by key."""
    rows = ledger.snapshots()
    return {name: warehouse.replace(name, _table(SPECS[name], rows[name])) for name in names}


def _table(spec: TableSpec, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=spec.arrow_schema)


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            name,
            group_name="ledger",
            description=SPECS[name].description,
            kinds={"sql", "parquet"},
            owners=["team:billing"],
        )
        for name in BEFORE_BILLING
    ],
    can_subset=True,
)
def ledger_snapshots(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult[None]]:
    """Customers, contracts, plans, numbers, payments and periods as they are in the ledger now."""
    names = sorted(key.to_user_string() for key in context.selected_asset_keys)
    for name, written in snapshot_ledger(platform.ledger, platform.warehouse, names).items():
        yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": written.rows})
