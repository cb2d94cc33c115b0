"""The real project, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbt_like_sql.project import Project
from tests.dbt_like_sql.folder import Folder
from tests.dbt_like_sql.memory import PROJECT, Memory


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.load(PROJECT)


@pytest.fixture
def memory(project: Project) -> Memory:
    return Memory(project)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "project")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A minute of real dbt, and one of Spark, each in an environment of its own, only when asked for."""
    for tool in ("dbt", "spark"):
        if tool in config.getoption("markexpr"):
            continue
        for item in items:
            if item.get_closest_marker(tool):
                item.add_marker(pytest.mark.skip(reason=f"real {tool} runs under `make test-{tool}`"))
