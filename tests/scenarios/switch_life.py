"""The life of a switch as its clients see it: what each was told, what happened while nobody listened."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.esl_protocol import decode_event
from tests.ingest.faults import cut, duplicated, frame, reordered
from tests.ingest.faulty_switch import Gone, Visitor
from tests.scenarios.cdr_files import write_cdr
from tests.scenarios.switch_boots import Happening, Leg

DUPLICATED_PERCENT = 5
# What one write to the client holds, and what at most happens while no client is there.
SAID_AT_ONCE = 60
UNHEARD_AT_MOST = 150
SHUT_DOWN = b"The system is being shut down.\n"
IDLE_SECONDS = 0.02
PATIENCE_SECONDS = 1.0


class Life:
    """A visit of ``FaultySwitch``, to be had again and again: the switch goes on from where it was.

    Every leg that ends leaves a CDR file in ``spool``, then its event; events that happen while no client
    listens reach nobody. ``cuts`` times the connection breaks inside an
    event. At the end of a boot the switch idles until ``end_boot``, says how many legs it had, and shuts down.
    """

    def __init__(self, boots: Sequence[Sequence[Happening]], seed: int, cuts: int, spool: Path) -> None:
        self.rng, self.spool = random.Random(seed), spool
        self.final_heartbeats = [boot[-1] for boot in boots]
        self.boots = [reordered(self.rng, duplicated(self.rng, boot, DUPLICATED_PERCENT)) for boot in boots]
        self.cuts = [sorted(self.rng.sample(range(len(boot)), cuts // len(boots)), reverse=True) for boot in boots]
        self.visits: list[list[Happening]] = []  # what was said to each client, whether or not it took it
        self.ended = threading.Event()
        self._filed: set[Leg] = set()
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
        for event in events:
            self._file(event)
        with self._progress:
            self._at += len(events)
            self._progress.notify_all()
        return events

    def _file(self, event: Happening) -> None:
        if event.ended and event.ended not in self._filed:
            self._filed.add(event.ended)
            write_cdr(self.spool, decode_event("json", event.body))

    def wait_until(self, boot: int, happened: int, is_heard: Callable[[], bool]) -> None:
        """Until so much has happened on that boot, as long as somebody listens."""
        with self._progress:
            while (self._boot, self._at) < (boot, happened):
                assert is_heard(), "the listener ended by itself"
                self._progress.wait(PATIENCE_SECONDS)

    def end_boot(self) -> None:
        """Let the switch shut down once all of its boot has happened."""
        self._may_end += 1
