"""From the ledger to a running switch: rendered, checked as FreeSWITCH would read it, put in place, loaded, proved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.ledger.store import Ledger
from adapters.switch_configuration import Configuration, render_configuration
from adapters.switch_passwords import make_passwords
from adapters.switch_preprocessor import configuration_problems
from adapters.switch_release import LOCAL, Change, SwitchFolder, changes
from adapters.switch_reload import PROFILE, by_hand, reload_commands, running
from domain.errors import BadInput, PermanentError, TransientError
from ingest.esl_commands import EslCommands, connected
from orchestration.settings import Settings

# Global variables of the switch: the release it read last (freeswitch.xml sets it), and the last one it was told
# everything about. They differ when an apply was cut short; the next one then tells it again.
READ = "seconde_release"
APPLIED = "seconde_applied"


@dataclass(frozen=True)
class Rendered:
    """What was written: the release, what is new in it, and what FreeSWITCH would miss if it read it now."""

    release: str
    changes: list[Change]
    problems: list[str]


@dataclass(frozen=True)
class Applied:
    """What a switch runs: the release, what is new in it, what it was told, what is left to a person."""

    release: str
    changes: list[Change]
    commands: list[str]
    by_hand: list[str]
    switch: str = ""


def render(settings: Settings, folder: Path, on: dt.date) -> Rendered:
    """Write the configuration of a day. The switch reads it when it starts, or is told to.

    Raises:
        BadInput: the ledger contradicts itself, or the folder holds somebody else's configuration.
    """
    configuration = render_configuration(Ledger(settings.ledger), on)
    switch_folder = SwitchFolder(folder)
    with switch_folder.locked():
        before = switch_folder.current
        found = changes(switch_folder.files(before) if before else {}, configuration.files)
        switch_folder.stage(configuration)
        switch_folder.switch_to(configuration)
        return Rendered(configuration.release, found, configuration_problems(folder, configuration.root))


def passwords(settings: Settings, folder: Path, on: dt.date) -> list[str]:
    """Give a random password to each telephone of a day that has none; returns their names."""
    configuration = render_configuration(Ledger(settings.ledger), on)
    with SwitchFolder(folder).locked():
        return make_passwords(folder, configuration.accounts)


def apply(settings: Settings, folder: Path, on: dt.date) -> list[Applied]:
    """Write the configuration of a day and make every switch run it. Doing it again changes nothing.

    A switch that is away or refuses does not keep the others from it; its error is raised after them.

    Raises:
        BadInput: as ``render``; or a password, a variable or a file is missing: then nothing is put in place.
        TransientError: no switch answers; the configuration is in place for its next start.
        PermanentError: the switch refuses the password or the configuration, or reads another folder.
    """
    configuration = render_configuration(Ledger(settings.ledger), on)
    switch_folder = SwitchFolder(folder)
    with switch_folder.locked():
        switch_folder.stage(configuration)
        if problems := configuration_problems(folder, configuration.root):
            listed = "".join(f"\n  {problem}" for problem in problems)
            raise BadInput(
                f"FreeSWITCH would read this configuration wrongly, so it goes on with the one it has; what is missing "
                f"is defined in {folder / LOCAL}:{listed}"
            )
        switch_folder.switch_to(configuration)
        return load_all(settings, switch_folder, configuration)


def load_all(settings: Settings, folder: SwitchFolder, configuration: Configuration) -> list[Applied]:
    """Make each switch of the settings read the release; the first error, once all were asked."""
    applied: list[Applied] = []
    failed: list[PermanentError | TransientError] = []
    for switch in settings.all_switches:
        try:
            with connected(switch.host, switch.port, settings.event_socket_password(switch)) as commands:
                applied.append(replace(load(commands, folder, configuration), switch=switch.name))
        except (PermanentError, TransientError) as error:
            failed.append(error)
    if not failed:
        return applied
    if len(settings.all_switches) == 1:
        raise failed[0]
    listed = "; ".join(map(str, failed))
    runs = ", ".join(one.switch for one in applied) or "none"
    raise type(failed[0])(f"release {configuration.release} is not on every switch (on {runs}): {listed}") from failed[
        0
    ]


def load(switch: EslCommands, folder: SwitchFolder, configuration: Configuration) -> Applied:
    """Make a switch read the release in place, bring its modules to it, and prove that it did."""
    applied = switch.api(f"global_getvar {APPLIED}") or switch.api(f"global_getvar {READ}")
    if applied:
        # Said before the switch reads: should we be cut short, the next apply starts from here again.
        switch.run(f"global_setvar {APPLIED}={applied}")
    switch.run("reloadxml")
    if switch.api(f"global_getvar {READ}") != configuration.release:
        raise PermanentError(
            f"the FreeSWITCH at {switch.address} reads {switch.api('global_getvar conf_dir')}, not {folder.folder}; "
            "name that folder with --out, or start it with -conf"
        )
    found = changes(folder.files(applied) if applied else {}, configuration.files)
    profile = f"sofia profile {PROFILE} gwlist"
    now = running(
        f"{switch.api(f'{profile} up')} {switch.api(f'{profile} down')}",
        *(switch.run(f"callcenter_config {kind} list") for kind in ("queue", "agent", "tier")),
    )
    commands = reload_commands(found, configuration.files, now)
    for command in commands:
        switch.run(command)
    switch.run(f"global_setvar {APPLIED}={configuration.release}")
    return Applied(configuration.release, found, commands, [*missing_folders(switch), *by_hand(found)])


def missing_folders(switch: EslCommands) -> list[str]:
    """The command that makes the folder of call records, when the switch would lose them in silence.

    The switch is asked, not this machine's disk: it may be another's, behind a tunnel that ends here.
    """
    folder = switch.api("global_getvar cdr_dir")
    is_there = switch.api(f"file_exists {folder}") == "true"
    return [] if is_there else [f"install -d -o freeswitch {folder}"]
