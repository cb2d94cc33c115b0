"""No charge is made while a billable call is neither rated nor unrated, or both."""

from __future__ import annotations

import pytest

from tests.assets.sql_world import MONTH, SqlWorld
from tests.dbt_like_sql.memory import RATING


def failed(result) -> dict[str, int]:
    checks = (check for check in result.get_asset_check_evaluations() if not check.passed)
    return {check.check_name: check.metadata["failing_rows"].value for check in checks}


def test_a_lost_call_stops_the_charges(sql_world: SqlWorld) -> None:
    result = sql_world.materialize(*(model for model in RATING if model != "unrated_calls"), "usage_charges")
    assert failed(result) == {"every_billable_call_is_rated_or_unrated_once": 1}
    assert result.asset_materializations_for_node("usage_charges") == []
    (alert,) = sql_world.platform.alerts.open_alerts(MONTH)
    assert "boot/nowhere" in alert.message


@pytest.mark.parametrize("leg", ["mobile", "nobody's"])
def test_a_call_with_two_outcomes_or_none_to_have_stops_the_charges(sql_world: SqlWorld, leg: str) -> None:
    assert sql_world.materialize(*RATING).success
    rows = [{"month": MONTH, "boot_id": "boot", "leg_id": name, "reason": "NO_RATE"} for name in ("nowhere", leg)]
    sql_world.put("unrated_calls", rows, MONTH)
    result = sql_world.materialize("rated_calls", "usage_charges")
    assert failed(result) == {"every_billable_call_is_rated_or_unrated_once": 1}
    assert result.asset_materializations_for_node("usage_charges") == []


def test_a_month_without_calls_passes(sql_world: SqlWorld) -> None:
    sql_world.legs()
    assert failed(sql_world.materialize(*RATING, "usage_charges")) == {}
