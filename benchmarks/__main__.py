"""A busy month through the whole flow: seconds of each step, and rates."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.ledger.seed import load_law, load_world
from domain.calendar import Month
from ingest.simulator import simulate
from orchestration.flow import Flow
from orchestration.settings import Settings
from orchestration.simulation import DEMO_SEEDS, SEEDS, simulated_world

MONTH = Month(2026, 10)
SHOWN_SECONDS = 0.5


class Stopwatch:
    """Seconds of each step of the flow, from one beginning to the next."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self._now: tuple[str, float] | None = None

    def began(self, _total: int, step: str) -> None:
        self.stop()
        self._now = (step, time.perf_counter())

    def stop(self) -> None:
        if self._now is not None:
            step, since = self._now
            self.steps[step] = self.steps.get(step, 0.0) + time.perf_counter() - since
        self._now = None


def count(flow: Flow, sql: str) -> int:
    return int(flow.platform.warehouse.read(sql)["n"][0].as_py() or 0)


def run(home: Path, percent: int) -> Table:
    watch = Stopwatch()
    flow = Flow(Settings(home=home), watch.began)
    ledger = flow.platform.ledger
    ledger.migrate()
    load_law(ledger, SEEDS / "law")
    load_world(ledger, DEMO_SEEDS)
    watch.began(0, "simulate")
    simulated = simulate(simulated_world(ledger, switch="bench", percent=percent), [MONTH], flow.platform.journal, 1)
    flow.land()
    flow.close(MONTH, MONTH.next.first_date)
    watch.stop()
    rated = count(flow, "select count(*) as n from rated_calls")
    pages = count(flow, "select cast(sum(pages) as bigint) as n from invoice_documents")
    amounts = {
        "simulate": (simulated.events, "events"),
        "call_events": (simulated.events, "events"),
        "call_detail_records": (simulated.legs, "legs"),
        "rated_calls": (rated, "calls"),
        "invoice_documents": (pages, "pages"),
    }
    table = Table("step", "seconds", "of", "per second", title=f"{simulated.calls:,} calls of {MONTH}")
    for step, seconds in sorted(watch.steps.items(), key=lambda item: -item[1]):
        amount, unit = amounts.get(step, (0, ""))
        if amount or seconds >= SHOWN_SECONDS:
            of, rate = (f"{amount:,} {unit}", f"{amount / seconds:,.0f}") if amount else ("", "")
            table.add_row(step, f"{seconds:.1f}", of, rate)
    table.add_row("in all", f"{sum(watch.steps.values()):.1f}", f"{simulated.calls:,} calls", "")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--percent", type=int, default=1000, help="of the demo's calls")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        Console().print(run(Path(home), arguments.percent))


if __name__ == "__main__":
    main()
