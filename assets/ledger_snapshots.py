"""The ledger as tables of the warehouse, so that SQL models and analysts join it like any other.

A snapshot is the ledger of this minute, replaced whole. What bills reads the ledger's own rows in its
own transaction; the SQL models and the KPIs read these.
"""

from collections.abc import Iterable, Iterator

import dagster as dg
import pyarrow as pa
from sqlmodel import SQLModel, select

from adapters.ledger import tables as ledger
from adapters.ledger.store import Ledger
from adapters.warehouse import TableSpec, Warehouse, Written
from assets import ledger_tables as warehouse_tables
from assets.platform import Platform

LEDGER_CLASSES: dict[str, type[SQLModel]] = {
    "billing_periods": ledger.BillingPeriod,
    "customers": ledger.Customer,
    "contracts": ledger.Contract,
    "phone_numbers": ledger.PhoneNumber,
    "payments": ledger.Payment,
    "issued_documents": ledger.IssuedDocument,
    "issued_document_lines": ledger.IssuedDocumentLine,
}
SPECS: dict[str, TableSpec] = {spec.name: spec for spec in warehouse_tables.TABLES}
# What a month needs before it is billed; the issued documents are snapshot by the asset that issues them.
BEFORE_BILLING = ("billing_periods", "customers", "contracts", "phone_numbers", "payments")


def snapshot_ledger(store: Ledger, warehouse: Warehouse, names: Iterable[str]) -> dict[str, Written]:
    """Copy the named ledger tables to the warehouse, each as it stands in one transaction."""
    with store.session() as session:
        rows = {name: [row.model_dump() for row in session.exec(select(LEDGER_CLASSES[name]))] for name in names}
    return {name: warehouse.replace(name, _ordered(SPECS[name], content)) for name, content in rows.items()}


def _ordered(spec: TableSpec, rows: list[dict[str, object]]) -> pa.Table:
    """The rows by key: the same ledger gives the same file, whatever order the database answers in."""
    table = pa.Table.from_pylist(rows, schema=spec.arrow_schema)
    return table.sort_by([(column.name, "ascending") for column in spec.columns if not column.nullable])


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
    """Customers, contracts, numbers, payments and periods as they are in the ledger now."""
    names = sorted(key.to_user_string() for key in context.selected_asset_keys)
    for name, written in snapshot_ledger(platform.ledger, platform.warehouse, names).items():
        yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": written.rows})
