"""``seconde sql`` asks, and cannot do anything else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from adapters.warehouse import Column, TableSpec, Warehouse
from domain.errors import BadInput, PermanentError
from orchestration.commands.analysis import ask
from orchestration.settings import Settings

PORTS = TableSpec("ports", "table", "One row per port.", (Column("name", "VARCHAR", "Its name"),))


@pytest.fixture
def settings(tmp_path) -> Settings:
    root = tmp_path / "warehouse"
    warehouse = Warehouse(root, root / "warehouse.duckdb", [PORTS])
    warehouse.replace("ports", pa.table({"name": ["Brest", "Sète"]}))
    warehouse.refresh_catalog()
    return Settings(home=tmp_path)


def test_a_question_is_answered_with_its_column_names(settings):
    assert ask(settings, "select name, 1 as one from ports order by name") == (
        ["name", "one"],
        [("Brest", 1), ("Sète", 1)],
    )


def test_show_and_describe_are_questions(settings):
    assert ("ports",) in ask(settings, "show tables")[1]
    assert ask(settings, "describe ports")[1][0][:2] == ("name", "VARCHAR")


@pytest.mark.parametrize(
    "statement",
    [
        "create table spoil as select 1",
        "copy (select 1) to 'spoil.parquet'",
        "explain analyze copy (select 1) to 'spoil.parquet'",
        "attach 'spoil.db'",
        "select 1; drop view ports",
        "set enable_external_access = true",
    ],
)
def test_anything_but_one_question_is_refused_and_leaves_no_file(settings, statement):
    before = sorted(settings.home.rglob("*"))
    with pytest.raises(PermanentError, match="one SELECT"):
        ask(settings, statement)
    assert sorted(settings.home.rglob("*")) == before


def test_a_question_reads_the_warehouse_and_no_other_file(settings, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    elsewhere.write_text("a\n1\n")
    with pytest.raises(BadInput, match="Permission"):
        ask(settings, f"select * from read_csv('{elsewhere}')")


def test_duckdb_s_own_words_explain_a_mistyped_question(settings):
    with pytest.raises(BadInput, match=r"DuckDB says: .*prts"):
        ask(settings, "select * from prts")


def test_without_a_warehouse_the_next_command_is_named(tmp_path):
    with pytest.raises(PermanentError, match="seconde land"):
        ask(Settings(home=tmp_path), "select 1")
