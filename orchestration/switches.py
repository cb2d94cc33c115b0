"""The switches an installation listens to, as settings name them: ``fs1=10.0.0.5:8021,fs2=[fd00::2]:8021``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import PermanentError

ENTRY = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)=(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\s\[\]]+)):(?P<port>\d+)"
)


@dataclass(frozen=True)
class Switch:
    """One FreeSWITCH: the name its journal has, and where its event socket listens."""

    name: str
    host: str
    port: int


def parse_switches(text: str) -> tuple[Switch, ...]:
    """The switches of a list ``name=host:port`` separated by commas.

    Raises:
        ValueError: an entry does not read so, a port is none, or a name stands twice.
    """
    switches = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        match = ENTRY.fullmatch(entry)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise ValueError(f"{entry!r} does not read name=host:port")
        switches.append(Switch(match["name"], match["six"] or match["host"], int(match["port"])))
    names = [switch.name for switch in switches]
    if len(set(names)) < len(names):
        raise ValueError(f"a name stands twice in {', '.join(names)}: each switch has a journal of its own")
    return tuple(switches)


def parse_days(text: str) -> dict[str, dt.date]:
    """A day for each switch of a list ``name=YYYY-MM-DD`` separated by commas.

    Raises:
        ValueError: an entry does not read so, or a switch has two.
    """
    days: dict[str, dt.date] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, day = entry.partition("=")
        if not name or name in days:
            raise ValueError(f"{entry!r} names no switch, or one that has a day already")
        try:
            days[name] = dt.date.fromisoformat(day)
        except ValueError:
            raise ValueError(f"{entry!r} does not read name=YYYY-MM-DD") from None
    return days


def switches_named(switches: Sequence[Switch], only: str | None = None) -> list[Switch]:
    """Those a command is for: all, or the one it names.

    Raises:
        PermanentError: no switch has that name.
    """
    named = [switch for switch in switches if only in (None, switch.name)]
    if not named:
        names = ", ".join(switch.name for switch in switches)
        raise PermanentError(f"no switch is called {only!r}; SECONDE_SWITCHES names {names}")
    return named
