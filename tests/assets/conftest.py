"""An installation for tests of what the SQL models become."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests.assets.sql_world import SqlWorld


@pytest.fixture
def sql_world(tmp_path: Path) -> Iterator[SqlWorld]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield SqlWorld(tmp_path / "home", instance)
