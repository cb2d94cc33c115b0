"""``seconde spool``: the switch's own CDR files into the journal, beside what the event socket said."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from ingest.esl_listener import stopped_by_signals
from orchestration.commands.console import stderr
from orchestration.settings import load_settings
from orchestration.spooling import open_spool


def spool(
    folder: Annotated[
        Path | None, typer.Argument(help="log-dir of json_cdr.conf.xml; default SECONDE_CDR_SPOOL")
    ] = None,
    switch: Annotated[str | None, typer.Option(help="The switch's name; default SECONDE_SWITCH_NAME")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until SIGTERM or Ctrl-C")] = False,
) -> None:
    """Journal the switch's CDR files, then move them to the archive beside the spool."""
    settings = load_settings(cdr_spool=folder, switch_name=switch)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with open_spool(settings) as source:
        if follow:
            stderr().print(f"taking CDR files from {source.settings.folder}, archive in {source.settings.archive}")
            with stopped_by_signals(source):
                taken = source.follow()
        else:
            taken = source.take()
    stderr().print(f"{taken.files} CDR files journalled and archived; `seconde land` makes call records of them")
    if taken.waiting:
        stderr().print(f"{taken.waiting} are half written and wait, {len(taken.overdue)} of them for too long")
