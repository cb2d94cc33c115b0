"""``seconde``: the command line. Parses nothing itself; turns errors into one paragraph and an exit code."""

from __future__ import annotations

import logging
import sys

import typer

from domain.errors import SecondeError
from orchestration.commands import (
    analysis,
    contract,
    credit,
    deliver,
    demo,
    export,
    flow,
    freeswitch,
    journal,
    ledger,
    machine,
    periods,
    quote,
    retention,
    simulation,
    spool,
    verify,
    watch,
)
from orchestration.commands.console import ConsoleHandler, report_error

USAGE = 2
INTERRUPTED = 130


def build_app() -> typer.Typer:
    """Every command, in the order a newcomer needs them."""
    app = typer.Typer(
        name="seconde",
        help="Bills cloud telephony run on FreeSWITCH: from the switch's words to a month's invoices.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.command()(demo.demo)
    app.command()(ledger.init)
    app.command(name="import")(ledger.import_file)
    app.add_typer(contract.app, name="contract")
    app.command()(journal.listen)
    app.command()(spool.spool)
    app.command()(watch.watch)
    app.command()(journal.replay)
    app.command()(simulation.simulate)
    app.command()(flow.land)
    app.command()(periods.freeze)
    app.command()(periods.unfreeze)
    app.command()(flow.close)
    app.command()(periods.override)
    app.command()(periods.audit)
    app.command()(flow.rerate)
    app.command()(credit.credit)
    app.command()(deliver.deliver)
    app.add_typer(export.app, name="export")
    app.command()(verify.verify)
    app.command()(retention.retention)
    app.command()(analysis.sql)
    app.command()(quote.quote)
    app.add_typer(freeswitch.app, name="freeswitch")
    app.command()(machine.ui)
    app.command()(machine.doctor)
    return app


def main() -> None:
    """Run ``seconde``; exit codes: 0 done, 2 usage, 3 bad input, 4 refused, 5 not now."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[ConsoleHandler()])
    try:
        build_app()()
    except SecondeError as error:
        sys.exit(report_error(error))
