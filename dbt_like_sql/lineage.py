"""Which columns a model's columns are computed from. Kept out of the runner: sqlglot takes half a second to import."""

from __future__ import annotations

from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer import build_scope, qualify

from dbt_like_sql.project import Project

DIALECT = "duckdb"


def column_lineage(project: Project, name: str) -> dict[str, list[tuple[str, str]]]:
    """For each column of a model, the (table, column) pairs it is computed from; views are looked through."""
    columns = {**project.sources, **{model.name: model.columns for model in project.models.values()}}
    schema: dict[str, object] = {
        table: {column.name: column.data_type for column in columns[table]} for table in columns
    }
    views = {m.name: _parse(project, m.name) for m in project.models.values() if m.materialized == "view"}
    query = exp.expand(_parse(project, name), {view: sql for view, sql in views.items() if view != name})
    qualified = qualify.qualify(query, schema=schema, dialect=DIALECT)
    scope = build_scope(qualified)
    found = {}
    for column in project.models[name].columns:
        node = lineage(column.name, qualified, schema, scope=scope, dialect=DIALECT, copy=False)
        leaves = [leaf for leaf in node.walk() if isinstance(leaf.expression, exp.Table)]
        found[column.name] = sorted({(leaf.expression.name, leaf.name.split(".")[-1].strip('"')) for leaf in leaves})
    return found


def _parse(project: Project, name: str) -> exp.Query:
    return cast("exp.Query", sqlglot.parse_one(project.render(project.models[name].sql), dialect=DIALECT))
