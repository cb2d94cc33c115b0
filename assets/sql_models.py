"""The SQL models as Dagster assets: compile, write where nobody sees it, test, publish, report.

``dbt_like_sql`` knows SQL and no warehouse, ``adapters.warehouse`` files and no model; they meet here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import duckdb

from adapters.warehouse import Column, Layout, Rows, TableSpec, Warehouse, Written
from assets.kpis.late_calls import changed_months
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.slices import SLICED_BY, Slices
from assets.sql_reports import check_result, column_schema, masked, report, result_metadata, sql_text
from dbt_like_sql.project import Model, Project, Row
from dbt_like_sql.runner import Verdict, compile_sql, contract_faults, run_test
from dbt_like_sql.views import views_read_by
from domain.errors import PermanentError

LAYOUTS: dict[str, Layout] = {"table": "table", "month": "month"}
# Models whose name does not say their place in the flow.
GROUPS = {"usage_charges": "invoices", "rating_adjustments": "invoices", "int_documents__balances": "kpis"}
# Tables that another asset than their namesake writes.
WRITTEN_BY = {"issued_document_lines": "issued_documents"}
# What earlier months left: what they took when they closed, what a person had rated again since. The end of one close
# and the beginning of the next, so no edge of the graph. What retention took away, it took long after.
FED_BACK = frozenset({"closed_calls", "closed_call_parts", "rating_changes", "truncated_months"})


@dataclass(frozen=True)
class Built:
    """A model's new rows, and what its tests said of them."""

    written: Written
    verdicts: tuple[Verdict, ...]


class ModelRefused(PermanentError):
    """New rows broke a model's contract or tests; the table stays as it was."""

    def __init__(self, name: str, month: str | None, verdicts: tuple[Verdict, ...]) -> None:
        self.verdicts = verdicts
        faults = [f"{v.test} ({v.failing_rows} rows, first {masked(v.sample[0])})" for v in verdicts if v.failing_rows]
        super().__init__(
            f"{name} {month or ''} stays as it was, its new rows break {'; '.join(faults)}. "
            "Correct what they are made from, or the model, then materialize it again"
        )


def table_spec(model: Model) -> TableSpec:
    """A model's contract as the warehouse's table."""
    columns = tuple(Column(c.name, c.data_type, c.description, c.nullable) for c in model.columns)
    return TableSpec(model.name, LAYOUTS[model.materialized], model.description.strip(), columns)


def table_specs(project: Project) -> tuple[TableSpec, ...]:
    """The tables models write, parents first. Views are none: ``dbt_like_sql/views.py`` makes those."""
    return tuple(table_spec(model) for model in tables(project))


def tables(project: Project) -> list[Model]:
    return [model for model in project.models.values() if model.materialized in LAYOUTS]


