"""``seconde listen`` and ``seconde replay``: a switch's words, live or recorded, into the journal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from ingest.esl_listener import Heard, stopped_by_signals
from ingest.replay import Recording
from orchestration.commands.console import stderr
from orchestration.listening import listen_to_recordings, make_listeners, run_listeners
from orchestration.logs import configure_logs
from orchestration.monitoring import monitored
from orchestration.settings import Settings, load_settings

log = logging.getLogger(__name__)


def listen(
    switch: Annotated[str | None, typer.Option(help="One of SECONDE_SWITCHES; default: all of them")] = None,
) -> None:
    """Listen to the switches and journal every event, until SIGTERM or Ctrl-C seals the segments."""
    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)
    listeners = make_listeners(settings, switch)
    for listener in listeners:
        log.info("%s at %s, journal in %s", listener.settings.switch, listener.settings.address, settings.home)
    with stopped_by_signals(*listeners), monitored(settings.monitor_host, settings.monitor_port, listeners):
        for heard in run_listeners(listeners):
            print_heard(settings, heard)


def replay(
    file: Annotated[Path, typer.Argument(help="What a FreeSWITCH sent to an event socket client, byte for byte")],
    switch: Annotated[str, typer.Option(help="The switch's name in segment names")] = "replay",
    recorded_pace: Annotated[bool, typer.Option("--recorded-pace", help="Needs the .idx file beside FILE")] = False,
) -> None:
    """Play recorded bytes through the real listener on loopback, into the journal."""
    settings = load_settings()
    recording = Recording.load(file)
    for heard in listen_to_recordings(settings, [recording], switch=switch, at_recorded_pace=recorded_pace):
        print_heard(settings, heard)


def print_heard(settings: Settings, heard: Heard) -> None:
    journal = settings.home / "journal"
    stderr().print(f"{heard.events} events journalled in {journal}; `seconde land` makes call records of them")
    if heard.damage:
        stderr().print(f"{heard.damage} pieces of the stream could not be read; the journal's notes say where and why")
