"""What a KPI's materialization shows beside its rows: the chart a person looks at first, and totals."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from adapters.charts import RevenueMonth, TrafficDay, image_markdown, revenue_chart, traffic_chart
from adapters.warehouse import Warehouse

# Given the warehouse and the month just written.
KpiMetadata = Callable[[Warehouse, str], Mapping[str, Any]]
CHART_MONTHS = 12


def traffic_metadata(warehouse: Warehouse, month: str) -> Mapping[str, Any]:
    """Attempts of the month, and their chart by day."""
    rows = warehouse.read(
        "select record_date, cast(sum(answered) as bigint) as answered, cast(sum(attempts) as bigint) as attempts "
        "from kpi_traffic_daily where month = $1 group by record_date order by record_date",
        [month],
    ).to_pylist()
    days = [TrafficDay(row["record_date"], row["answered"], row["attempts"] - row["answered"]) for row in rows]
    chart = traffic_chart(days, f"Call attempts per day, {month}")
    return {
        "attempts": sum(row["attempts"] for row in rows),
        "answered": sum(row["answered"] for row in rows),
        "chart": dg.MetadataValue.md(image_markdown(chart, "call attempts per day")),
    }


def revenue_metadata(warehouse: Warehouse, month: str) -> Mapping[str, Any]:
    """The month's total, and the chart of the last twelve months up to it."""
    rows = warehouse.read(
        "select month, cast(sum(subscription_cents) as bigint) as subscription_cents, "
        "cast(sum(usage_cents) as bigint) as usage_cents, cast(sum(penalties_cents) as bigint) as penalty_cents "
        "from kpi_revenue_monthly where month <= $1 group by month order by month desc limit $2",
        [month, CHART_MONTHS],
    ).to_pylist()
    chart = revenue_chart([RevenueMonth(**row) for row in reversed(rows)], f"Revenue per month, to {month}")
    latest = [row for row in rows if row["month"] == month]
    return {
        "net_cents": sum(row["subscription_cents"] + row["usage_cents"] + row["penalty_cents"] for row in latest),
        "chart": dg.MetadataValue.md(image_markdown(chart, "revenue per month")),
    }


KPI_METADATA: dict[str, KpiMetadata] = {
    "kpi_traffic_daily": traffic_metadata,
    "kpi_revenue_monthly": revenue_metadata,
}
