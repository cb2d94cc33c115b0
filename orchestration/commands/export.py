"""``seconde export``: what leaves the platform for the accountant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.money import format_cents
from orchestration.commands.console import stderr
from orchestration.commands.flow import parse_date
from orchestration.settings import load_settings

app = typer.Typer(help="Files for the accountant.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """Files for the accountant."""


@app.command()
def fec(
    year: Annotated[int, typer.Argument(help="The accounting year, by the year it ends in", min=2000, max=2999)],
    out: Annotated[Path, typer.Option(help="The folder the file is written to")],
    until: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the last day exported; default the year's")] = None,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Even when a month that ended by then is not closed")
    ] = False,
) -> None:
    """Write the fichier des écritures comptables (FEC) of sales and receipts. Writing it again changes no byte."""
    from adapters.chart_file import read_chart
    from adapters.fec_file import export_fec
    from adapters.ledger.store import Ledger

    settings = load_settings()
    chart = read_chart(settings.chart_of_accounts)
    report = export_fec(
        Ledger(settings.ledger), chart, year, out, until=parse_date(until), provisional=provisional
    )  # fmt: skip
    say = stderr()
    if report.open_months:
        say.print(f"[yellow]provisional[/]: {', '.join(report.open_months)} not closed", highlight=False)
    if report.suspense_references:
        say.print(
            f"{len(report.suspense_references)} payments nobody could place,"
            f" {format_cents(report.suspense_cents)}, stand on the suspense account: "
            f"{', '.join(report.suspense_references)}",
            highlight=False,
            markup=False,
        )
    state = "written" if report.is_changed else "as it was"
    total = format_cents(report.debit_cents)
    say.print(
        f"{report.path}: {report.entries} entries, {total} on each side, {state}", highlight=False, soft_wrap=True
    )
