"""From socket to fsynced journal: the listener against a reader that only writes the bytes, in the same run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks.readers import Run, listen, measure, only_write

# A small event (a queue's, say) and a CHANNEL_HANGUP_COMPLETE.
BYTES_OF_EACH_RUN = 400_000_000
SIZES = (1_000, 10_500)
ROUNDS = 5
RATIO_GOAL = 0.5
HANGUPS_GOAL = 5_000
MEMORY_EVENTS = 1_000_000
# Of the samples: what a program grows to while it warms up is no leak.
WARM_UP = 0.2


@dataclass(frozen=True)
class Pair:
    """One round: both readers, one after the other."""

    listener: Run
    bare: Run

    @property
    def ratio(self) -> float:
        return self.bare.seconds / self.listener.seconds


def compare(size: int, home: Path, rounds: int = ROUNDS) -> list[Pair]:
    events = BYTES_OF_EACH_RUN // size
    return [Pair(measure(listen, size, events, home), measure(only_write, size, events, home)) for _ in range(rounds)]


def speed_table(home: Path) -> Table:
    """Medians of the rounds; the ratio is that of each round, so that a busy machine weighs on both."""
    table = Table("bytes an event", "reader", "events/s", "MB/s", "CPU us/event", "ratio", "goal", title="ingest")
    for size in SIZES:
        pairs = compare(size, home)
        ratios = sorted(pair.ratio for pair in pairs)
        goal = f">= {RATIO_GOAL}" + (f", {HANGUPS_GOAL:,}/s" if size == SIZES[-1] else "")
        said = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        table.add_row(*row(size, "listener", [pair.listener for pair in pairs]), said, goal)
        table.add_row(*row(size, "only writes", [pair.bare for pair in pairs]), "1", "")
    return table


def row(size: int, reader: str, runs: list[Run]) -> list[str]:
    return [
        f"{size:,}",
        reader,
        f"{median(run.events_per_second for run in runs):,.0f}",
        f"{median(run.megabytes_per_second for run in runs):,.0f}",
        f"{median(run.cpu_micros_per_event for run in runs):.1f}",
    ]


def memory_table(home: Path) -> Table:
    """Resident memory over a million events: when warm, at the end, and the most it ever was."""
    run = measure(listen, SIZES[0], MEMORY_EVENTS, home)
    warm = run.rss[int(len(run.rss) * WARM_UP)]
    table = Table("events", "warm, MB", "end, MB", "most, MB", "end / warm", title="memory of the listener")
    figures = [f"{value / 1e6:.1f}" for value in (warm, run.rss[-1], max(run.rss))]
    table.add_row(f"{run.events:,}", *figures, f"{run.rss[-1] / warm:.3f}")
    return table
