"""Two boots of a switch, and a listener that is killed and cut off again and again: what is left of it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from assets.cdr.completeness import write_completeness
from ingest.event_journal import EventJournal, read_segment, sealed_segments
from ingest.json_cdr_spool import JsonCdrSpool, SpoolSettings
from tests.assets.cdr.lab import Lab
from tests.ingest.faulty_switch import FaultySwitch
from tests.scenarios.switch_boots import SWITCH, Happening, Leg, boots
from tests.scenarios.switch_life import Life

REPOSITORY = Path(__file__).parents[2]
LISTENER = REPOSITORY / "tests" / "ingest" / "listen_process.py"


@dataclass(frozen=True)
class Chaos:
    """What happened on the switch, what each listener was told, and the installation where it ended up."""

    legs: frozenset[Leg]
    visits: list[list[Happening]]
    lab: Lab
    spool: Path

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

    def take_files(self, withheld: Collection[Leg] = ()) -> None:
        """Journal the switch's CDR files but those of some legs, which stay in the spool."""
        aside = self.spool.with_name("withheld")
        aside.mkdir()
        for leg in withheld:
            (self.spool / f"{leg.leg_id}.cdr.json").rename(aside / f"{leg.leg_id}.cdr.json")
        settings = SpoolSettings(self.spool, self.spool.with_name("archive"))
        with EventJournal(self.lab.journal, f"{SWITCH}-cdr", clock, 64 << 20, 300) as journal:
            JsonCdrSpool(settings, journal).take()
        for file in aside.iterdir():
            file.rename(self.spool / file.name)
        aside.rmdir()

    def missing(self) -> dict[tuple[str, int], str]:
        """What the completeness table says of each leg it misses, by boot and session number."""
        self.lab.land()
        self.lab.rebuild()
        found = write_completeness(self.lab.warehouse)
        assert sum(boot["expected_legs"] for boot in found.boots) == len(self.legs)
        return {(row["boot_id"], row["session_number"]): row["explanation"] for row in found.missing}

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
    lab, spool = Lab(home), home / "spool"
    spool.mkdir()
    life = Life(lived, seed, cuts, spool)
    rng = random.Random(seed)
    with FaultySwitch([life]) as switch:
        listener = start(switch.port, lab.journal)
        try:
            for number, boot in enumerate(life.boots):
                for moment in sorted(rng.sample(range(len(boot)), kills // len(life.boots))):
                    life.wait_until(number, moment, partial(is_running, listener))
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
    legs_ended = frozenset(event.ended for boot in lived for event in boot if event.ended)
    return Chaos(legs_ended, life.visits, lab, spool)


def is_running(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def clock() -> int:
    return time.time_ns() // 1000


def start(port: int, journal: Path) -> subprocess.Popen[bytes]:
    """A listener in a process of its own."""
    command = [sys.executable, str(LISTENER), str(port), str(journal)]
    return subprocess.Popen(command, env={"PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.DEVNULL)
