"""SQL models as assets: what they read and promise is in the graph, and wrong rows are never seen."""

from __future__ import annotations

import random

import pytest

from assets.slices import SLICED_BY
from assets.sql_models import ModelRefused, build_model, group_of, sql_model_assets, table_specs, upstream
from assets.tables import all_tables
from dbt_like_sql.project import Project
from tests.assets.sql_world import MONTH, SqlWorld
from tests.dbt_like_sql.memory import RATING
from tests.house.tree import REPOSITORY

TWICE = ({"leg_id": "mobile"}, {"leg_id": "mobile", "destination_number": "+33699999999"})


@pytest.fixture(scope="module")
def project() -> Project:
    return Project.load(REPOSITORY / "dbt_like_sql")


def test_a_contract_is_the_warehouses_table(project: Project) -> None:
    specs = {spec.name: spec for spec in table_specs(project)}
    charges = specs["usage_charges"]
    assert (charges.layout, charges.description[:32]) == ("month", "One row per contract, category o")
    assert [(c.name, c.type, c.nullable) for c in charges.columns][-1] == ("amount_cents", "BIGINT", False)
    nullable = {c.name: c.nullable for c in specs["unrated_calls"].columns}
    assert (nullable["reason"], nullable["contract_id"]) == (False, True)
    assert "stg_ledger__documents" not in specs, "a view has no file"


def test_sources_are_tables_somebody_writes_with_these_types(project: Project) -> None:
    specs = {spec.name: {column.name: column.type for column in spec.columns} for spec in all_tables(project)}
    for source, columns in project.sources.items():
        written = {column.name: specs[source].get(column.name) for column in columns}
        assert {column.name: column.data_type for column in columns} == written, source


def test_the_graph_has_an_edge_for_each_table_a_model_reads(project: Project) -> None:
    edges = {name: upstream(project, project.models[name]) for name in project.models}
    assert {"call_detail_records", "int_calls__prefix_matches", "int_prefixes__heads"} <= set(edges["rated_calls"])
    # What a close leaves for the next one is no edge: the graph would be a circle.
    assert not any("closed_calls" in parents for parents in edges.values())
    # A view is looked through, and lines are written by the asset that issues documents.
    assert edges["kpi_revenue_monthly"] == ["issued_documents"]


def test_every_model_stands_in_its_part_of_the_flow(project: Project) -> None:
    groups = {name: group_of(model) for name, model in project.models.items() if model.materialized != "view"}
    assert {name for name, group in groups.items() if group == "rating"} == {*RATING, "rating_changes"}
    assert groups["usage_charges"] == "invoices"
    assert {name for name, group in groups.items() if group == "kpis"} == {
        "int_documents__balances",
        "kpi_queue_daily",
        "kpi_receivables_monthly",
        "kpi_revenue_monthly",
        "kpi_traffic_daily",
    }


def test_every_asset_has_a_blocking_check_and_says_its_columns(project: Project) -> None:
    for asset in sql_model_assets(project):
        name = asset.key.to_user_string()
        (contract, *_) = asset.check_specs
        assert contract.name == f"contract_{name}"
        assert all(check.blocking for check in asset.check_specs)
        schema = asset.metadata_by_key[asset.key]["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [column.name for column in project.models[name].columns]


def test_a_month_is_rated_shown_and_checked(sql_world: SqlWorld) -> None:
    result = sql_world.materialize(*RATING, "usage_charges")
    assert result.success
    assert sql_world.rows("select leg_id, amount_micros from rated_calls") == [
        {"leg_id": "mobile", "amount_micros": 20_000}
    ]
    assert sql_world.rows("select leg_id, reason from unrated_calls") == [{"leg_id": "nowhere", "reason": "NO_RATE"}]
    shown = sql_world.shown(result, "rated_calls")
    assert shown["dagster/row_count"] == 1
    lineage = shown["dagster/column_lineage"].deps_by_column["category"]
    parents = [(dep.asset_key.to_user_string(), dep.column_name) for dep in lineage]
    assert parents == [("closed_calls", "category"), ("int_calls__prefix_matches", "category")]
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks if check.asset_key.to_user_string() == "rated_calls"} == {
        "contract_rated_calls",
        "accepted_values_rated_calls_call_category",
        "relationships_rated_calls_contract_id",
        "a_closed_month_keeps_its_billed_calls",
        "a_leg_is_rated_once",
        "a_price_follows_from_its_working",
        "every_billable_call_is_rated_or_unrated_once",
    }
    assert all(check.passed for check in checks)


