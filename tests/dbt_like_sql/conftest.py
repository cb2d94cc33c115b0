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
