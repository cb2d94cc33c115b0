"""Writes the journal a switch would have left: seeded, so the same world and seed give the same bytes.

Calls are recorded ones happening again (``call_template``) to the customers of a ``SimulatedWorld``, on
their working days and hours. A month is one boot of the switch and is drawn on its own: October
simulated alone is the October of the whole year. A segment is a local day.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from domain.calendar import Month, local_date, midnight_utc
from domain.errors import PermanentError
from ingest.call_template import CallTemplate, CallValues, Instant
from ingest.event_journal import EventJournal, sealed_segments
from ingest.simulated_calls import SHAPES, Caller, PlannedCall
from ingest.simulated_world import (
    HOUR_WEIGHTS,
    Destination,
    Forward,
    SimulatedCustomer,
    SimulatedNumber,
    SimulatedQueue,
    SimulatedWorld,
    callers,
    calls_of_day,
    contacts,
)
from ingest.template_maker import TICK_MICROS, load_templates

__all__ = [
    "Destination",
    "Forward",
    "SimulatedCustomer",
    "SimulatedNumber",
    "SimulatedQueue",
    "SimulatedWorld",
    "SimulationResult",
    "simulate",
]

HOUR_MICROS = 3_600_000_000
DAY_SECONDS = 90_000  # a local day has 25 hours once a year
SEGMENT_BYTES = 64 << 20
# How long after the switch made an event the listener would have had it.
DELIVERY_MICROS = 1_500
# The root leg is answered 0 to 3 ticks after the far end; the legs' durations then differ as measured, in 71 %.
ANSWER_LAG_WEIGHTS = (29, 40, 21, 10)


@dataclass
class SimulationResult:
    """What was written. ``shapes``: calls by kind (outgoing_busy, queue_answered, forwarded, ...)."""

    calls: int = 0
    legs: int = 0
    events: int = 0
    segments: int = 0
    shapes: Counter[str] = field(default_factory=Counter)


Progress = Callable[[int, int], None]


def simulate(
    world: SimulatedWorld,
    months: Sequence[Month],
    journal: Path,
    seed: int,
    progress: Progress | None = None,
) -> SimulationResult:
    """Write the months' segments of ``world.switch`` into the folder ``journal``.

    ``progress`` is told (days done, days in all).

    Raises:
        PermanentError: the folder already has segments of that switch in one of the months, or the
            recording lacks a call the simulation needs.
    """
    check_free(journal, world.switch, months)
    templates = load_templates(world.recording, SHAPES, lean=world.lean)
    result = SimulationResult()
    total, done = sum(month.days for month in months), 0
    for month in months:
        with closing(Boot(world, month, seed, templates, journal, result)) as boot:
            for date in days_of(month):
                boot.simulate_day(date)
                done += 1
                if progress is not None:
                    progress(done, total)
    return result


def check_free(journal: Path, switch: str, months: Sequence[Month]) -> None:
    for segment in sealed_segments(journal):
        if segment.switch == switch and segment.opened_at and Month.of(local_date(segment.opened_at)) in months:
            raise PermanentError(
                f"{segment.path} is there already: {switch} would have two pasts; "
                "choose another switch name, or take its segments away first"
            )


def days_of(month: Month) -> list[dt.date]:
    return [month.first_date + dt.timedelta(days=day) for day in range(month.days)]


def epoch_micros(instant: dt.datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


class Boot:
    """The switch from the first of a month to its end: one Core-UUID, one count of legs."""

    def __init__(
        self,
        world: SimulatedWorld,
        month: Month,
        seed: int,
        templates: Mapping[str, CallTemplate],
        journal: Path,
        result: SimulationResult,
    ) -> None:
        # Reproducible, not secret: that is what random.Random is for.
        self.rng = random.Random(f"{seed} {world.switch} {month}")  # noqa: S311
        public = callers(self.rng)
        self.world, self.templates, self.result = world, templates, result
        self.customers = []
        for customer in world.customers:
            # Drawn by customer, not by month: people keep calling the same people.
            own = random.Random(f"{seed} {customer.customer_id} contacts")  # noqa: S311
            self.customers.append(Caller(customer, contacts(own, customer), public))
        self.end = epoch_micros(month.end_at)
        self.boot_id = self._uuid()
        self.grid = self.rng.randrange(TICK_MICROS)
        self.sessions = self.sequence = 0
        self.now = epoch_micros(month.start_at)
        self.journal = EventJournal(journal, world.switch, lambda: self.now, SEGMENT_BYTES, DAY_SECONDS)
        self.pending: list[tuple[int, bytes]] = []

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def simulate_day(self, date: dt.date) -> None:
        """Write the events of a local day; those of calls that last past midnight wait for the next."""
        midnight = epoch_micros(midnight_utc(date))
        for call in sorted(self._plan(date), key=lambda call: call.start_micros):
            self._place(call, midnight)
        day_end = epoch_micros(midnight_utc(date + dt.timedelta(days=1)))
        if day_end == self.end:
            self.pending.append(self._shutdown())
        self._write(day_end)

    def _shutdown(self) -> tuple[int, bytes]:
        """The boot's last word: without it, nothing would prove that the month had no call after the last one."""
        at = self.end - DELIVERY_MICROS - 1
        said = {
            "Event-Name": "SHUTDOWN",
            "Core-UUID": self.boot_id,
            "FreeSWITCH-Switchname": self.world.switch,
            "Event-Date-Timestamp": str(at),
            "Event-Info": "System Shutting Down",
        }
        return at, json.dumps(said).encode()

    def _plan(self, date: dt.date) -> list[PlannedCall]:
        calls = []
        for caller in self.customers:
            for hour in self.rng.choices(range(24), HOUR_WEIGHTS, k=calls_of_day(self.rng, caller.customer, date)):
                call = caller.plan(self.rng, date, hour * HOUR_MICROS + self.rng.randrange(HOUR_MICROS))
                if call is not None:
                    calls.append(call)
        return calls

    def _place(self, call: PlannedCall, midnight: int) -> None:
        template = self.templates[call.shape]
        stamps = self._stamps(template, call, (midnight + call.start_micros) // TICK_MICROS)
        if max(stamps) + DELIVERY_MICROS >= self.end:
            return  # the boot ends with the month: nobody is on the phone
        values = CallValues(
            boot_id=self.boot_id,
            texts={**call.texts, "switch": self.world.switch},
            uuids=[self._uuid() for _ in range(template.uuids)],
            sessions=range(self.sessions + 1, self.sessions + 1 + template.legs),
            stamps=stamps,
            first_sequence=self.sequence,
        )
        self.sessions += template.legs
        self.sequence += len(template.events)
        self.pending += template.fill(values)
        self.result.calls += 1
        self.result.legs += template.legs
        self.result.shapes[call.shape] += 1

    def _stamps(self, template: CallTemplate, call: PlannedCall, start_tick: int) -> list[int]:
        groups = [start_tick]
        for ticks in call.phase_ticks:
            groups.append(groups[-1] + ticks)
        lag = 0
        if template.answer_lag_ticks is not None:
            weights = ANSWER_LAG_WEIGHTS[template.answer_lag_ticks :]
            lag = self.rng.choices(range(len(weights)), weights)[0]
        return [self._stamp(groups[at.group] + at.ticks + (lag if is_answer(at) else 0)) for at in template.instants]

    def _stamp(self, tick: int) -> int:
        """An instant of the switch's 20 ms timer, which is some microseconds early or late each time."""
        return tick * TICK_MICROS + self.grid + tick * 2_654_435_761 // 128 % 61 - 30

    def _write(self, until: int) -> None:
        self.pending.sort(key=lambda event: event[0])
        later = [event for event in self.pending if event[0] >= until]
        for at, body in self.pending[: len(self.pending) - len(later)]:
            self.now = at + DELIVERY_MICROS
            self.journal.append(self.now, "json", body)
            self.result.events += 1
        self.pending = later
        self.result.segments += self.journal.seal() is not None

    def close(self) -> None:
        self.journal.close()


def is_answer(instant: Instant) -> bool:
    """The root leg's steps in the group after the ringing: it lags behind the far end there."""
    return instant.leg == 0 and instant.group == 1