def test_the_same_calls_give_the_same_bytes_in_whatever_order_they_come(sql_world: SqlWorld) -> None:
    """A model that is written in slices keeps its day files' order, which landing makes the same: there, the rows."""
    project = sql_world.platform.project
    sliced = {name for name in RATING if SLICED_BY in project.models[name].meta}
    legs = [{"leg_id": f"leg {number}", "billed_seconds": number} for number in range(1, 200)]
    shuffled = random.Random(4).sample(legs, len(legs))
    digests, rows = [], []
    for given in (legs, legs, shuffled):
        sql_world.legs(*given)
        built = {name: build_model(sql_world.warehouse, project, name, MONTH).written.sha256 for name in RATING}
        digests.append(built)
        rows.append([sql_world.rows(f"select * from {name} order by all") for name in sorted(sliced)])
    assert digests[0] == digests[1]
    assert {name for name in RATING if digests[0][name] != digests[2][name]} <= sliced
    assert rows[0] == rows[2]
    assert sliced == {"int_calls__exceptions", "rated_calls"}


def test_a_month_that_loses_its_calls_loses_its_rows(sql_world: SqlWorld) -> None:
    assert sql_world.materialize(*RATING).success
    sql_world.legs()
    assert sql_world.materialize(*RATING).success
    assert sql_world.rows("select count(*) as n from rated_calls") == [{"n": 0}]


def test_wrong_rows_are_refused_kept_and_told_and_the_old_ones_stay(sql_world: SqlWorld) -> None:
    assert sql_world.materialize(*RATING).success
    sql_world.legs(*TWICE)
    result = sql_world.materialize(*RATING, "usage_charges")
    assert not result.success
    assert result.asset_materializations_for_node("usage_charges") == []
    failed = {check.check_name: check.blocking for check in result.get_asset_check_evaluations() if not check.passed}
    assert failed == {"a_leg_is_rated_once": True}
    assert sql_world.rows("select leg_id from rated_calls") == [{"leg_id": "mobile"}]
    assert sql_world.rows("select check_name, table_name, row_key from data_quality_findings") == [
        {"check_name": "a_leg_is_rated_once", "table_name": "rated_calls", "row_key": "boot/mobile/2"}
    ]
    (alert,) = sql_world.platform.alerts.open_alerts(MONTH)
    assert (alert.check_name, alert.failing_rows) == ("a_leg_is_rated_once", 1)


def test_what_was_told_is_closed_when_the_test_passes(sql_world: SqlWorld) -> None:
    sql_world.legs(*TWICE)
    assert not sql_world.materialize(*RATING).success
    sql_world.legs({"leg_id": "mobile"})
    assert sql_world.materialize(*RATING).success
    assert sql_world.platform.alerts.open_alerts(MONTH) == []
    assert sql_world.rows("select * from data_quality_findings") == []


def test_a_refusal_names_the_rows_but_not_who_was_called(sql_world: SqlWorld) -> None:
    sql_world.legs({"leg_id": "mobile", "billed_seconds": 0})
    project = sql_world.platform.project
    for model in RATING[:-2]:
        build_model(sql_world.warehouse, project, model, MONTH)
    with pytest.raises(ModelRefused, match=r"a_price_follows_from_its_working .1 rows, first .*'mobile'") as refused:
        build_model(sql_world.warehouse, project, "rated_calls", MONTH)
    assert "+33612345678" not in str(refused.value)
