"""A KPI's run shows its chart and totals."""

from __future__ import annotations

from tests.assets.sql_world import MONTH, SqlWorld
from tests.dbt_like_sql.memory import RATING


def test_traffic_shows_its_attempts_and_their_chart(sql_world: SqlWorld) -> None:
    sql_world.legs({"leg_id": "mobile"}, {"leg_id": "busy", "is_billable": False, "answered_at": None})
    result = sql_world.materialize(*RATING, "kpi_traffic_daily")
    shown = sql_world.shown(result, "kpi_traffic_daily")
    assert (shown["attempts"], shown["answered"]) == (2, 1)
    assert shown["chart"].startswith("![call attempts per day](data:image/png;base64,")


def test_revenue_shows_its_total_and_the_months_before(sql_world: SqlWorld) -> None:
    line = {"line_number": 1, "kind": "usage", "amount_cents": 12_34}
    document = {"kind": "invoice", "month": MONTH, "net_cents": 12_34, "total_cents": 12_34}
    sql_world.put("issued_documents", [{"number": "F-1", "customer_id": "acct-1001", **document}])
    sql_world.put("issued_document_lines", [{"number": "F-1", **line}])
    shown = sql_world.shown(sql_world.materialize("kpi_revenue_monthly"), "kpi_revenue_monthly")
    assert shown["net_cents"] == 12_34
    assert shown["chart"].startswith("![revenue per month](data:image/png;base64,")


def test_a_month_without_traffic_has_a_chart_too(sql_world: SqlWorld) -> None:
    sql_world.legs()
    shown = sql_world.shown(sql_world.materialize(*RATING, "kpi_traffic_daily"), "kpi_traffic_daily")
    assert shown["attempts"] == 0
    assert shown["chart"].startswith("![call attempts per day](data:image/png;base64,")
