"""The models that are views, as statements: they stand on each connection anew and hold no row."""

from __future__ import annotations

from collections.abc import Mapping

from dbt_like_sql.project import Project
from dbt_like_sql.runner import compile_sql


def view_statements(project: Project, variables: Mapping[str, str] | None = None) -> list[str]:
    """What makes the views, parents first. One of a month, and what reads it, only where ``variables`` say which."""
    return list(_views(project, variables or {}).values())


def views_read_by(project: Project, variables: Mapping[str, str], *statements: str) -> list[str]:
    """What makes the views the statements read, by name or through another view. To make a view is to plan its query
    down to the files: all of them made for each model took a quarter of a small month's close.
    """
    read, needed = list(statements), list[str]()
    for name, statement in reversed(_views(project, variables).items()):
        if any(name in text for text in read):
            read.append(statement)
            needed.insert(0, statement)
    return needed


def _views(project: Project, variables: Mapping[str, str]) -> dict[str, str]:
    made = dict[str, str]()
    views = {name: model for name, model in project.models.items() if model.materialized == "view"}
    for name, model in views.items():
        is_monthly = "var(" in model.sql or any(ref in views and ref not in made for ref in model.refs)
        if variables or not is_monthly:
            made[name] = f"create or replace view {name} as {compile_sql(project, name, variables)}"
    return made
