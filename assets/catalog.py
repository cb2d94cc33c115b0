"""``warehouse.duckdb``: what an analyst opens. Views and comments over the files, no data of its own."""

import dagster as dg

from assets.platform import Platform
from dbt_like_sql.views import view_statements


@dg.asset(
    group_name="kpis",
    description="One view per table, with its description and its columns', in warehouse/warehouse.duckdb.",
    deps=[
        "call_detail_records",
        "invoice_documents",
        "kpi_traffic_daily",
        "kpi_queue_daily",
        "kpi_revenue_monthly",
        "kpi_receivables_monthly",
    ],
    kinds={"duckdb"},
    owners=["team:billing"],
)
def warehouse_catalog(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Rebuild it beside the old one and rename it: who has the old one open keeps reading it."""
    warehouse = platform.warehouse
    path = warehouse.refresh_catalog(view_statements(platform.project))
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path), "tables": len(warehouse.tables)})
