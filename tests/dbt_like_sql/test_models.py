"""The models' own unit tests, written in dbt's words beside them."""

from __future__ import annotations

import pytest

from dbt_like_sql.project import Project, UnitTest
from dbt_like_sql.runner import run_unit_test
from tests.dbt_like_sql.memory import PROJECT

MODELS = Project.load(PROJECT).models
UNIT_TESTS = [pytest.param(name, unit, id=unit.name) for name, model in MODELS.items() for unit in model.unit_tests]


@pytest.mark.parametrize(("name", "unit"), UNIT_TESTS)
def test_unit(project: Project, name: str, unit: UnitTest) -> None:
    assert run_unit_test(project, name, unit) == []
