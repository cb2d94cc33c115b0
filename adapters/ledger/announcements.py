"""A version of a plan as a file announces it, before the ledger is asked: its dates, its rates, what it breaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, NamedTuple

from adapters.decks.reader import Deck, DeckRate
from adapters.ledger.csv_files import RowProblem
from adapters.ledger.tables import TariffVersion
from domain.errors import BadInput

RateKey = tuple[str, str, str, str]
FIELDS = DeckRate._fields[1:]


def fields(*names: str) -> Callable[[DeckRate], tuple[Any, ...]]:
    """Those fields of a rate, in that order; in C, because decks have 260,000 of them."""
    return itemgetter(*map(DeckRate._fields.index, names))


# What two rates of one version have in common when they compete.
rate_key: Callable[[DeckRate], RateKey] = fields(
    "origin_country", "origin_number_type", "destination_prefix", "call_category"
)


class Finding(NamedTuple):
    """What is wrong with a version, by row of its file. ``rule`` is what a person may waive; empty is for nobody."""

    version_id: str
    row: int
    rule: str
    reason: str

    @property
    def problem(self) -> RowProblem:
        """As an import says it, with the way out if there is one."""
        way_out = f" (or --waive {self.rule}, with --accepted-by and --because)" if self.rule else ""
        return RowProblem(self.row, self.reason + way_out)


@dataclass(frozen=True)
class Waiver:
    """The rules a person lets this import break, and the words it is recorded with."""

    rules: frozenset[str]
    accepted_by: str
    reason: str
    accepted_on: dt.date


@dataclass(frozen=True)
class Terms:
    """What a deck does not say of itself and the command does."""

    plan: str
    version_id: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    notice_date: dt.date | None = None
    told_customers: str | None = None


@dataclass(frozen=True)
class Announcement:
    """One version and all its rates, in the order of the file.

    ``row`` is where the file names it. A deck ends the version before it, and leaves open what it does not say;
    a file of versions says everything itself.
    """

    row: int
    version: TariffVersion
    rates: list[DeckRate]
    is_deck: bool = False

    @property
    def version_id(self) -> str:
        return self.version.version_id

    def finding(self, row: int, reason: str, rule: str = "") -> Finding:
        return Finding(self.version_id, row, rule, reason)


def announce_deck(deck: Deck, terms: Terms) -> Announcement:
    """A deck as a version of a plan. Rates that were in force before the version begin with it.

    Raises:
        BadInput: neither the command nor the deck says when it takes effect.
    """
    begins = terms.valid_from or min((rate.valid_from for rate in deck.rates if rate.valid_from), default=None)
    if begins is None:
        raise BadInput(f"{deck.path} does not say when its prices take effect; say --valid-from 2026-12-01")
    if terms.notice_date is not None and not terms.told_customers:
        raise BadInput("a notice is told to somebody: say --told 'all customers of the plan, e-mail of 28/10/2026'")
    version = TariffVersion(
        version_id=terms.version_id or f"{terms.plan}-{begins}",
        plan=terms.plan,
        valid_from=begins,
        valid_to=terms.valid_to,
        notice_date=terms.notice_date,
        told_customers=terms.told_customers,
    )
    rates = [
        rate if rate.valid_from is not None and rate.valid_from >= begins else rate._replace(valid_from=begins)
        for rate in deck.rates
    ]
    return Announcement(deck.header_row, version, rates, is_deck=True)


def completed(announcement: Announcement, known: TariffVersion | None) -> Announcement:
    """A deck that is imported again, with what the ledger knows of its version and the command does not repeat."""
    if known is None or not announcement.is_deck:
        return announcement
    given = announcement.version.model_dump(exclude_none=True)
    return replace(announcement, version=TariffVersion(**{**known.model_dump(), **given}))


def unfit_dates(announcement: Announcement) -> Iterator[Finding]:
    """A version or a rate that ends before it begins, a rate outside its version."""
    first, last = announcement.version.valid_from, announcement.version.valid_to
    if last is not None and last <= first:
        yield announcement.finding(announcement.row, f"version_valid_to {last} is not after version_valid_from {first}")
        return
    for rate in announcement.rates:
        begins, ends = rate.valid_from or first, rate.valid_to
        if ends is not None and ends <= begins:
            yield announcement.finding(rate.row, f"valid_to {ends} is not after valid_from {begins}")
        elif begins < first or (last is not None and (begins >= last or (ends is not None and ends > last))):
            here, version = f"[{begins}, {ends or 'no end'})", f"[{first}, {last or 'no end'})"
            yield announcement.finding(rate.row, f"the rate is valid on {here}, its version on {version}")


def last_rates(rates: Iterable[DeckRate]) -> dict[RateKey, DeckRate]:
    """The rate of each key that begins last: what a version comes to."""
    last: dict[RateKey, DeckRate] = {}
    for rate in rates:
        key = rate_key(rate)
        kept = last.setdefault(key, rate)
        if kept is not rate and (rate.valid_from or dt.date.min) > (kept.valid_from or dt.date.min):
            last[key] = rate
    return last
