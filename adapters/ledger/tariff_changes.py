"""What a version changes against the one before: rates added, changed, removed, prefix by prefix and by country."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import RateKey, fields, last_rates
from domain.money import decimal_text

Kind = Literal["added", "changed", "removed"]
TERMS = fields(
    "price_per_minute_micros",
    "connection_fee_micros",
    "minimum_charge_micros",
    "surcharge_per_call_micros",
    "surcharge_per_minute_micros",
    "initial_seconds",
    "increment_seconds",
    "destination_group",
)
DIRECTIONS = ("added", "dearer", "cheaper", "other_terms", "removed")


class Change(NamedTuple):
    """One rate that is not as it was. ``before`` is None for an added one, ``after`` for a removed one."""

    kind: Kind
    key: RateKey
    before: DeckRate | None
    after: DeckRate | None

    @property
    def rate(self) -> DeckRate:
        rate = self.after or self.before
        assert rate is not None  # noqa: S101 one of the two is always there
        return rate

    @property
    def percent(self) -> str:
        """How much dearer a minute is: ``+12.5``; empty where there is nothing to compare."""
        old = self.before.price_per_minute_micros if self.before else 0
        if not old or self.after is None:
            return ""
        more = Fraction(100 * (self.after.price_per_minute_micros - old), old)
        return ("+" if more > 0 else "") + decimal_text(more, places=1)


class CountryChanges(NamedTuple):
    """How many rates of a country a version moves."""

    country: str
    added: int
    dearer: int
    cheaper: int
    other_terms: int
    removed: int
    kept: int


@dataclass(frozen=True)
class Changes:
    """Everything that is not as it was, in the order of prefixes, and the count of what is."""

    changes: list[Change]
    kept: Counter[str]

    def count(self, kind: Kind) -> int:
        """How many rates are added, changed or removed."""
        return sum(change.kind == kind for change in self.changes)

    def by_country(self) -> list[CountryChanges]:
        """Countries in alphabetical order; those where nothing moves are left out."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for change in self.changes:
            counts[change.rate.destination_country][_direction(change)] += 1
        return [
            CountryChanges._make([country, *map(counts[country].__getitem__, DIRECTIONS), self.kept[country]])
            for country in sorted(counts)
        ]

    def largest(self, number: int) -> list[Change]:
        """The changed rates whose price moves most, in proportion."""
        moved = [change for change in self.changes if change.kind == "changed"]
        return sorted(moved, key=_proportion, reverse=True)[:number]


def compare(before: Iterable[DeckRate], after: Iterable[DeckRate]) -> Changes:
    """A version's rates against those of the one before; of several dates of a rate, the last counts."""
    old, new = last_rates(before), last_rates(after)
    changes: list[Change] = []
    kept: Counter[str] = Counter()
    for key, rate in new.items():
        known = old.get(key)
        if known is None:
            changes.append(Change("added", key, None, rate))
        elif TERMS(known) != TERMS(rate):
            changes.append(Change("changed", key, known, rate))
        else:
            kept[rate.destination_country] += 1
    changes += [Change("removed", key, rate, None) for key, rate in old.items() if key not in new]
    return Changes(sorted(changes, key=lambda change: (change.key[2], change.key)), kept)


def _direction(change: Change) -> str:
    if change.kind != "changed" or change.before is None or change.after is None:
        return change.kind
    old, new = change.before.price_per_minute_micros, change.after.price_per_minute_micros
    return "dearer" if new > old else "cheaper" if new < old else "other_terms"


def _proportion(change: Change) -> tuple[int, int]:
    """Sorts by the factor of a price, whichever way it goes; the numbers are for sorting only."""
    old = change.before.price_per_minute_micros if change.before else 0
    new = change.after.price_per_minute_micros if change.after else 0
    low, high = sorted((old, new))
    return (1, high) if low == 0 else (0, 1000 * high // low)
