"""``seconde watch``: what goes on now, for supervisors, from the journal the listener is writing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from typing import Annotated

import orjson
import typer
from rich.live import Live
from rich.table import Table

from domain.errors import BadInput, PermanentError
from domain.live_calls import LiveCalls
from ingest.esl_event import decode_event
from ingest.journal_segment import Record
from ingest.journal_tail import JournalTail
from orchestration.clock import now
from orchestration.commands.console import stdout
from orchestration.settings import load_settings

REFRESH_SECONDS = 1.0

Switches = dict[str, LiveCalls]


def watch(
    once: Annotated[bool, typer.Option("--once", help="Print what goes on now and end")] = False,
) -> None:
    """Show calls in progress, members waiting and agents, for each customer; Ctrl-C ends it."""
    folder = load_settings().home / "journal"
    if not folder.is_dir():
        raise PermanentError(f"there is no journal in {folder}; start `seconde listen`, or set SECONDE_HOME")
    switches: Switches = {}
    with closing(JournalTail(folder)) as tail:
        follow(switches, tail.read_new())
        if once:
            stdout().print(picture(switches))
            return
        keep_showing(switches, tail)


def keep_showing(switches: Switches, tail: JournalTail) -> None:
    with Live(picture(switches), console=stdout(), auto_refresh=False, screen=stdout().is_terminal) as live:
        try:
            while True:
                time.sleep(REFRESH_SECONDS)
                follow(switches, tail.read_new())
                live.update(picture(switches), refresh=True)
        except KeyboardInterrupt:
            live.stop()


def follow(switches: Switches, records: Iterable[tuple[str, Record]]) -> None:
    """Fold records into their switches; what cannot be read is landing's to report, not a supervisor's.

    The switch's own CDR files, the second source, say nothing of what goes on now: calls that ended long ago.
    """
    for name, record in records:
        if record.kind == "cdr":
            continue
        calls = switches.setdefault(name, LiveCalls())
        if record.kind == "note":
            said = orjson.loads(record.body)
            if said.get("note") == "channels" and "rows" in said:
                calls.list_channels(said["rows"], record.received_us)
            continue
        try:
            event = decode_event(record.kind, record.body)
        except BadInput:
            continue
        calls.apply(event)


def picture(switches: Switches) -> Table:
    """The table: a line for each customer of each switch, and their sum."""
    table = Table(title=f"Now, {now():%Y-%m-%d %H:%M:%S} UTC", title_justify="left", header_style="bold")
    for heading in ("customer", "switch"):
        table.add_column(heading)
    for heading in ("ringing", "talking", "waiting", "longest wait"):
        table.add_column(heading, justify="right")
    table.add_column("agents")
    sums = [0, 0, 0]
    for name, calls in sorted(switches.items()):
        for load in calls.loads():
            figures = [load.ringing, load.talking, load.waiting]
            sums = [before + more for before, more in zip(sums, figures, strict=True)]
            wait = f"{load.longest_wait_seconds} s" if load.waiting else ""
            agents = ", ".join(f"{count} {state}" for state, count in sorted(load.agents.items()))
            table.add_row(load.customer, name, *map(str, figures), wait, agents)
    table.add_section()
    table.add_row("all", "", *map(str, sums), "", "")
    return table
