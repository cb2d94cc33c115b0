"""Real dbt builds the same tables from the same folder and the same Parquet, row by row, and its tests pass too."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from adapters.warehouse import Warehouse
from assets.sql_models import build_model
from dbt_like_sql.project import Model, Project
from tests.dbt_like_sql.memory import PROJECT
from tests.dbt_like_sql.parity_world import MONTHS, build_world

pytestmark = pytest.mark.dbt
DBT = PROJECT.parent / ".venv-dbt" / "bin" / "dbt"
REASONS = {"NO_CUSTOMER", "INVALID_NUMBER", "EXPIRED_RATE", "NO_RATE"}


class RealDbt:
    """dbt on a copy of the project, so that its target and logs stay out of the tree."""

    def __init__(self, folder: Path, warehouse: Path) -> None:
        self.project = shutil.copytree(PROJECT, folder / "project", ignore=shutil.ignore_patterns("*.py*"))
        self.database = folder / "dbt.duckdb"
        self.environment = {**os.environ, "DBT_WAREHOUSE": str(warehouse), "DBT_DATABASE": str(self.database)}

    def run(self, month: str, *arguments: str) -> None:
        # A warning is a failure too: what dbt will refuse one day is known on the day it says so.
        options = [
            "--no-use-colors",
            "--warn-error",
            *arguments,
            "--profiles-dir",
            ".",
            "--vars",
            f"{{month: '{month}'}}",
        ]
        done = subprocess.run(
            [str(DBT), *options], check=False, cwd=self.project, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Warehouse:
    """Every month of every model, by our runner."""
    warehouse = build_world(tmp_path_factory.mktemp("ours") / "warehouse", project)
    for month in MONTHS:
        for model in tables(project):
            build_model(warehouse, project, model.name, month)
    return warehouse


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory, ours: Warehouse, project: Project) -> Path:
    """The same by dbt, with its data tests after each model."""
    dbt = RealDbt(tmp_path_factory.mktemp("theirs"), ours.root)
    for month in MONTHS:
        dbt.run(month, "build", "--exclude-resource-type", "unit_test")
    # dbt asks the database for the types of a unit test's rows: there the sources have to be relations.
    with duckdb.connect(str(dbt.database)) as connection:
        connection.execute("create schema warehouse")
        for source in project.sources:
            view = ours.view_sql(ours.tables[source])
            connection.execute(view.replace(f'view "{source}"', f'view warehouse."{source}"'))
    dbt.run(MONTHS[0], "test", "--select", "test_type:unit")
    return dbt.database


def tables(project: Project) -> list[Model]:
    return [model for model in project.models.values() if model.materialized != "view"]


def content(connection: duckdb.DuckDBPyConnection, model: Model) -> tuple[list[Any], list[Any]]:
    """Types and rows, columns in the contract's order."""
    names = ", ".join(column.name for column in model.columns)
    query = f"select {names} from {model.name} order by all"
    return connection.execute(f"describe {query}").fetchall(), connection.execute(query).fetchall()


def test_every_table_is_the_same_row_by_row(ours: Warehouse, theirs: Path, project: Project) -> None:
    with ours.connect() as left, duckdb.connect(str(theirs), read_only=True) as right:
        for model in tables(project):
            types, rows = content(left, model)
            dbt_types, dbt_rows = content(right, model)
            assert types == dbt_types, model.name
            assert rows == dbt_rows, model.name
            # A leg delivered twice is refused by the data tests of this very world: it can have none.
            some = {"rating_changes": {MONTHS[0]}, "int_legs__displaced": {MONTHS[1]}, "int_legs__repeated": set()}
            months = some.get(model.name, set(MONTHS))
            assert {row[0] for row in rows} == months, f"{model.name}: a month without a row proves nothing"


def test_the_world_has_every_kind_of_call(ours: Warehouse) -> None:
    reasons = ours.read("select distinct reason from unrated_calls")["reason"].to_pylist()
    assert set(reasons) == REASONS
    late = ours.read("select count(*) as n from rated_calls where month = '2026-10' and call_month = '2026-09'")
    assert late["n"][0].as_py() > 20
    kinds = ours.read("select distinct kind from rated_call_parts")["kind"].to_pylist()
    assert set(kinds) == {"included", "rate", "tier"}
    more = ours.read(
        "select count(distinct plan) as plans, count(distinct call_category) as categories,"
        " count(*) filter (surcharge_micros > 0) as surcharged from rated_calls"
    ).to_pylist()[0]
    assert (more["plans"], more["categories"]) == (2, 4)
    assert more["surcharged"] > 20
