"""``seconde simulate``: months of calls of the ledger's customers, into the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.calendar import Month
from orchestration.commands.console import print_rows, progress, stderr
from orchestration.settings import load_settings


def simulate(
    months: Annotated[list[str], typer.Argument(help="YYYY-MM, one or more")],
    seed: Annotated[int, typer.Option(help="The same seed, world and months give the same bytes")] = 1,
    percent: Annotated[int, typer.Option(min=1, help="Scales everybody's calls: 1000 is ten times as many")] = 100,
    customer: Annotated[list[str] | None, typer.Option(help="Only this customer; may be repeated")] = None,
    switch: Annotated[str, typer.Option(help="The simulated switch's name")] = "fssim1",
) -> None:
    """Write the journal a switch would have left for the ledger's customers."""
    from adapters.ledger.store import Ledger
    from ingest.simulator import simulate as simulate_months
    from orchestration.simulation import simulated_world

    settings = load_settings()
    chosen = [Month.parse(month) for month in months]
    world = simulated_world(Ledger(settings.ledger), switch=switch, percent=percent, only=customer or ())
    with progress() as bar:
        task = bar.add_task(f"simulating {', '.join(months)}", total=None)
        result = simulate_months(
            world,
            chosen,
            settings.home / "journal",
            seed,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    print_rows(["kind of call", "calls"], result.shapes.most_common(), as_csv=False)
    stderr().print(f"{result.calls} calls, {result.legs} legs, {result.events} events in {result.segments} segments")
