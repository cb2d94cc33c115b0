"""A table is a folder, a month is a file, and nobody ever sees half of one."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from adapters.warehouse import Column, TableSpec, Warehouse

CALLS = TableSpec(
    "calls",
    "month",
    "One row per call.",
    (
        Column("month", "VARCHAR", "Local month."),
        Column("leg_id", "VARCHAR", "The leg."),
        Column("amount_micros", "BIGINT", "Its price.", nullable=True),
    ),
)
RATES = TableSpec("rates", "table", "One row per rate.", (Column("prefix", "VARCHAR", "What it prices."),))
EVENTS = TableSpec(
    "events", "parts", "One row per event.", (Column("month", "VARCHAR", "Month."), Column("n", "BIGINT", "Number."))
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", tmp_path / "warehouse.duckdb", [CALLS, RATES, EVENTS])


def calls(month: str, *legs: str) -> pa.Table:
    rows = [{"month": month, "leg_id": leg, "amount_micros": 1} for leg in legs]
    return pa.Table.from_pylist(rows, schema=CALLS.arrow_schema)


def legs(warehouse: Warehouse) -> list[str]:
    found: list[str] = warehouse.read("select leg_id from calls order by leg_id")["leg_id"].to_pylist()
    return found


def test_a_table_without_a_file_is_empty_and_has_its_columns(warehouse):
    assert warehouse.read("select * from calls").schema.names == ["month", "leg_id", "amount_micros"]
    assert legs(warehouse) == []


def test_replacing_a_month_leaves_the_others(warehouse):
    warehouse.replace("calls", calls("2026-10", "a", "b"), month="2026-10")
    warehouse.replace("calls", calls("2026-11", "c"), month="2026-11")
    assert legs(warehouse) == ["a", "b", "c"]


def test_a_month_that_finds_fewer_rows_leaves_none_of_the_old_ones(warehouse):
    warehouse.replace("calls", calls("2026-10", "a", "b", "c"), month="2026-10")
    warehouse.replace("calls", calls("2026-10"), month="2026-10")
    assert legs(warehouse) == []


def test_the_same_rows_are_the_same_bytes(warehouse):
    first = warehouse.replace("calls", calls("2026-10", "a"), month="2026-10")
    assert warehouse.replace("calls", calls("2026-10", "a"), month="2026-10") == first


def test_a_refused_file_is_never_seen_and_the_old_one_stays(warehouse):
    warehouse.replace("calls", calls("2026-10", "good"), month="2026-10")

    def refuse(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        seen = connection.execute(f"select leg_id from {relation}").fetchall()
        raise ValueError(f"refused {seen}")

    with pytest.raises(ValueError, match="bad"):
        warehouse.replace("calls", calls("2026-10", "bad"), month="2026-10", checks=[refuse])
    assert legs(warehouse) == ["good"]
    assert [path.name for path in (warehouse.root / "calls" / "month=2026-10").iterdir()] == ["data.parquet"]


def test_a_null_where_the_spec_has_none_stops_the_write(warehouse):
    rows = pa.table({"month": ["2026-10"], "leg_id": pa.array([None], pa.string()), "amount_micros": [1]})
    with pytest.raises(ValueError, match=r"leg_id.* with null values to non-nullable"):
        warehouse.replace("calls", rows, month="2026-10")


def test_a_monthly_table_is_not_written_without_its_month(warehouse):
    with pytest.raises(ValueError, match="calls is written by month"):
        warehouse.replace("calls", calls("2026-10", "a"))


def test_a_select_writes_what_it_reads_in_the_same_connection(warehouse):
    warehouse.replace("calls", calls("2026-10", "a"), month="2026-10")
    with warehouse.connect() as connection:
        select = "select '2026-11' as month, leg_id, amount_micros from calls"
        warehouse.replace("calls", select, month="2026-11", connection=connection)
    assert legs(warehouse) == ["a", "a"]


def test_parts_of_a_month_come_and_go_alone(warehouse):
    for part, number in (("2026-10-01", 1), ("2026-10-02", 2)):
        rows = pa.table({"month": ["2026-10"], "n": [number]})
        warehouse.replace("events", rows, month="2026-10", part=part)
    warehouse.remove("events", "2026-10", "2026-10-01")
    assert warehouse.read("select n from events")["n"].to_pylist() == [2]


def test_an_older_file_that_lacks_a_newer_column_is_still_read(warehouse):
    warehouse.replace("calls", calls("2026-10", "new"), month="2026-10")
    old = warehouse.root / "calls" / "month=2026-09"
    old.mkdir()
    duckdb.execute(f"copy (select '2026-09' as month, 'old' as leg_id) to '{old}/data.parquet' (format parquet)")
    assert legs(warehouse) == ["new", "old"]


def test_a_column_younger_than_every_file_is_null(warehouse):
    old = warehouse.root / "calls" / "month=2026-09"
    old.mkdir(parents=True)
    duckdb.execute(f"copy (select '2026-09' as month, 'old' as leg_id) to '{old}/data.parquet' (format parquet)")
    assert warehouse.read("select leg_id, amount_micros from calls").to_pylist() == [
        {"leg_id": "old", "amount_micros": None}
    ]
    warehouse.refresh_catalog()


def test_the_catalog_has_views_and_comments_and_blocks_nobody(warehouse):
    warehouse.replace("rates", pa.table({"prefix": ["336"]}))
    warehouse.refresh_catalog()
    with duckdb.connect(str(warehouse.catalog)) as analyst:  # read-write, and left open
        assert analyst.sql("select prefix from rates").fetchall() == [("336",)]
        warehouse.refresh_catalog()
        comments = analyst.sql("select comment from duckdb_columns() where column_name = 'leg_id'").fetchall()
        assert comments == [("The leg.",)]
        assert analyst.sql("select count(*) from duckdb_tables() where not internal").fetchall() == [(0,)]


def test_timestamps_are_read_in_utc(warehouse):
    noon = warehouse.read("select cast(timestamptz '2026-10-25 12:00:00+00' as timestamp) as at")["at"][0].as_py()
    assert noon == dt.datetime(2026, 10, 25, 12)


KILLED_IN_THE_CHECK = """
import os, signal, sys
from pathlib import Path
from tests.adapters.test_warehouse import CALLS, calls
from adapters.warehouse import Warehouse
home = Path(sys.argv[1])
warehouse = Warehouse(home / "warehouse", home / "warehouse.duckdb", [CALLS])
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
warehouse.replace("calls", calls("2026-10", "half"), month="2026-10", checks=[die])
"""


def test_a_writer_killed_before_the_rename_leaves_the_old_month_whole(warehouse, tmp_path):
    warehouse.replace("calls", calls("2026-10", "whole"), month="2026-10")
    program = [sys.executable, "-c", KILLED_IN_THE_CHECK, str(tmp_path)]
    killed = subprocess.run(program, check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    assert legs(warehouse) == ["whole"]
