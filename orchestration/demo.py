"""The demo: a real switch's recorded words and a simulated quarter, to invoices, penalties and KPIs.

Every step looks first at what is there, so a second run finds it done: it journals nothing twice, issues
nothing twice and ends with the same table.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.ledger.imports import import_payments
from adapters.ledger.periods import CLOSED, state_of
from adapters.ledger.seed import load_law, load_world
from assets.gates import ACCOUNTED_FOR, PRICED
from domain.calendar import Month, local_date
from ingest.event_journal import sealed_segments
from ingest.replay import Recording
from ingest.simulator import simulate
from orchestration.demo_payments import bank_lines, read_habits, write_statement
from orchestration.flow import Flow
from orchestration.listening import listen_to_recordings
from orchestration.simulation import DEMO_SEEDS, RECORDED_CALLS, SEEDS, has_segments, simulated_world

RECORDED_SWITCH = "fslab1"
SIMULATED_SWITCH = "fssim1"
SEED = 2026
# Each month and the day it closes as of: the demo's time is an argument, whatever today is.
CLOSES = tuple((month, month.next.first_date) for month in (Month(2026, 9), Month(2026, 10), Month(2026, 11)))
# A quiet Saturday whose segment reaches the platform after its month has closed.
LATE_DATE = dt.date(2026, 9, 26)
# What somebody has to answer for before a month closes: September's late segment, the recorded switch that was killed
# in November and never came back, and each month's calls to satellites.
UNPRICED = (PRICED, "no tariff prices satellites yet; their calls wait")
ANSWERS = {
    Month(2026, 9): ((ACCOUNTED_FOR, f"the segment of {LATE_DATE} is on its way; October bills its calls"), UNPRICED),
    Month(2026, 10): (UNPRICED,),
    Month(2026, 11): (
        (ACCOUNTED_FOR, "the recorded switch made test calls for one evening, and was killed at its end"),
        UNPRICED,
    ),
}

# Told what happens next, in a person's words.
Say = Callable[[str], None]
# Told (done, in all) while one thing takes long.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Demo:
    """One run of the demo over a flow."""

    flow: Flow
    say: Say
    progress: Progress
    # Of the calls of seeds/demo/callers.csv; tests make a quieter quarter.
    percent: int = 100

    @property
    def journal(self) -> Path:
        return self.flow.platform.journal

    def run(self) -> None:
        """From nothing, or from wherever an earlier run stopped, to three closed months."""
        self.say("making the ledger: the law's dated figures, the operator, twelve customers, tariffs")
        ledger = self.flow.platform.ledger
        ledger.migrate()
        load_law(ledger, SEEDS / "law")
        load_world(ledger, DEMO_SEEDS)
        self.replay()
        for month, as_of in CLOSES:
            self.simulate(month)
            self.deliver(month)
            self.say(f"landing the calls of {month}, and rating them")
            self.answer(month)
            self.say(f"closing {month} as of {as_of}")
            self.flow.close(month, as_of, "demo")
            self.deliver(month, late=True)
            if month.next in dict(CLOSES):
                self.pay(until=dict(CLOSES)[month.next])

    def answer(self, month: Month) -> None:
        """Land and rate a month's calls, and answer for what would keep it from closing."""
        if state_of(self.flow.platform.ledger, month) == CLOSED:
            self.flow.land()
            return
        self.flow.rerate(month)
        for gate, reason in ANSWERS[month]:
            if said := self.flow.override(month, gate, "demo", reason):
                self.say(f"answering for {said.summary}")

    @property
    def folder(self) -> Path:
        return self.flow.settings.home / "demo"

    def replay(self) -> None:
        """The recorded bytes of a real FreeSWITCH, through the real listener, on loopback."""
        if any(segment.switch == RECORDED_SWITCH for segment in sealed_segments(self.journal)):
            return
        files = sorted(RECORDED_CALLS.glob("*.esl"))
        self.say(f"replaying {len(files)} recordings of a real FreeSWITCH through the listener")
        listen_to_recordings(self.flow.settings, [Recording.load(file) for file in files], switch=RECORDED_SWITCH)

    def simulate(self, month: Month) -> None:
        """A month of calls of the customers, as their switch would have journalled it."""
        if self.on_its_way(month).exists() or has_segments(self.journal, SIMULATED_SWITCH, month):
            return
        self.say(f"simulating the calls of {month}")
        unfinished = self.folder / f"simulating-{month}"
        shutil.rmtree(unfinished, ignore_errors=True)
        world = simulated_world(self.flow.platform.ledger, switch=SIMULATED_SWITCH, percent=self.percent)
        simulate(world, [month], unfinished, SEED, self.progress)
        unfinished.rename(self.on_its_way(month))

    def on_its_way(self, month: Month) -> Path:
        """Where a month's sealed segments wait to be delivered."""
        return self.folder / f"on-its-way-{month}"

    def deliver(self, month: Month, *, late: bool = False) -> None:
        """Hand the month's segments to the journal; the late one only when ``late``."""
        folder = self.on_its_way(month)
        for segment in sealed_segments(folder) if folder.exists() else []:
            if late or segment.opened_at is None or local_date(segment.opened_at) != LATE_DATE:
                # The manifest first: a segment counts as sealed once its own file is there.
                shutil.move(segment.manifest, self.journal / segment.manifest.name)
                shutil.move(segment.path, self.journal / segment.path.name)

    def pay(self, until: dt.date) -> None:
        """What the bank's statement says by the next close: on time, late, in part, or nothing."""
        ledger = self.flow.platform.ledger
        lines = bank_lines(read_habits(DEMO_SEEDS / "payment_habits.csv"), ledger.documents(), until)
        statement = write_statement(self.folder / f"payments-until-{until}.csv", lines)
        self.say(f"importing {len(lines)} payments received by {until}")
        import_payments(ledger, statement)
