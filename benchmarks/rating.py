"""A month of calls rated by the project's own models, against DuckDB copying the same columns to the same kind of file.

Each measurement is a process of its own, so that its peak of memory is its own. What it runs is what a month's
materialization runs: every rating model, its contract and its data tests, each file written, checked and renamed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from adapters.warehouse import Warehouse
from assets.sql_models import build_model
from assets.tables import all_tables
from benchmarks.rating_world import MONTH, copy_floor, write_calls, write_contracts, write_deck
from dbt_like_sql.ancestry import tables_made_for
from dbt_like_sql.project import Project
from orchestration.settings import load_settings

PROJECT = Path(__file__).parents[1] / "dbt_like_sql"
# What rating reads of a call: the least there is to copy.
INPUT = (
    "month, boot_id, leg_id, record_date, answered_at, customer_id, contract_id, call_category, origin_number, "
    "origin_country, origin_number_type, destination_number, destination_number_type, called_digits, billed_seconds, "
    "is_billable"
)
RATED = ("rated_call_parts", "rated_calls", "unrated_calls")
CALLS = (1_000_000, 10_000_000, 100_000_000)
DECKS = (1_000, 20_000, 260_000)
# SECONDE_BENCHMARK_... would be refused as an unknown setting: these are read here, by the benchmark alone.
CALLS_ASKED, DECKS_ASKED = "RATING_CALLS", "RATING_DECKS"


@dataclass(frozen=True)
class Figure:
    """What one task cost: the clock, the processors, and the most memory its process held."""

    seconds: float
    cpu_seconds: float
    peak_gigabytes: float
    load: float
    steps: dict[str, float]


def rating_table(home: Path) -> Table:
    """Every size of month with every size of deck, one line each."""
    table = Table(
        "calls", "rates", "calls/s", "CPU us/call", "floor CPU us/call", "times floor (clock)", "times floor (CPU)",
        "peak GB", "load", title="calls rated, all writes and data tests included",
    )  # fmt: skip
    sizes, decks = asked(CALLS_ASKED, CALLS), asked(DECKS_ASKED, DECKS)
    with Progress() as progress:
        task = progress.add_task("rating", total=len(sizes) * (31 + 3 * len(decks)))
        for calls in sizes:
            root = home / str(calls)
            warehouse = open_warehouse(root)
            write_contracts(warehouse)
            for _ in write_calls(warehouse, calls):
                progress.advance(task)
            for rates in decks:
                write_deck(warehouse, rates)
                floor = measured("floor", root)
                progress.advance(task)
                rated = measured("rate", root)
                progress.advance(task, 2)
                table.add_row(*row(calls, rates, floor, rated))
                progress.console.print(f"{calls:,} x {rates:,}: {steps(rated)}")
    return table


def asked(variable: str, usual: tuple[int, ...]) -> tuple[int, ...]:
    """Fewer sizes than usual, when the environment says which: ``RATING_CALLS=1000000``."""
    return tuple(int(size) for size in os.environ.get(variable, "").split(",") if size) or usual


def row(calls: int, rates: int, floor: Figure, rated: Figure) -> tuple[str, ...]:
    return (
        f"{calls:,}",
        f"{rates:,}",
        f"{calls / rated.seconds:,.0f}",
        f"{rated.cpu_seconds / calls * 1e6:.2f}",
        f"{floor.cpu_seconds / calls * 1e6:.2f}",
        f"{rated.seconds / floor.seconds:.2f}",
        f"{rated.cpu_seconds / floor.cpu_seconds:.2f}",
        f"{rated.peak_gigabytes:.1f}",
        f"{rated.load:.1f}",
    )


def steps(figure: Figure) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in figure.steps.items())


def measured(what: str, root: Path) -> Figure:
    """One task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rating", what, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT.parent)
    return Figure(**json.loads(done.stdout.splitlines()[-1]))


def open_warehouse(root: Path) -> Warehouse:
    """A warehouse under ``root``, with the memory the settings allow."""
    tables = all_tables(Project.load(PROJECT))
    return Warehouse(root / "warehouse", root / "warehouse.duckdb", tables, load_settings().warehouse_memory)


def task(what: str, root: Path) -> Figure:
    """Rate the month, or copy it, here and now."""
    warehouse, project, took = open_warehouse(root), Project.load(PROJECT), dict[str, float]()
    began, before = time.perf_counter(), cpu_seconds()
    if what == "floor":
        copy_floor(warehouse, INPUT, root / "floor.parquet")
    else:
        for model in tables_made_for(project, *RATED):
            since = time.perf_counter()
            build_model(warehouse, project, model, MONTH)
            took[model] = round(time.perf_counter() - since, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return Figure(time.perf_counter() - began, cpu_seconds() - before, peak, os.getloadavg()[0], took)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asdict(task(sys.argv[1], Path(sys.argv[2])))))