def build_model(warehouse: Warehouse, project: Project, name: str, month: str | None = None) -> Built:
    """Run a model and replace its table, or its month, whole.

    Raises:
        ModelRefused: the new rows break the contract or a data test; the old ones stay.
    """
    variables: Row = {} if month is None else {"month": month}
    verdicts: list[Verdict] = []

    def check(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        verdicts.extend(judge(connection, project, name, relation, variables))
        if any(verdict.failing_rows for verdict in verdicts):
            raise ModelRefused(name, month, tuple(verdicts))

    model, sql = project.models[name], compile_sql(project, name, variables)
    tests = [project.tests[test] for test in model.tests]
    views = views_read_by(project, variables, sql, *tests)
    # Ordered, so that the same rows are the same bytes: a second run of a month shows the same sha256.
    rows: Rows = f"select * from ({sql}) order by all"
    if SLICED_BY in model.meta:
        read = warehouse.named_in(sql, *views)
        rows = Slices(warehouse, name, model.meta[SLICED_BY], read, views, sql, variables).write
    with warehouse.connect(warehouse.named_in(sql, *views, *tests)) as connection:
        for statement in views:
            connection.execute(statement)
        keep = is_closed(warehouse, month)
        written = warehouse.replace(name, rows, month=month, connection=connection, checks=[check], keep_same=keep)
    return Built(written, tuple(verdicts))


def is_closed(warehouse: Warehouse, month: str | None) -> bool:
    """Whether a month's bills are out: what comes out the same then keeps its file, whichever way it was computed."""
    sql = "select month from billing_periods where month = $1 and state = 'closed'"
    return month is not None and warehouse.read(sql, [month]).num_rows > 0


def judge(
    connection: duckdb.DuckDBPyConnection, project: Project, name: str, relation: str, variables: Row
) -> list[Verdict]:
    """One verdict per check of ``check_names``: the contract first, and the tests only if its columns are there."""
    faults = contract_faults(connection, project, name, relation)
    contract = contract_check(name)
    if faults:
        return [Verdict(contract, len(faults), [{"fault": fault} for fault in faults])]
    here = {name: relation}
    verdicts = [run_test(connection, project, test, variables, here) for test in project.models[name].tests]
    nulls = [verdict for verdict in verdicts if is_contract(verdict.test)]
    rows = [{**row, "fault": verdict.test} for verdict in nulls for row in verdict.sample]
    whole = Verdict(contract, sum(verdict.failing_rows for verdict in nulls), rows)
    return [whole, *(verdict for verdict in verdicts if not is_contract(verdict.test))]


def check_names(model: Model) -> list[str]:
    """A model's asset checks: its contract (columns, types, nulls), then each other data test by its name."""
    return [contract_check(model.name), *(test for test in model.tests if not is_contract(test))]


def contract_check(name: str) -> str:
    return f"contract_{name}"


def is_contract(test: str) -> bool:
    return test.startswith("not_null_")


def sql_model_assets(project: Project) -> list[dg.AssetsDefinition]:
    """An asset for each model that is a table, with its contract and tests as blocking checks."""
    return [sql_model_asset(project, model) for model in tables(project)]


def sql_model_asset(project: Project, model: Model) -> dg.AssetsDefinition:
    by_month = model.materialized == "month"

    @dg.asset(
        name=model.name,
        group_name=group_of(model),
        description=model.description,
        deps=upstream(project, model),
        partitions_def=BILLING_MONTHS if by_month else None,
        kinds={"duckdb", "sql"},
        owners=["team:billing"],
        metadata={"dagster/column_schema": column_schema(model), "sql": sql_text(model)},
        check_specs=[dg.AssetCheckSpec(name, asset=model.name, blocking=True) for name in check_names(model)],
    )
    def sql_model(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        month = context.partition_key if by_month else None
        for earlier in changed_months(platform.warehouse, model.name, month) if month else []:
            metadata = result_metadata(platform, model, earlier, run(context, platform, model, earlier).written)
            context.log_event(dg.AssetMaterialization(model.name, metadata=metadata, partition=earlier))
        try:
            built = run(context, platform, model, month)
        except ModelRefused as refused:
            yield from (check_result(verdict) for verdict in refused.verdicts)
            raise
        yield from (check_result(verdict) for verdict in built.verdicts)
        yield dg.MaterializeResult(metadata=result_metadata(platform, model, month, built.written))

    return sql_model


def run(context: dg.AssetExecutionContext, platform: Platform, model: Model, month: str | None) -> Built:
    """Build a model; what its tests say is kept and told, whether they pass or not."""
    try:
        built = build_model(platform.warehouse, platform.project, model.name, month)
    except ModelRefused as refused:
        report(context, platform, model.name, month, refused.verdicts)
        raise
    report(context, platform, model.name, month, built.verdicts)
    return built


def group_of(model: Model) -> str:
    return GROUPS.get(model.name, "kpis" if model.name.startswith("kpi_") else "rating")


def upstream(project: Project, model: Model) -> list[str]:
    """The assets a model reads. A view is no asset: what it reads counts instead."""
    parents = {WRITTEN_BY.get(source, source) for source in model.sources if source not in FED_BACK}
    for name in model.refs:
        if name in FED_BACK:
            continue
        parent = project.models[name]
        parents |= set(upstream(project, parent)) if parent.materialized == "view" else {name}
    return sorted(parents)
