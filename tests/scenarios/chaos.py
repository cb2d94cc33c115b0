"""Kill the listener of a switch's two boots again and again, then land what is left: nothing lost, nothing double.

``python -m tests.scenarios.chaos [--legs 100000] [--kills 50] [--seed 1]`` is the full one (``make chaos``).
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from ingest.event_journal import read_segment, sealed_segments
from tests.assets.cdr.lab import Lab
from tests.ingest.faulty_switch import FaultySwitch
from tests.scenarios.switch_life import Happening, Leg, Life, boots

REPOSITORY = Path(__file__).parents[2]
LISTENER = REPOSITORY / "tests" / "ingest" / "listen_process.py"


@dataclass(frozen=True)
class Chaos:
    """What happened on the switch, what each listener was told, and the installation where it ended up."""

    legs: frozenset[Leg]
    visits: list[list[Happening]]
    lab: Lab

    def heard(self) -> list[list[Happening]]:
        """What of each visit is in the journal: its beginning, with nothing missing and nothing added.

        What a killed listener had not written is lost to it; the last one was told to stop and has it all.
        """
        taken = iter(journalled_visits(self.lab.journal))
        heard, bodies = [], next(taken, None)
        for visit in self.visits:
            said = [event.body for event in visit]
            if bodies is not None and bodies == said[: len(bodies)]:
                heard.append(visit[: len(bodies)])
                bodies = next(taken, None)
            else:
                heard.append([])
        assert bodies is None, "the journal holds what no visit said in that order"
        assert len(heard[-1]) == len(self.visits[-1]), "the listener that was told to stop left something behind"
        return heard

    def landed(self) -> list[Leg]:
        """The call records there are, by leg."""
        return [Leg(row["boot_id"], row["leg_id"], row["session_number"]) for row in self.lab.records()]


def journalled_visits(journal: Path) -> Iterator[list[bytes]]:
    """The events in the journal between one connection and the next; connections without an event left out."""
    bodies: list[bytes] = []
    for segment in sealed_segments(journal):
        reading = read_segment(segment)
        assert reading.damage == [], f"{segment.name} is damaged"
        for record in reading.records:
            if record.kind != "note":
                bodies.append(record.body)
            elif bodies and orjson.loads(record.body)["note"] == "connected":
                yield bodies
                bodies = []
    if bodies:
        yield bodies


def run(legs: int, kills: int, cuts: int, seed: int, home: Path) -> Chaos:
    """The two boots of a switch, heard by listeners that are killed ``kills`` times in all.

    The connection breaks ``cuts`` times more.
    """
    lived = list(boots(legs, seed, home / "simulated"))
    life = Life(lived, seed, cuts)
    lab = Lab(home)
    rng = random.Random(seed)
    with FaultySwitch([life]) as switch:
        listener = start(switch.port, lab.journal)
        try:
            for number, boot in enumerate(life.boots):
                for moment in sorted(rng.sample(range(len(boot)), kills // len(life.boots))):
                    life.wait_until(number, moment)
                    listener.kill()
                    listener.wait()
                    listener = start(switch.port, lab.journal)
                life.end_boot()
            assert life.ended.wait(120), "the switch was never heard to its end"
            listener.send_signal(signal.SIGTERM)
            assert listener.wait(60) == 0
        finally:
            listener.kill()
            listener.wait()
    return Chaos(frozenset(event.ended for boot in lived for event in boot if event.ended), life.visits, lab)


def start(port: int, journal: Path) -> subprocess.Popen[bytes]:
    """A listener in a process of its own."""
    command = [sys.executable, str(LISTENER), str(port), str(journal)]
    return subprocess.Popen(command, env={"PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.DEVNULL)
