"""A month written in slices is the month: the same rows, and the same bytes on any machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.files import file_sha256
from adapters.warehouse import literal
from assets import slices
from assets.invoices.closed_calls import keep_calls
from assets.sql_models import build_model
from dbt_like_sql.ancestry import tables_made_for
from dbt_like_sql.project import Project
from domain.calendar import Month
from tests.dbt_like_sql.memory import PROJECT
from tests.dbt_like_sql.parity_world import build_world

MONTH = "2026-10"
RATED = ("int_calls__exceptions", "rated_call_parts", "rated_calls", "unrated_calls")


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


def test_a_month_that_is_rated_again_once_closed_is_the_same_bytes_calls_without_a_price_too(tmp_path: Path) -> None:
    project = Project.load(PROJECT)
    warehouse = build_world(tmp_path / "warehouse", project)

    def digests() -> dict[str, str]:
        for name in tables_made_for(project, *RATED):
            build_model(warehouse, project, name, MONTH)
        return {name: file_sha256(warehouse.path(name, MONTH)) for name in RATED}

    when_open = digests()
    assert warehouse.read("select count(*) as n from unrated_calls").to_pylist()[0]["n"] > 0
    keep_calls(warehouse, Month.parse(MONTH), refused=[])
    closing = f"select * replace ('closed' as state) from billing_periods where month = {literal(MONTH)}"
    others = f"select * from billing_periods where month <> {literal(MONTH)}"
    warehouse.replace("billing_periods", warehouse.read(f"{closing} union all {others}"))
    assert digests() == when_open
