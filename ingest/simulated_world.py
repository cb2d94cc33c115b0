"""Who calls whom in a simulation: the customers, their numbers and queues, and how their days go."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

# What the demo may print or ring: numbers the French regulator keeps for fiction.
FICTIONAL_MOBILE = "+3363998"
FICTIONAL_FIXED = "+3319900"
FICTIONAL_DIGITS = 4

# Calls by hour of the day, on a working day.
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 2, 3, 8, 35, 90, 110, 100, 45, 55, 100, 100, 95, 70, 35, 15, 8, 5, 3, 2)
# Percent of a working day's calls, Monday first.
WEEKDAY_PERCENT = (105, 100, 100, 100, 90, 25, 8)

# Skewed as telephone durations are: (calls in a thousand that are shorter, milliseconds).
Quantiles = Sequence[tuple[int, int]]
TALK = (
    (0, 200), (20, 1_000), (60, 10_000), (150, 20_000), (300, 40_000), (500, 75_000), (650, 120_000),
    (800, 210_000), (900, 350_000), (950, 540_000), (990, 1_250_000), (999, 3_600_000), (1000, 9_000_000),
)  # fmt: skip
RINGING = ((0, 800), (100, 2_500), (500, 7_000), (800, 14_000), (950, 24_000), (1000, 45_000))
UNANSWERED = ((0, 18_000), (1000, 45_000))
WAITING = ((0, 1_200), (300, 5_000), (600, 14_000), (800, 25_000), (950, 70_000), (1000, 240_000))


@dataclass(frozen=True)
class SimulatedNumber:
    """A customer's number and the local days it is in use: [first_date, end_date)."""

    number: str
    first_date: dt.date | None = None
    end_date: dt.date | None = None

    def is_in_use(self, date: dt.date) -> bool:
        return (self.first_date is None or self.first_date <= date) and (self.end_date is None or date < self.end_date)


@dataclass(frozen=True)
class Destination:
    """Where a customer calls: a prefix in E.164, the digits that follow, how often among its destinations."""

    prefix: str
    digits: int
    weight: int


@dataclass(frozen=True)
class SimulatedQueue:
    """A queue, the customer's number that leads to it, and its agents."""

    name: str
    number: str
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Forward:
    """Calls to one of the customer's numbers leave again to another (a mobile, say)."""

    number: str
    to: str


@dataclass(frozen=True)
class SimulatedCustomer:
    """``calls_per_day``: on a working day, in and out. Numbers of queues and forwards are in ``numbers`` too."""

    customer_id: str
    name: str
    numbers: tuple[SimulatedNumber, ...]
    calls_per_day: int
    destinations: tuple[Destination, ...]
    incoming_percent: int = 30
    queues: tuple[SimulatedQueue, ...] = ()
    forwards: tuple[Forward, ...] = ()
    campaigns: tuple[str, ...] = ()


@dataclass(frozen=True)
class SimulatedWorld:
    """``recording``: the captured stream whose calls lend their shape. ``lean`` leaves media headers out."""

    customers: tuple[SimulatedCustomer, ...]
    recording: Path
    switch: str = "fssim1"
    lean: bool = True


def draw(rng: random.Random, quantiles: Quantiles) -> int:
    """A number out of a distribution given by its quantiles, straight between them: integers only."""
    at = rng.randrange(quantiles[-1][0] * 1000)
    for (low, shortest), (high, longest) in pairwise(quantiles):
        if at < high * 1000:
            return shortest + (longest - shortest) * (at - low * 1000) // ((high - low) * 1000)
    raise ValueError("quantiles must grow")


def calls_of_day(rng: random.Random, customer: SimulatedCustomer, date: dt.date) -> int:
    """How many calls a customer makes and takes that day: its mean by weekday, a fifth up or down."""
    mean = customer.calls_per_day * WEEKDAY_PERCENT[date.weekday()]
    return (mean * rng.randrange(80, 121) + rng.randrange(10_000)) // 10_000


def random_number(rng: random.Random, prefix: str, digits: int) -> str:
    return prefix + "".join(str(rng.randrange(10)) for _ in range(digits))


def contacts(rng: random.Random, customer: SimulatedCustomer, count: int = 60) -> list[str]:
    """The numbers a customer calls, over and over as people do."""
    weights = [destination.weight for destination in customer.destinations]
    chosen = rng.choices(customer.destinations, weights, k=count) if customer.destinations else []
    return [random_number(rng, destination.prefix, destination.digits) for destination in chosen]


def callers(rng: random.Random, count: int = 80) -> list[str]:
    """The public that calls customers."""
    prefixes = rng.choices((FICTIONAL_MOBILE, FICTIONAL_FIXED), (70, 30), k=count)
    return [random_number(rng, prefix, FICTIONAL_DIGITS) for prefix in prefixes]
