"""Earlier months that calls landed since, or were rated since: their traffic and queues are counted again.

A call that comes after its month was closed is billed with the next one, and belongs to its own day all the
same. Without this, the days of a closed month would forget it and no longer add up to what was billed.
"""

from adapters.warehouse import Warehouse

CHANGED_MONTHS = {
    "kpi_traffic_daily": """
        with counted as (
            select month, sum(attempts) as calls from kpi_traffic_daily where month < $1 group by month
        ),
        landed as (
            select month, count(*) as calls from call_detail_records where month < $1 and is_carrier_leg group by month
        )
        select month from counted left join landed using (month) where landed.calls is distinct from counted.calls
        union
        select call_month from rated_calls
        where month = $1 and call_month < $1 and call_month in (select month from counted)
        order by 1
    """,
    "kpi_queue_daily": """
        with counted as (
            select month, sum(offered) as calls from kpi_queue_daily where month < $1 group by month
        ),
        landed as (
            select month, count(*) as calls from call_detail_records
            where month < $1 and queue_joined_at is not null group by month
        )
        select month from counted left join landed using (month) where landed.calls is distinct from counted.calls
        order by 1
    """,
}


def changed_months(warehouse: Warehouse, name: str, month: str) -> list[str]:
    """The months before ``month`` that a KPI has counted otherwise than its calls are now, oldest first."""
    if name not in CHANGED_MONTHS:
        return []
    months: list[str] = warehouse.read(CHANGED_MONTHS[name], [month])["month"].to_pylist()
    return months
