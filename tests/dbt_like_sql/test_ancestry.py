"""What a table is made by is read from the models, not from a list somebody keeps."""

from __future__ import annotations

from dbt_like_sql.ancestry import ancestors, tables_made_for
from dbt_like_sql.project import Project


def test_ancestors_stand_before_what_they_make_and_views_are_among_them(project: Project) -> None:
    names = [model.name for model in ancestors(project, "rated_calls")]
    assert names[-1] == "rated_calls"
    assert names.index("int_calls__counted") < names.index("int_calls__parts") < names.index("int_calls__priced")
    assert all(names.index(ref) < names.index(name) for name in names for ref in project.models[name].refs)


def test_only_tables_are_built_and_those_of_several_once(project: Project) -> None:
    made = tables_made_for(project, "rated_calls", "unrated_calls")
    assert "int_calls__priced" not in made
    assert "int_calls__parts" in made
    assert sorted(set(made)) == sorted(made)
