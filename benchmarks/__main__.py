"""``python -m benchmarks [ingest|memory|landing|flow|decks|rating|invoices ...]``: measure what is claimed, here."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.decks import deck_table
from benchmarks.flow import flow_table
from benchmarks.ingest import memory_table, speed_table
from benchmarks.invoices import invoices_table
from benchmarks.landing import landing_table
from benchmarks.rating import rating_table

# On the disk the journal is for: where a temporary folder is memory, an fsync costs nothing.
HOME = Path(__file__).parents[1] / "var" / "benchmarks"
BENCHMARKS: dict[str, Callable[[Path], Table]] = {
    "ingest": speed_table,
    "memory": memory_table,
    "landing": landing_table,
    "flow": flow_table,
    "decks": deck_table,
    "rating": rating_table,
    "invoices": invoices_table,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHMARKS), help="which ones (default: all)")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    HOME.mkdir(parents=True, exist_ok=True)
    console = Console()
    busy = os.getloadavg()[0]
    console.print(f"{os.cpu_count()} processors, load {busy:.1f} before the start (under 0.5 the figures mean most)")
    for name in names:
        with tempfile.TemporaryDirectory(dir=HOME) as home:
            console.print(BENCHMARKS[name](Path(home)))


if __name__ == "__main__":
    main()
