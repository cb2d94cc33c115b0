"""What must be told to a FreeSWITCH besides ``reloadxml``, so that it runs the release it has just read.

Dialplan, directory and menus are looked up at each call. The access list, gateways, queues and agents are kept in
memory, agents and tiers in a database that also outlives FreeSWITCH; profiles and modules read their settings once.
So the commands are worked out from what changed and from what FreeSWITCH says it has: told twice, or after a break in
the middle, they lead to the same state. None of them ends a call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from adapters.switch_release import Change
from domain.errors import PermanentError

QUEUES, AGENTS, TIERS = "callcenter/queues/", "callcenter/agents/", "callcenter/tiers/"
GATEWAYS = "gateways/"
ACCESS_LIST = "autoload_configs/acl.conf.xml"
PROFILE = "external"
# What a person has to choose the moment for: it ends calls, or drops registrations or events.
BY_HAND = {
    "autoload_configs/console.conf.xml": "reload mod_console",
    "autoload_configs/event_socket.conf.xml": "reload mod_event_socket",
    "autoload_configs/hash.conf.xml": "reload mod_hash",
    "autoload_configs/json_cdr.conf.xml": "reload mod_json_cdr",
    "autoload_configs/logfile.conf.xml": "reload mod_logfile",
    "autoload_configs/modules.conf.xml": "fsctl shutdown restart elegant",
    "autoload_configs/sofia.conf.xml": "reload mod_sofia",
    "autoload_configs/switch.conf.xml": "fsctl shutdown restart elegant",
    "sip_profiles/external.xml": "sofia profile external restart",
    "sip_profiles/internal.xml": "sofia profile internal restart",
    "vars.xml": "fsctl shutdown restart elegant",
}

Tier = tuple[str, str]


@dataclass(frozen=True)
class Running:
    """What a FreeSWITCH has in memory. ``tiers``: level and position of each (queue, agent)."""

    gateways: frozenset[str]
    queues: frozenset[str]
    agents: frozenset[str]
    tiers: Mapping[Tier, Tier]


def rows(answer: str) -> list[dict[str, str]]:
    """A ``callcenter_config ... list`` answer: a line of names, rows, ``+OK``."""
    lines = [line for line in answer.splitlines() if "|" in line]
    names = lines[0].split("|") if lines else []
    return [dict(zip(names, line.split("|"), strict=False)) for line in lines[1:]]


def running(gateways: str, queues: str, agents: str, tiers: str) -> Running:
    """What four answers of FreeSWITCH say: ``gwlist`` (up and down), and the three lists of ``callcenter_config``.

    Raises:
        PermanentError: the profile of the carriers did not start.
    """
    if "Invalid Profile" in gateways:
        raise PermanentError(f"SIP profile {PROFILE!r} is not running; its reason is in freeswitch.log (port taken?)")
    return Running(
        frozenset(gateways.split()),
        frozenset(row["name"] for row in rows(queues)),
        frozenset(row["name"] for row in rows(agents)),
        {(row["queue"], row["agent"]): (row["level"], row["position"]) for row in rows(tiers)},
    )


def reload_commands(changes: Collection[Change], files: Mapping[str, str], now: Running) -> list[str]:
    """The commands, in order, after FreeSWITCH has read ``files``, of which ``changes`` are new to it."""
    changed = {change.path for change in changes}
    return [
        *(["reloadacl"] if ACCESS_LIST in changed else []),
        *_gateways(changed, files, now),
        *_queues(changed, files, now),
    ]


def by_hand(changes: Collection[Change]) -> list[str]:
    """The commands left to a person, for what FreeSWITCH reads once."""
    return sorted({BY_HAND[change.path] for change in changes if change.sign == "~" and change.path in BY_HAND})


def _gateways(changed: Collection[str], files: Mapping[str, str], now: Running) -> Iterator[str]:
    wanted = _names(files, GATEWAYS)
    # A gateway that is there is not read again: it has to go first. Calls through it go on.
    stale = {name for name in now.gateways if name not in wanted or f"{GATEWAYS}{name}.xml" in changed}
    yield from (f"sofia profile {PROFILE} killgw {name}" for name in sorted(stale))
    if stale & wanted or wanted - now.gateways:
        yield f"sofia profile {PROFILE} rescan"


def _queues(changed: Collection[str], files: Mapping[str, str], now: Running) -> Iterator[str]:
    queues, agents, tiers = _names(files, QUEUES), _names(files, AGENTS), _tiers(files)
    for queue, agent in sorted(now.tiers.keys() - tiers.keys()):
        yield f"callcenter_config tier del {queue} {agent}"
    for agent in sorted(now.agents - agents):
        yield f"callcenter_config agent del {agent}"
    for queue in sorted(now.queues - queues):
        yield f"callcenter_config queue unload {queue}"
    for queue in sorted(queues):
        # Told to read a queue again that it does not have, FreeSWITCH logs an error before it loads it.
        verb = "reload" if queue in now.queues else "load"
        if verb == "load" or f"{QUEUES}{queue}.xml" in changed:
            yield f"callcenter_config queue {verb} {queue}"
    for agent in sorted(agents):
        if agent not in now.agents or f"{AGENTS}{agent}.xml" in changed:
            yield f"callcenter_config agent reload {agent}"
    for (queue, agent), order in sorted(tiers.items()):
        if now.tiers.get((queue, agent)) != order:
            yield f"callcenter_config tier reload {queue} {agent}"


def _names(files: Mapping[str, str], folder: str) -> set[str]:
    return {path.removeprefix(folder).removesuffix(".xml") for path in files if path.startswith(folder)}


def _tiers(files: Mapping[str, str]) -> dict[Tier, Tier]:
    """The tiers of the files, rendered by us a moment ago."""
    trees = [ET.fromstring(text) for path, text in files.items() if path.startswith(TIERS)]  # noqa: S314
    found = [tier.attrib for tree in trees for tier in tree.iter("tier")]
    return {(tier["queue"], tier["agent"]): (tier["level"], tier["position"]) for tier in found}
