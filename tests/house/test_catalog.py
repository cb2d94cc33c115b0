"""What people see of the flow: every asset is named, owned and described, every table says its grain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from adapters.warehouse import ARROW_TYPES, TableSpec
from assets.cdr.expectations import CALL_RECORD_SUITES
from assets.tables import all_tables
from dbt_like_sql.project import Project
from orchestration.build import build_definitions
from orchestration.settings import Settings
from tests.house.tree import REPOSITORY

# The views over the tables, in one file.
NO_TABLE = {"invoice_previews", "warehouse_catalog"}
GROUPS = {"cdr", "ledger", "rating", "invoices", "kpis"}


@cache
def project() -> Project:
    return Project.load(REPOSITORY / "dbt_like_sql")


@cache
def tables() -> dict[str, TableSpec]:
    return {spec.name: spec for spec in all_tables(project())}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(Settings(home=tmp_path_factory.mktemp("home")))


def specs(definitions: dg.Definitions) -> Iterator[dg.AssetSpec]:
    """The specs of the assets the flow makes."""
    graph = definitions.resolve_asset_graph()
    for assets in definitions.resolve_all_asset_specs():
        if graph.get(assets.key).is_materializable:
            yield assets


def test_every_asset_stands_in_a_group_of_the_flow(definitions: dg.Definitions) -> None:
    assert {
        spec.key.to_user_string(): spec.group_name for spec in specs(definitions) if spec.group_name not in GROUPS
    } == {}


def test_every_asset_has_an_owner(definitions: dg.Definitions) -> None:
    assert [spec.key.to_user_string() for spec in specs(definitions) if not spec.owners] == []


def test_every_asset_says_in_a_sentence_what_it_is(definitions: dg.Definitions) -> None:
    faults = [s.key.to_user_string() for s in specs(definitions) if not re.match(r"[A-Z].*[.:;]", s.description or "")]
    assert faults == []


def test_every_asset_is_a_table_of_its_name(definitions: dg.Definitions) -> None:
    """The graph and the warehouse speak of the same things."""
    assert {spec.key.to_user_string() for spec in specs(definitions)} - tables().keys() <= NO_TABLE


def test_every_asset_that_is_read_is_made(definitions: dg.Definitions) -> None:
    made = {spec.key for spec in specs(definitions)}
    missing = {str(dep.asset_key) for spec in specs(definitions) for dep in spec.deps if dep.asset_key not in made}
    assert missing == set()


def test_a_table_written_by_month_is_an_asset_with_months(definitions: dg.Definitions) -> None:
    monthly = {name for name, spec in tables().items() if spec.layout == "month"}
    whole = {spec.key.to_user_string() for spec in specs(definitions) if spec.partitions_def is None}
    # Landing makes again the days that changed, in whatever month they are.
    assert monthly & whole - {"call_record_days"} == set()


def test_a_close_judges_the_call_records_it_bills(definitions: dg.Definitions) -> None:
    """Landing is another job: its blocking checks stop nothing here unless the close runs them too."""
    steps = {node.name for node in definitions.resolve_job_def("close_month").nodes}
    blocking = {f"call_detail_records_{suite.name}" for suite in CALL_RECORD_SUITES if suite.blocking}
    assert blocking - steps == set()


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_table_begins_with_its_grain(name: str) -> None:
    assert re.match(r"One row per [a-z]", tables()[name].description)


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_column_is_described_and_of_a_known_type(name: str) -> None:
    spec = tables()[name]
    names = [column.name for column in spec.columns]
    assert len(names) == len(set(names))
    assert [c.name for c in spec.columns if len(c.description) < 3] == []
    assert [c.name for c in spec.columns if c.type not in ARROW_TYPES and not c.type.startswith("DECIMAL(")] == []


@pytest.mark.parametrize("name", sorted(tables()))
def test_the_unit_of_a_column_ends_its_name(name: str) -> None:
    types = {
        "_at": {"TIMESTAMP"},
        "_date": {"DATE"},
        "_cents": {"BIGINT"},
        "_micros": {"BIGINT"},
        "_seconds": {"BIGINT"},
    }
    for column in tables()[name].columns:
        for suffix, allowed in types.items():
            if column.name.endswith(suffix):
                assert column.type in allowed, column.name
        if column.type == "TIMESTAMP":
            assert column.name.endswith("_at"), column.name
        if column.type == "BOOLEAN":
            assert re.match(r"(is|has)_|.*_requested$", column.name), column.name


@pytest.mark.parametrize("name", sorted(n for n, spec in tables().items() if spec.layout != "table"))
def test_a_table_kept_by_month_has_its_month(name: str) -> None:
    month = [column for column in tables()[name].columns if column.name == "month"]
    assert [(column.type, column.nullable) for column in month] == [("VARCHAR", False)]


@pytest.mark.parametrize("source", sorted(project().sources))
def test_a_source_of_the_models_is_the_table_python_writes(source: str) -> None:
    written = {column.name: column.type for column in tables()[source].columns}
    read = {column.name: column.data_type for column in project().sources[source]}
    assert {name: kind for name, kind in read.items() if written.get(name) != kind} == {}


def test_every_model_reads_described_sources_only() -> None:
    faults = [
        f"{model.name}: {source}"
        for model in project().models.values()
        for source in model.sources
        if source not in tables()
    ]
    assert faults == []


def test_the_parity_run_and_the_product_read_the_same_folder() -> None:
    assert Path(project().folder) == REPOSITORY / "dbt_like_sql"
