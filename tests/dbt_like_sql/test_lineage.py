"""Each column says which columns of which tables it is computed from."""

from __future__ import annotations

from dbt_like_sql.lineage import column_lineage
from dbt_like_sql.project import Project


def test_a_price_comes_from_the_call_and_its_rate(project: Project) -> None:
    assert column_lineage(project, "rated_calls")["amount_micros"] == [
        ("call_detail_records", "billed_seconds"),
        ("closed_calls", "amount_micros"),
        ("int_calls__parts", "kind"),
        ("int_calls__parts", "price_per_minute_micros"),
        ("int_calls__parts", "seconds"),
        ("int_calls__prefix_matches", "connection_fee_micros"),
        ("int_calls__prefix_matches", "increment_seconds"),
        ("int_calls__prefix_matches", "initial_seconds"),
        ("int_calls__prefix_matches", "minimum_charge_micros"),
        ("int_calls__prefix_matches", "price_per_minute_micros"),
    ]


def test_a_view_is_looked_through(project: Project) -> None:
    assert column_lineage(project, "kpi_revenue_monthly")["net_cents"] == [
        ("issued_documents", "kind"),
        ("issued_documents", "net_cents"),
    ]


def test_every_model_has_a_lineage_of_every_column(project: Project) -> None:
    for model in project.models.values():
        assert column_lineage(project, model.name).keys() == {column.name for column in model.columns}
