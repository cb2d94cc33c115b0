"""Which legs of a switch's boot have their hang-up, and what is known of those that have not.

A FreeSWITCH counts its legs from 1 in each boot (``session_id``), and its HEARTBEAT says how far it has
counted: a number without a hang-up is a leg that is missing. What can be proved begins where we do
(FACTS.md, "Loss"): of the first boot ever heard of a switch, with the first leg whose creation, or the first
heartbeat, was heard; of every later one, with leg 1. A boot of which nothing at all was heard leaves no trace.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import groupby
from typing import Literal

from domain.session_runs import SessionRuns

# A leg that has been up for longer is one whose hang-up was lost, not a conversation.
LONGEST_CALL = dt.timedelta(hours=24)

DeathCause = Literal["shutdown", "restart", "silence"]
Explanation = Literal["in_progress", "left_by_dead_switch", "hangup_lost", "gateway_down", "lost"]
# A month with such a leg does not close by itself: somebody's call may be missing from its bills.
UNEXPLAINED: tuple[Explanation, ...] = ("hangup_lost", "lost")
# Nothing was heard of such a number: there is no leg to look up.
UNHEARD: tuple[Explanation, ...] = ("gateway_down", "lost")
# A leg that began and will never say how it ended: a person decides.
UNFINISHED: tuple[Explanation, ...] = ("left_by_dead_switch", "hangup_lost")


@dataclass(frozen=True)
class DownGateway:
    """A caller one of whose carriers was down: ``gateways`` numbers between its own and ``last`` never were a leg.

    ``last`` is null when no leg is known to have begun after the caller hung up.
    """

    caller: int
    last: int | None
    gateways: int

    @classmethod
    def parse(cls, text: str) -> DownGateway:
        """``197-204:1``, or ``197-:1`` without a last."""
        span, _, gateways = text.partition(":")
        caller, _, last = span.partition("-")
        return cls(int(caller), int(last) if last else None, int(gateways))


@dataclass(frozen=True)
class BootDay:
    """What was heard of a boot on one local day. Instants are UTC.

    ``first_claimed``: the first leg that began while we listened that day. ``begun``, ``ended``: legs that
    were heard alive, legs whose hang-up landed. ``counted``: the highest count a heartbeat said.
    ``idle_at_count``: the highest count said by a heartbeat that had no leg in progress. ``known_until``: the last
    instant its counter is known for (a heartbeat, a leg that began, its shutdown). ``started_at``: when the boot
    began, as its heartbeats say. ``switch_name``: whose journal it was heard in.
    """

    record_date: dt.date
    boot_id: str
    switch_name: str
    first_heard_at: dt.datetime
    last_heard_at: dt.datetime
    first_claimed: int | None = None
    begun: SessionRuns = field(default_factory=SessionRuns)
    ended: SessionRuns = field(default_factory=SessionRuns)
    down_gateways: tuple[DownGateway, ...] = ()
    counted: int | None = None
    counted_at: dt.datetime | None = None
    idle_at_count: int | None = None
    shut_down_at: dt.datetime | None = None
    known_until: dt.datetime | None = None
    started_at: dt.datetime | None = None
    # A listing of the legs that were up, a minute or more before the last thing heard that day; where it stands
    # in the journal.
    listed_at: dt.datetime | None = None
    listed_position: str | None = None
    listed_legs: frozenset[str] = frozenset()


# The days of one boot, in order.
Boot = tuple[BootDay, ...]


@dataclass(frozen=True)
class BootAccount:
    """A boot's books. ``claimed``: the legs that must have a hang-up; ``missing``: those that have none, by what
    is known of them. ``died_of`` is null while the boot is taken to be alive. ``earliest_start_at``: before that
    instant none of its legs began."""

    boot_id: str
    switch_name: str
    first_heard_at: dt.datetime
    last_heard_at: dt.datetime
    earliest_start_at: dt.datetime
    claimed: SessionRuns
    landed: SessionRuns
    missing: dict[Explanation, SessionRuns]
    died_of: DeathCause | None

    @property
    def legs_before_listening(self) -> int:
        """Legs that began before anybody listened and have no hang-up here: of them nothing can be said."""
        return len(SessionRuns.of([(1, (self.claimed.first or 1) - 1)]) - self.landed)


def boots_of_switches(days: Iterable[BootDay]) -> list[list[Boot]]:
    """The days of each boot, by switch and then in the order the boots were first heard.

    A switch is known by the journal it was heard in, never by the name it says: two may say the same one. A boot
    heard under two names (the operator renamed its switch) belongs to the later.
    """
    by_boot = sorted(days, key=lambda day: (day.boot_id, day.record_date))
    boots = [tuple(group) for _, group in groupby(by_boot, key=lambda day: day.boot_id)]
    boots.sort(key=lambda boot: (boot[-1].switch_name, min(day.first_heard_at for day in boot), boot[0].boot_id))
    return [list(group) for _, group in groupby(boots, key=lambda boot: boot[-1].switch_name)]


def accounts(days: Iterable[BootDay]) -> list[BootAccount]:
    """The books of every boot, by switch and then in the order they were first heard."""
    switches = boots_of_switches(days)
    # Of a switch that died for good nothing says so, but that all others live on.
    latest = max((day.last_heard_at for boots in switches for boot in boots for day in boot), default=dt.datetime.min)
    made = []
    for boots in switches:
        for position, boot in enumerate(boots):
            is_silent = latest - max(day.last_heard_at for day in boot) > LONGEST_CALL
            before = boots[position - 1] if position else None
            is_last = position == len(boots) - 1
            made.append(account(boot, before=before, is_last=is_last, is_silent=is_silent))
    return made


def account(boot: Boot, *, before: Boot | None, is_last: bool, is_silent: bool = False) -> BootAccount:
    """The books of one boot, given its days in order.

    ``before``: the boot of its switch that was heard before it. ``is_last``: none was heard after it.
    ``is_silent``: others were heard for longer than a call lasts since.
    """
    is_first = before is None
    begun = SessionRuns.of(run for day in boot for run in day.begun.runs)
    ended = SessionRuns.of(run for day in boot for run in day.ended.runs)
    counted = max((day.counted or 0 for day in boot), default=0)
    idle = SessionRuns.of([(1, max(day.idle_at_count or 0 for day in boot))])
    last = max(begun.last or 0, ended.last or 0, counted)
    claimed = SessionRuns.of([(first_claimed(boot, ended) if is_first else 1, last)])
    # A leg heard before the first claimed one is owed a hang-up too.
    claimed = claimed | begun
    missing = claimed - ended
    never_were = taken_by_gateways(missing - begun, [down for day in boot for down in day.down_gateways])
    died_of: DeathCause | None = "silence" if is_silent else None
    if not is_last:
        died_of = "restart"
    if is_shut_down(boot):
        died_of = "shutdown"
    known: dict[Explanation, SessionRuns] = {
        "left_by_dead_switch" if died_of else "in_progress": (missing & begun) - idle,
        "hangup_lost": missing & begun & idle,
        "gateway_down": never_were,
        "lost": missing - begun - never_were,
    }
    return BootAccount(
        boot_id=boot[0].boot_id,
        switch_name=boot[-1].switch_name,
        first_heard_at=min(day.first_heard_at for day in boot),
        last_heard_at=max(day.last_heard_at for day in boot),
        earliest_start_at=earliest_start_at(boot, before),
        claimed=claimed,
        landed=ended,
        missing=known,
        died_of=died_of,
    )


def is_shut_down(boot: Boot) -> bool:
    """Whether it said so itself; nothing else proves that it had no call after the last one heard."""
    return any(day.shut_down_at for day in boot)


def known_until(boot: Boot) -> dt.datetime:
    """The last instant the boot's counter is known for: legs that began before it are claimed, later ones are not."""
    return max((day.known_until for day in boot if day.known_until), default=boot[0].first_heard_at)


