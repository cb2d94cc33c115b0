"""What happens on a switch: simulated calls on two boots, every event in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
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

RECORDING = Path(__file__).parents[2] / "seeds" / "recorded_calls" / "twenty-two-calls.esl"
SWITCH = "fslab1"
BOOTS = (Month(2026, 10), Month(2026, 11))
DAYS_OF_A_BOOT = 4
HEARTBEAT_EVENTS = 500


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
