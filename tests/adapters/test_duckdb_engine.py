"""Connections share an engine and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from adapters.duckdb_engine import own_engine, shared_engine

LIMIT = "500MB"


def test_connections_open_at_once_see_nothing_of_each_other(tmp_path):
    with shared_engine(LIMIT, tmp_path) as one, shared_engine(LIMIT, tmp_path) as other:
        for connection, number in ((one, 1), (other, 2)):
            connection.execute(f"create view calls as select {number} as n")
            connection.execute(f"create temp table rates as select {number * 10} as n")
        assert one.execute("select calls.n, rates.n from calls, rates").fetchall() == [(1, 10)]
        assert other.execute("select calls.n, rates.n from calls, rates").fetchall() == [(2, 20)]


def test_a_closed_connection_leaves_nothing_behind_however_it_ended(tmp_path):
    def broken_off() -> None:
        with shared_engine(LIMIT, tmp_path) as connection:
            connection.execute("create table calls as select range as n from range(100000)")
            connection.execute("begin; insert into calls values (1)")
            connection.execute("select no_such_column from calls")

    with pytest.raises(duckdb.Error):
        broken_off()
    with shared_engine(LIMIT, tmp_path) as connection:
        databases = connection.execute("select count(*) from duckdb_databases() where not internal").fetchall()
        assert databases == [(2,)], "the engine's own, and this connection's"
        assert connection.execute("select count(*) from duckdb_tables() where table_name = 'calls'").fetchall() == [
            (0,)
        ]


def test_a_file_replaced_under_its_name_is_read_anew(tmp_path):
    file, new = tmp_path / "data.parquet", tmp_path / "new.parquet"
    for amount in (1, 2):
        with shared_engine(LIMIT, tmp_path) as connection:
            connection.execute(f"copy (select {amount} as micros from range(1000)) to '{new}' (format parquet)")
            os.utime(new, (1, 1))  # the same size and time as the file before: only its bytes tell
            new.replace(file)
            assert connection.execute(f"select sum(micros) from '{file}'").fetchall() == [(amount * 1000,)]


def test_a_connection_outlives_the_engine_another_warehouse_replaces(tmp_path):
    with shared_engine(LIMIT, tmp_path) as one:
        one.execute("create table calls as select 1 as n")
        with shared_engine(LIMIT, tmp_path / "other") as other:
            other.execute("create table calls as select 2 as n")
            assert one.execute("select n from calls").fetchall() == [(1,)]
        assert one.execute("select n from calls").fetchall() == [(1,)]


def test_the_limit_of_one_warehouse_is_not_the_next_ones(tmp_path):
    limits = []
    for limit in ("500MB", "900MB", "500MB"):
        with shared_engine(limit, tmp_path) as connection:
            limits.append(connection.execute("select current_setting('memory_limit')").fetchall()[0][0])
    assert limits[0] == limits[2] != limits[1]


def test_a_slice_has_its_threads_and_its_memory_to_itself(tmp_path):
    with shared_engine(LIMIT, tmp_path), own_engine("200MB", tmp_path, 1) as alone:
        settings = alone.execute("select current_setting('threads'), current_setting('TimeZone')").fetchall()
    assert settings == [(1, "UTC")]


def test_a_forked_process_starts_its_own_engine(tmp_path: Path):
    with shared_engine(LIMIT, tmp_path) as connection:
        connection.execute("select 1")
        child = os.fork()
        if child == 0:
            with shared_engine(LIMIT, tmp_path) as own:
                os._exit(own.execute("select 7").fetchall()[0][0])
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
