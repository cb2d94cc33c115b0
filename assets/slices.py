"""A model of a hundred million rows, written in slices of whole days: every core at work, the same bytes each time.

DuckDB keeps the order of rows through a scan but through no join (measured: a month's days came out interleaved,
otherwise in each run), and sorting a month of calls costs more than rating it. One thread keeps the order. So a model
whose every row comes from one row of a table in day files, and which says so in its .yml::

    config: {meta: {sliced_by: int_days__epochs}}

is run by one-thread connections that each see some days of the table only, and the slices' row groups are joined
into the month's one file. The model that ``sliced_by`` names has a row per ``record_date`` the month takes. A model
that compares calls with each other (a sum, a window) would be wrong in slices and must not say it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from adapters.parquet_files import concatenate
from adapters.warehouse import PARQUET, Warehouse, literal

SLICED_BY = "sliced_by"
SLICED = "call_detail_records"
BILLED = "closed_calls"
# A slice smaller than this is not worth the look-up tables each slice makes anew; nor are more slices than these.
SLICE_ROWS = 500_000
MOST_SLICES = 16


@dataclass(frozen=True)
class Slices:
    """How to write one month of ``table``: ``sql`` over ``tables`` and ``views``, on the days ``days`` names."""

    warehouse: Warehouse
    table: str
    days: str
    tables: Sequence[str]
    views: Sequence[str]
    sql: str
    variables: Mapping[str, str]

    def write(self, path: Path) -> None:
        """The whole month, to ``path``. Slices depend on the days' sizes alone, so the bytes do not on the machine."""
        workers = os.cpu_count() or 1
        slices = list(self.slices()) or [[]]
        parts = [path.with_name(f"{path.name}.{number}") for number in range(len(slices))]
        try:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(self._write_slice, slices, parts, [workers] * len(parts)))
            concatenate(parts, path)
        finally:
            for part in parts:
                part.unlink(missing_ok=True)

    def slices(self) -> Iterator[list[Path]]:
        """The month's day files, in order, cut where a slice is large enough."""
        files = self._files()
        enough, rows, taken = max(SLICE_ROWS, sum(files.values()) // MOST_SLICES), 0, list[Path]()
        for file, size in files.items():
            taken.append(file)
            rows += size
            if rows >= enough:
                yield taken
                rows, taken = 0, []
        if taken:
            yield taken

    def _files(self) -> dict[Path, int]:
        """Each day file the month takes calls of, and how many rows it has."""
        month = literal(self.variables["month"])
        with self.warehouse.connect([SLICED, self.days]) as connection:
            days = connection.execute(f"select distinct record_date from {self.days} where month = {month}").fetchall()
            wanted = {str(day) for (day,) in days}
            # A day file is named after its day; were it not, its calls would be neither rated nor set aside.
            files = [file for file in self.warehouse.files(SLICED) if file.stem[: len("YYYY-MM-DD")] in wanted]
            listed = ", ".join(literal(str(file)) for file in files)
            sql = f"select file_name, num_rows from parquet_file_metadata([{listed}])"
            return {
                Path(name): int(rows) for name, rows in (sorted(connection.execute(sql).fetchall()) if files else [])
            }

    def _write_slice(self, files: list[Path], path: Path, workers: int) -> None:
        limit = _shared(self.warehouse.memory_limit, workers)
        with self.warehouse.connect(self.tables, memory_limit=limit, threads=1) as connection:
            # Of a million calls DuckDB expected a few thousand, and held them all to look them up by a small table:
            # joins stand as they are written, the table to look up on the right. What a month billed when it closed
            # is as large as its calls: there the slice is the side to hold, and DuckDB sees that.
            if not self.warehouse.path(BILLED, self.variables["month"]).exists():
                connection.execute("set disabled_optimizers = 'build_side_probe_side'")
            connection.execute(self.warehouse.view_sql(self.warehouse.tables[SLICED], files))
            for view in self.views:
                connection.execute(view)
            # DuckDB writes a column as required where it can tell that this slice has no null in it, and slices that
            # differ make no one file: no rows of nulls, from a table it cannot see to be empty, settle it for all.
            nulls = f"select {self.warehouse.tables[self.table].nulls} from range(0)"
            rows = f"select * from ({self.sql}) union all by name {nulls}"
            connection.execute(f"copy ({rows}) to {literal(str(path))} ({PARQUET})")


def _shared(memory_limit: str, workers: int) -> str:
    """A worker's part of a limit like 4GB."""
    number, unit = re.fullmatch(r"([\d.]+)\s*(\w+)", memory_limit).groups()  # type: ignore[union-attr]
    return f"{Decimal(number) / workers}{unit}"