def started_at(boot: Boot) -> dt.datetime | None:
    """When the boot began, if a heartbeat of it said."""
    return min((day.started_at for day in boot if day.started_at), default=None)


def earliest_start_at(boot: Boot, before: Boot | None) -> dt.datetime:
    """No claimed leg of a boot began earlier: it began to be heard, it began itself, or the boot before it lived."""
    heard = min(day.first_heard_at for day in boot)
    if before is None:
        return heard
    return min(heard, started_at(boot) or known_until(before))


def taken_by_gateways(unheard: SessionRuns, down: Iterable[DownGateway]) -> SessionRuns:
    """Of the numbers nothing was heard of, those a gateway that was down accounts for: one each, the nearest.

    Where a lost leg lies beside such a number, which is which cannot be said; how many are lost can.
    """
    waiting = sorted(down, key=lambda one: one.caller, reverse=True)
    if not waiting:
        return SessionRuns()
    taken: list[int] = []
    owing: list[list[int]] = []  # by the last number each may have taken: that, and how many it took
    for number in unheard:
        while waiting and waiting[-1].caller < number:
            one = waiting.pop()
            heappush(owing, [sys.maxsize if one.last is None else one.last, one.gateways])
        while owing and (owing[0][0] < number or not owing[0][1]):
            heappop(owing)
        if owing:
            owing[0][1] -= 1
            taken.append(number)
    return SessionRuns.of((number, number) for number in taken)


def first_claimed(boot: Boot, ended: SessionRuns) -> int:
    """Where the proof of a switch's first boot begins; of one known by its files alone, with the first file."""
    heard = [day.first_claimed for day in boot if day.first_claimed is not None]
    return heard[0] if heard else ended.first or 1


def overdue(book: BootAccount, numbers: SessionRuns) -> BootAccount:
    """The books with these legs taken for ended though no source says how."""
    missing = {why: runs - numbers for why, runs in book.missing.items()}
    missing["hangup_lost"] = book.missing["hangup_lost"] | numbers
    return replace(book, missing=missing)
