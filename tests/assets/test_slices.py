"""A month written in slices is the month: the same rows, and the same bytes on any machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.files import file_sha256
from assets import slices
from assets.sql_models import build_model
from dbt_like_sql.ancestry import tables_made_for
from dbt_like_sql.project import Project
from tests.dbt_like_sql.memory import PROJECT
from tests.dbt_like_sql.parity_world import build_world

MONTH = "2026-10"


def test_slices_of_any_number_on_any_machine_hold_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.load(PROJECT)
    warehouse = build_world(tmp_path / "warehouse", project)
    for name in tables_made_for(project, "rated_call_parts", "rated_calls")[:-1]:
        build_model(warehouse, project, name, MONTH)
    months, digests = [], set()
    for rows, processors in ((500_000, 2), (300, 1), (300, 3)):
        monkeypatch.setattr(slices, "SLICE_ROWS", rows)
        monkeypatch.setattr(os, "cpu_count", lambda count=processors: count)
        build_model(warehouse, project, "rated_calls", MONTH)
        digests.add((rows, file_sha256(warehouse.path("rated_calls", MONTH))))
        months.append(warehouse.read("select * from rated_calls order by all"))
    assert months[0].num_rows > 100
    assert months[0].equals(months[1])
    assert len(digests) == 2, "the bytes depend on how the month is cut, not on the machine"
