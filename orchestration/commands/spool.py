"""``seconde spool``: the switch's own CDR files into the journal, beside what the event socket said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.esl_listener import stopped_by_signals
from orchestration.commands.console import stderr
from orchestration.logs import configure_logs
from orchestration.settings import load_settings
from orchestration.spooling import follow_spools, open_spools


def spool(
    folder: Annotated[
        Path | None, typer.Argument(help="log-dir of json_cdr.conf.xml; default SECONDE_CDR_SPOOL")
    ] = None,
    switch: Annotated[str | None, typer.Option(help="Of this switch alone; default all of SECONDE_SWITCHES")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until SIGTERM or Ctrl-C")] = False,
) -> None:
    """Journal the switch's CDR files, then move them to the archive beside the spool."""
    settings = load_settings(cdr_spool=folder)
    if not settings.switches and switch is not None:
        settings = load_settings(cdr_spool=folder, switch_name=switch)
    configure_logs(settings.log_format, settings.log_level)
    with open_spools(settings, switch) as sources:
        if follow:
            for source in sources:
                stderr().print(f"taking CDR files from {source.settings.folder}, archive in {source.settings.archive}")
            with stopped_by_signals(*sources):
                taken = follow_spools(sources)
        else:
            taken = [source.take() for source in sources]
    files = sum(one.files for one in taken)
    stderr().print(f"{files} CDR files journalled and archived; `seconde land` makes call records of them")
    if waiting := sum(one.waiting for one in taken):
        overdue = sum(len(one.overdue) for one in taken)
        unreadable = sum(len(one.unreadable) for one in taken)
        stderr().print(
            f"{waiting} are half written or unreadable ({unreadable}) and wait, {overdue} of them for too long"
        )
