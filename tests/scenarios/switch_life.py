"""The life of a switch: what happened on it, boot after boot, and which of it each client was told."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from domain.calendar import Month
from ingest.esl_protocol import decode_event
from ingest.event_journal import read_segment, sealed_segments
from ingest.simulated_calls import SHAPES
from ingest.simulator import (
    Boot,
    Destination,
    SimulatedCustomer,
    SimulatedNumber,
    SimulatedQueue,
    SimulatedWorld,
    SimulationResult,
    days_of,
)
from ingest.template_maker import load_templates
from tests.ingest.faults import cut, duplicated, frame, reordered
from tests.ingest.faulty_switch import Gone, Visitor

RECORDING = Path(__file__).parents[2] / "seeds" / "recorded_calls" / "twenty-two-calls.esl"
SWITCH = "fslab1"
BOOTS = (Month(2026, 10), Month(2026, 11))
DAYS_OF_A_BOOT = 4
HEARTBEAT_EVENTS = 500
DUPLICATED_PERCENT = 5
# What one write to the client holds, and what at most happens while no client is there.
SAID_AT_ONCE = 60
UNHEARD_AT_MOST = 150
SHUT_DOWN = b"The system is being shut down.\n"
IDLE_SECONDS = 0.02
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Leg:
    """A leg as everything about it must agree: the switch's boot, its id, its number on that boot."""

    boot_id: str
    leg_id: str
    session: int


@dataclass(frozen=True)
class Happening:
    """An event of the switch; ``ended`` is the leg whose hang-up it is."""

    body: bytes
    ended: Leg | None = None


def boots(legs: int, seed: int, folder: Path) -> Iterator[list[Happening]]:
    """At least so many legs, half of them on each of two boots, in the order in which they happened."""
    numbers = tuple(SimulatedNumber(f"+3317018100{digit}") for digit in range(8))
    queue = SimulatedQueue("support", numbers[7].number, ("alice", "bob"))
    caller = SimulatedCustomer(
        "acct-1001", "Centre", numbers, legs // 8, (Destination("+3363998", 4, 1),), queues=(queue,)
    )
    world = SimulatedWorld((caller,), RECORDING, SWITCH)
    templates = load_templates(RECORDING, SHAPES, lean=True)
    for month in BOOTS:
        result, journal = SimulationResult(), folder / str(month)
        with closing(Boot(world, month, seed, templates, journal, result)) as boot:
            for date in days_of(month):
                boot.simulate_day(date)
                if result.legs >= legs // len(BOOTS):
                    break
            boot._write(boot.end)  # who is on the phone at the end of the last day hangs up too
        yield list(happenings(journal))


def happenings(journal: Path) -> Iterator[Happening]:
    """The events of one boot, with the heartbeats a switch sends among them, first and last."""
    sessions, up = 0, set[str]()
    for place, record in enumerate(record for s in sealed_segments(journal) for record in read_segment(s).records):
        event = decode_event(record.kind, record.body)
        if place % HEARTBEAT_EVENTS == 0:
            yield Happening(heartbeat(event, sessions, len(up)))
        session = int(str(event.get("variable_session_id", 0)))
        sessions = max(sessions, session)
        ended = None
        if event["Event-Name"] == "CHANNEL_CREATE":
            up.add(str(event["Unique-ID"]))
        elif event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":
            ended = Leg(str(event["Core-UUID"]), str(event["Unique-ID"]), session)
            up.discard(ended.leg_id)
        yield Happening(record.body, ended)
    assert not up, f"{len(up)} legs never hang up"
    yield Happening(heartbeat(event, sessions, 0))


def heartbeat(event: dict[str, str | list[str]], sessions: int, up: int) -> bytes:
    """What the switch says every 20 s, as it would beside that event."""
    kept = ("Core-UUID", "FreeSWITCH-Switchname", "FreeSWITCH-Hostname", "Event-Date-Timestamp")
    said = {name: event[name] for name in kept if name in event}
    counts = {"Session-Since-Startup": str(sessions), "Session-Count": str(up)}
    return orjson.dumps({"Event-Name": "HEARTBEAT", **said, **counts})


class Life:
    """A visit of ``FaultySwitch``, to be had again and again: the switch goes on from where it was.

    Events that happen while no client listens reach nobody. ``cuts`` times the connection breaks inside an
    event. At the end of a boot the switch idles until ``end_boot``, says how many legs it had, and shuts down.
    """

    def __init__(self, boots: Sequence[Sequence[Happening]], seed: int, cuts: int) -> None:
        self.rng = random.Random(seed)
        self.final_heartbeats = [boot[-1] for boot in boots]
        self.boots = [reordered(self.rng, duplicated(self.rng, boot, DUPLICATED_PERCENT)) for boot in boots]
        self.cuts = [sorted(self.rng.sample(range(len(boot)), cuts // len(boots)), reverse=True) for boot in boots]
        self.visits: list[list[Happening]] = []  # what was said to each client, whether or not it took it
        self.ended = threading.Event()
        self._boot = self._at = self._may_end = 0
        self._progress = threading.Condition()

    def __call__(self, visitor: Visitor) -> None:
        visitor.greet()
        said: list[Happening] = []
        self.visits.append(said)
        try:
            self._tell(visitor, said)
        except Gone:
            self._happen(self.rng.randrange(UNHEARD_AT_MOST))
            raise
        if self._boot < len(self.boots) - 1:
            self._boot, self._at = self._boot + 1, 0
            visitor.notice(SHUT_DOWN)
        else:
            self.ended.set()
            visitor.hold()

    def _tell(self, visitor: Visitor, said: list[Happening]) -> None:
        while events := self._happen(self.rng.randrange(1, SAID_AT_ONCE)):
            said += events
            visitor.say(b"".join(frame(event.body) for event in events))
            self._cut_if_due(visitor)
        while self._may_end <= self._boot:
            visitor.idle(IDLE_SECONDS)
        said.append(self.final_heartbeats[self._boot])
        visitor.say(frame(said[-1].body))

    def _cut_if_due(self, visitor: Visitor) -> None:
        cuts = self.cuts[self._boot]
        if not cuts or self._at < cuts[-1]:
            return
        cuts.pop()
        for event in self._happen(1):
            visitor.say(cut(self.rng, frame(event.body)))
        visitor.reset()

    def _happen(self, count: int) -> list[Happening]:
        """The next events, no more than this boot still has."""
        events = self.boots[self._boot][self._at : self._at + count]
        with self._progress:
            self._at += len(events)
            self._progress.notify_all()
        return events

    def wait_until(self, boot: int, happened: int) -> None:
        """Until so much has happened on that boot."""
        with self._progress:
            so_far = self._progress.wait_for(lambda: (self._boot, self._at) >= (boot, happened), PATIENCE_SECONDS)
        assert so_far, "nobody listens to the switch"

    def end_boot(self) -> None:
        """Let the switch shut down once all of its boot has happened."""
        self._may_end += 1
