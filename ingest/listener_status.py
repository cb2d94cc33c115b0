"""What a listener knows of itself, for metrics and health: counters and the state of its parts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

# From a good SSD to a disk that stalls the journal.
FSYNC_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class Heard:
    """What a listener took in until it stopped."""

    connections: int = 0
    events: int = 0
    damage: int = 0


class Histogram:
    """Durations counted by upper bound, as Prometheus wants them."""

    def __init__(self, bounds: tuple[float, ...] = FSYNC_BUCKETS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[sum(seconds > bound for bound in self.bounds)] += 1
        self.seconds += seconds


@dataclass
class ListenerStatus:
    """One listener's figures. Each is written by one thread; whoever reads them sees whole numbers.

    ``lag_seconds``: from the switch's stamp on the last event to its arrival here. ``unwell`` has one
    sentence for each part that does not work now; ``last_event`` is on the monotonic clock.
    """

    heard: Heard = field(default_factory=Heard)
    received_bytes: int = 0
    journalled_events: int = 0
    killed: int = 0
    refusals: int = 0
    lost_records: int = 0
    journal_failures: int = 0
    spill_failures: int = 0
    spilled_bytes: int = 0
    spill_files: int = 0
    queue_bytes: int = 0
    paused_seconds: float = 0.0
    lag_seconds: float = 0.0
    last_event: float | None = None
    is_subscribed: bool = False
    fsyncs: Histogram = field(default_factory=Histogram)
    unwell: dict[str, str] = field(default_factory=dict)

    def last_event_age_seconds(self) -> float | None:
        return None if self.last_event is None else time.monotonic() - self.last_event

    def complaints(self) -> list[str]:
        """Why this listener is not well; empty when the switch is heard and the journal takes it."""
        silent = [] if self.is_subscribed or "switch" in self.unwell else ["switch: not subscribed yet"]
        return silent + [f"{part}: {why}" for part, why in sorted(self.unwell.copy().items())]
