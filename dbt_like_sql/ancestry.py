"""Which models tables are made by: nobody keeps a list of them that a new model would make wrong."""

from __future__ import annotations

from dbt_like_sql.project import Model, Project


def ancestors(project: Project, *names: str) -> list[Model]:
    """The models that the named ones are made by, themselves included, parents first."""
    wanted, left = set[str](), list(names)
    while left:
        name = left.pop()
        wanted.add(name)
        left += [parent for parent in project.models[name].refs if parent not in wanted]
    return [model for name, model in project.models.items() if name in wanted]


def tables_made_for(project: Project, *names: str) -> tuple[str, ...]:
    """Those of the ancestors that are written: what must be built, in order, before the named ones stand."""
    return tuple(model.name for model in ancestors(project, *names) if model.materialized != "view")
