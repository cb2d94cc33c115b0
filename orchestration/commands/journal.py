"""``seconde listen`` and ``seconde replay``: a switch's words, live or recorded, into the journal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from ingest.esl_listener import Heard, stopped_by_signals
from ingest.replay import Recording
from orchestration.commands.console import stderr
from orchestration.listening import listen_to_recordings, make_listener
from orchestration.settings import Settings, load_settings


def listen() -> None:
    """Listen to the switch and journal every event, until SIGTERM or Ctrl-C seals the segment."""
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    listener = make_listener(settings)
    stderr().print(f"listening to {settings.esl_host}:{settings.esl_port}, journal in {settings.home / 'journal'}")
    with stopped_by_signals(listener):
        print_heard(settings, listener.run())


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
