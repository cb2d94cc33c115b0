"""The real project, read once."""

from __future__ import annotations

import pytest

from dbt_like_sql.project import Project
from tests.dbt_like_sql.memory import PROJECT, Memory


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.load(PROJECT)


@pytest.fixture
def memory(project: Project) -> Memory:
    return Memory(project)
