"""Each column says which columns of which tables it is computed from."""

from __future__ import annotations

from dataclasses import replace

from dbt_like_sql.lineage import column_lineage
from dbt_like_sql.project import Project
from tests.dbt_like_sql.memory import PROJECT


def test_a_price_comes_from_the_call_and_its_rate(project: Project) -> None:
    assert column_lineage(project, "rated_calls")["amount_micros"] == [
        ("call_detail_records", "billed_seconds"),
        ("int_calls__prefix_matches", "connection_fee_micros"),
        ("int_calls__prefix_matches", "increment_seconds"),
        ("int_calls__prefix_matches", "initial_seconds"),
        ("int_calls__prefix_matches", "minimum_charge_micros"),
        ("int_calls__prefix_matches", "price_per_minute_micros"),
        ("int_calls__parts", "kind"),
        ("int_calls__parts", "price_per_minute_micros"),
        ("int_calls__parts", "seconds"),
    ]


def test_a_view_is_looked_through(project: Project) -> None:
    assert column_lineage(project, "kpi_revenue_monthly")["net_cents"] == [
        ("issued_documents", "kind"),
        ("issued_documents", "net_cents"),
    ]


def test_a_lineage_is_worked_out_once_for_each_text_of_a_project(project: Project) -> None:
    name = "stg_ledger__documents"
    known = column_lineage(project, name)
    assert column_lineage(Project.load(PROJECT), name) is known
    other = column_lineage(replace(project, macros=f"{project.macros} "), name)
    assert other == known
    assert other is not known


def test_every_model_has_a_lineage_of_every_column(project: Project) -> None:
    for model in project.models.values():
        assert column_lineage(project, model.name).keys() == {column.name for column in model.columns}
