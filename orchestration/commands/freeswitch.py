"""``seconde freeswitch``: what the switch runs, brought into the ledger, rendered from it, and loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BadInput
from orchestration.clock import today
from orchestration.commands.console import stderr, stdout
from orchestration.commands.ledger import print_report, set_aside
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from adapters.switch_release import Change

app = typer.Typer(no_args_is_help=True, help="What the switch runs, rendered from the ledger.")

SIGNS = {"+": "[green]+[/]", "-": "[red]-[/]", "~": "[yellow]~[/]"}
# Of a change, as many lines are shown: enough for a suspension, a number, a queue.
SHOWN_LINES = 12
# More files than these are counted: a first release, a new version of Seconde.
SHOWN_FILES = 40


class Kind(StrEnum):
    """What a file to import holds: ``adapters.ledger.switch_imports``."""

    GATEWAYS = "gateways"
    SIP_ACCOUNTS = "sip-accounts"
    QUEUES = "queues"
    QUEUE_AGENTS = "queue-agents"
    QUEUE_TIERS = "queue-tiers"
    VOICE_MENUS = "voice-menus"
    VOICE_MENU_CHOICES = "voice-menu-choices"
    NUMBER_ROUTES = "number-routes"
    CAMPAIGNS = "campaigns"
    SUSPENSIONS = "suspensions"


Out = Annotated[Path, typer.Option("--out", help="FreeSWITCH's configuration folder (its -conf)", file_okay=False)]


@app.command(name="import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="What FILE holds")],
    file: Annotated[Path, typer.Argument(help="CSV; its columns stand in adapters/ledger/switch_imports.py")],
) -> None:
    """Bring accounts, queues, menus, numbers' routes, carriers or suspensions into the ledger."""
    from adapters.ledger.store import Ledger
    from adapters.ledger.switch_imports import import_switch_file

    settings = load_settings()
    try:
        report = import_switch_file(Ledger(settings.ledger), kind.value.replace("-", "_"), file)
    except BadInput as error:
        set_aside(settings, file, str(error))
        raise
    print_report(file.name, report)


@app.command()
def render(out: Out) -> None:
    """Write the whole configuration; the switch reads it when it starts."""
    from orchestration.switch_apply import render as write

    rendered = write(load_settings(), out, today())
    print_changes(rendered.changes)
    console = stderr()
    console.print(f"release {rendered.release} is in place in {out}", highlight=False)
    if rendered.problems:
        console.print(
            f"FreeSWITCH would read it wrongly; what is missing is defined in {out / 'local'}:", style="yellow"
        )
        for problem in rendered.problems:
            console.print(f"  {problem}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def passwords(out: Out) -> None:
    """Give a random password to each telephone that has none."""
    from orchestration.switch_apply import passwords as make

    made = make(load_settings(), out, today())
    stderr().print(f"{len(made)} passwords made in {out / 'local' / 'passwords'}", highlight=False)
    for name in made:
        stdout().print(name, markup=False, highlight=False)


@app.command()
def apply(out: Out) -> None:
    """Write the configuration, make every running switch load it, and say what changed. Ends no call."""
    from orchestration.switch_apply import apply as run

    console = stderr()
    for applied in run(load_settings(), out, today()):
        print_changes(applied.changes)
        for command in applied.commands:
            console.print(f"told {applied.switch}: {command}", markup=False, highlight=False)
        for command in applied.by_hand:
            console.print(f"[yellow]left to you on {applied.switch}, in a quiet hour:[/] {command}", highlight=False)
        console.print(f"{applied.switch} runs release {applied.release}", highlight=False)


def print_changes(changes: Sequence[Change]) -> None:
    """Each file that differs, and its lines when they are few."""
    console = stdout()
    if len(changes) > SHOWN_FILES:
        signs = Counter(change.sign for change in changes)
        console.print(" ".join(f"{SIGNS[sign]} {count} files" for sign, count in signs.items()), highlight=False)
        return
    for change in changes:
        console.print(f"{SIGNS[change.sign]} {change.path}  [dim]+{change.added} -{change.removed}[/]", highlight=False)
        if change.sign == "~" and len(change.lines) <= SHOWN_LINES:
            for line in change.lines:
                console.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)
    if not changes:
        console.print("nothing changed")
