"""Files joined end to end hold the rows of all of them, in order, whoever reads them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from adapters.parquet_files import concatenate
from adapters.warehouse import PARQUET

# Numbers, texts, nulls, dates and a column with few values: every encoding the warehouse writes.
ROWS = (
    "select cast(i as bigint) as n, 'leg ' || md5(cast(i as varchar)) as leg, i % 3 as few, "
    "case when i % 7 > 0 then date '2026-10-01' + cast(i % 31 as integer) end as day, "
    "timestamp '2026-10-01 00:00:00' + to_seconds(i) as at, i % 2 = 0 as even from range({}, {}) as t(i)"
)


def write(path: Path, sql: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql}) to '{path}' ({PARQUET}, row_group_size 2048)")
    return path


def parts(folder: Path) -> list[Path]:
    bounds = ((0, 5000), (5000, 5000), (5000, 5001), (5001, 20_000))
    return [write(folder / f"{n}.parquet", ROWS.format(*pair)) for n, pair in enumerate(bounds)]


def test_the_whole_has_every_row_in_order_for_duckdb_and_for_arrow(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    concatenate(parts(tmp_path), whole)
    expected = pq.read_table(write(tmp_path / "expected.parquet", ROWS.format(0, 20_000)))
    assert pq.read_table(whole).equals(expected)
    with duckdb.connect() as connection:
        assert connection.sql(f"select * from '{whole}'").to_arrow_table().equals(expected)
        # Statistics and bloom filters moved with their row groups: a filter finds what it looks for.
        found = connection.sql(f"select n from '{whole}' where few = 2 and n = 19997").fetchall()
    assert found == [(19997,)]


def test_the_same_parts_are_the_same_bytes(tmp_path: Path) -> None:
    files = parts(tmp_path)
    for name in ("a", "b"):
        concatenate(files, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_of_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    files = [*parts(tmp_path), write(tmp_path / "other.parquet", "select 1 as n")]
    with pytest.raises(ValueError, match=r"other\.parquet has other columns than .*0\.parquet"):
        concatenate(files, tmp_path / "whole")


def test_what_is_no_parquet_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(ValueError, match=r"torn\.parquet is not a Parquet file"):
        concatenate([tmp_path / "torn.parquet"], tmp_path / "whole")
