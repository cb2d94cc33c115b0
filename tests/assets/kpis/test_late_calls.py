"""A call that lands after its month was counted is counted on its own day, when the next month is."""

from __future__ import annotations

import pytest

from assets.kpis.late_calls import changed_months
from assets.sql_models import build_model
from tests.assets.sql_world import LEG, MONTH, SqlWorld
from tests.dbt_like_sql.memory import RATING

NEXT = "2026-11"
KPIS = ("kpi_traffic_daily", "kpi_queue_daily")
WAITED = {"queue_name": "support", "queue_joined_at": LEG["answered_at"], "queue_answered_at": LEG["answered_at"]}


@pytest.fixture
def counted(sql_world: SqlWorld) -> SqlWorld:
    """October counted; then a call more lands, and November takes it."""
    sql_world.legs({"leg_id": "in time", **WAITED})
    assert sql_world.materialize(*RATING, *KPIS).success
    return sql_world


def close_october_and_rate_november(world: SqlWorld) -> None:
    world.put("billing_periods", [{"month": MONTH, "state": "closed"}])
    world.put("closed_calls", [{"month": MONTH, "boot_id": "boot", "leg_id": "in time", "is_billed": True}], MONTH)
    for model in RATING:
        build_model(world.warehouse, world.platform.project, model, NEXT)


def test_nothing_is_counted_again_when_nothing_came(counted: SqlWorld) -> None:
    close_october_and_rate_november(counted)
    assert [changed_months(counted.warehouse, kpi, NEXT) for kpi in KPIS] == [[], []]


def test_a_late_call_is_counted_with_its_own_day_and_amount(counted: SqlWorld) -> None:
    counted.legs({"leg_id": "in time", **WAITED}, {"leg_id": "late", **WAITED})
    close_october_and_rate_november(counted)
    assert [changed_months(counted.warehouse, kpi, NEXT) for kpi in KPIS] == [[MONTH], [MONTH]]
    result = counted.materialize(*KPIS, month=NEXT)
    assert result.success
    assert counted.rows("select month, attempts, amount_micros from kpi_traffic_daily") == [
        {"month": MONTH, "attempts": 2, "amount_micros": 40_000}
    ]
    assert counted.rows("select month, offered from kpi_queue_daily") == [{"month": MONTH, "offered": 2}]
    partitions = [event.partition for event in result.asset_materializations_for_node("kpi_traffic_daily")]
    assert partitions == [MONTH, NEXT]


def test_a_call_rated_since_changes_its_month_though_no_call_came(counted: SqlWorld) -> None:
    counted.legs({"leg_id": "in time", **WAITED}, {"leg_id": "late", **WAITED})
    assert counted.materialize(*KPIS).success
    close_october_and_rate_november(counted)
    assert changed_months(counted.warehouse, "kpi_traffic_daily", NEXT) == [MONTH]
    assert changed_months(counted.warehouse, "kpi_queue_daily", NEXT) == []


def test_a_month_that_was_never_counted_is_left_to_its_own_close(sql_world: SqlWorld) -> None:
    assert changed_months(sql_world.warehouse, "kpi_traffic_daily", NEXT) == []


def test_other_models_look_at_their_own_month_alone(sql_world: SqlWorld) -> None:
    assert changed_months(sql_world.warehouse, "rated_calls", NEXT) == []
