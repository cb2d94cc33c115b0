"""Spark makes the same tables from the same models, transpiled, row by row: the SQL is portable, not meant to be."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from adapters.warehouse import Warehouse
from assets.sql_models import build_model
from dbt_like_sql.project import Model, Project
from dbt_like_sql.runner import compile_sql
from tests.dbt_like_sql.memory import PROJECT
from tests.dbt_like_sql.parity_world import MONTHS, build_world

pytestmark = pytest.mark.spark
PYTHON = PROJECT.parent / ".venv-spark" / "bin" / "python"
SPARK_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz", "INTEGER": "int"}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Warehouse:
    """Every month of every model, by our runner."""
    warehouse = build_world(tmp_path_factory.mktemp("ours") / "warehouse", project)
    for month in MONTHS:
        for model in project.models.values():
            if model.materialized != "view":
                build_model(warehouse, project, model.name, month)
    return warehouse


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory, ours: Warehouse, project: Project) -> Path:
    """The same by Spark, from the sources alone."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs a Java and there is none; install one, as in apt-get install default-jre-headless")
    home = tmp_path_factory.mktemp("theirs")
    files = {name: [str(file) for file in ours.files(name)] for name in project.sources}
    models = [model.name for model in project.models.values() if model.materialized != "view"]
    told = {
        "sources": {name: paths for name, paths in files.items() if paths},
        "empty": {name: columns(ours, name) for name in [*models, *files] if not files.get(name)},
        "steps": [
            (model.name, month, model.materialized == "view", spark_sql(project, model, month))
            for month in MONTHS
            for model in project.models.values()
        ],
        "target": str(home / "tables"),
    }
    (home / "told.json").write_text(json.dumps(told))
    done = subprocess.run(
        [str(PYTHON), str(Path(__file__).with_name("spark_models.py")), str(home / "told.json")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "tables"


def columns(warehouse: Warehouse, table: str) -> str:
    return ", ".join(f"{c.name} {SPARK_TYPES.get(c.type, c.type)}" for c in warehouse.tables[table].columns)


def spark_sql(project: Project, model: Model, month: str) -> str:
    """A model in Spark's dialect; nothing but sqlglot says it otherwise."""
    (sql,) = sqlglot.transpile(compile_sql(project, model.name, {"month": month}), read="duckdb", write="spark")
    return str(sql)


def test_every_model_of_rating_and_kpis_is_the_same_row_by_row(ours: Warehouse, theirs: Path, project: Project) -> None:
    seen = dict[str, int]()
    with ours.connect() as connection:
        for model in project.models.values():
            if model.materialized == "view":
                continue
            typed = ", ".join(f"cast({c.name} as {c.data_type}) as {c.name}" for c in model.columns)
            left = rows(connection, f"select {typed} from {model.name}")
            right = rows(connection, f"select {typed} from read_parquet('{theirs}/{model.name}/*/*.parquet')")
            assert left == right, model.name
            seen[model.name] = len(left)
    assert seen["rated_calls"] > 500
    # Two empty tables agree on nothing; a leg delivered twice is what the world may not have.
    assert [name for name, count in seen.items() if not count] == ["int_legs__repeated"]


def rows(connection: Any, query: str) -> list[Any]:
    found: list[Any] = connection.execute(f"{query} order by all").fetchall()
    return found
