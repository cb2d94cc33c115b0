"""Tariffs: dated editions of a plan, the price of a minute per destination prefix, and what refuses them.

The customer is told of a price change by e-mail one month before it takes effect (terms of sale,
art. 6.1). Validity is half-open in Europe/Paris days; a rate is in force where its own days and its
version's days meet. Prices are micro-euros per minute, durations seconds.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.calendar import add_months, midnight_utc
from domain.errors import BadInput
from domain.prefixes import PREFIX

ANY = "*"
INCOMING = "incoming"


@dataclass(frozen=True)
class TariffVersion:
    """One dated edition of a tariff plan; customers were told of it on ``notice_date``."""

    version_id: str
    plan: str
    valid_from: dt.date
    valid_to: dt.date | None
    notice_date: dt.date | None


@dataclass(frozen=True)
class Rate:
    """The price of a minute to a destination prefix, with the instants between which it is in force.

    The fields are columns of the warehouse's ``tariff_rates``. ``origin_country``, ``origin_number_type`` and
    ``call_category`` may be ``*``; a ``*`` never takes an incoming call. ``minimum_charge_micros`` is the least an
    answered call costs, ``surcharge_*`` the service's own price, an amount apart. ``destination_group`` is what
    allowances and tiers count together. ``valid_to_at`` is excluded; None is "still in force".
    """

    rate_id: int
    version_id: str
    plan: str
    destination_prefix: str
    destination_country: str
    category: str
    price_per_minute_micros: int
    valid_from_at: dt.datetime
    valid_to_at: dt.datetime | None = None
    connection_fee_micros: int = 0
    initial_seconds: int = 1
    increment_seconds: int = 1
    origin_country: str = ANY
    origin_number_type: str = ANY
    call_category: str = ANY
    minimum_charge_micros: int = 0
    surcharge_per_call_micros: int = 0
    surcharge_per_minute_micros: int = 0
    destination_group: str | None = None

    def __post_init__(self) -> None:
        surcharges = (self.surcharge_per_call_micros, self.surcharge_per_minute_micros)
        if min(self.price_per_minute_micros, self.connection_fee_micros, self.minimum_charge_micros, *surcharges) < 0:
            raise BadInput(f"{self.name}: a price is negative; write credits as credit notes, not as rates")
        if min(self.initial_seconds, self.increment_seconds) < 1:
            raise BadInput(f"{self.name}: increments are {self.increments}; the least is 1/1")
        if not PREFIX.fullmatch(self.destination_prefix):
            raise BadInput(
                f"{self.name}: {self.destination_prefix!r} is not a prefix of E.164 digits, like 336, or FR3639"
            )
        if self.valid_to_at is not None and self.valid_to_at <= self.valid_from_at:
            raise BadInput(f"{self.name}: ends {self.valid_to_at} before it begins {self.valid_from_at}")

    @property
    def name(self) -> str:
        """What an error calls it: the ledger's id, or at import the row of the file."""
        return f"rate {self.rate_id} of tariff version {self.version_id} (prefix {self.destination_prefix})"

    @property
    def increments(self) -> str:
        """``30/6``: the first 30 seconds whole, then by 6."""
        return f"{self.initial_seconds}/{self.increment_seconds}"

    def is_in_force(self, instant: dt.datetime) -> bool:
        """Whether a call answered at this instant may take the rate."""
        return self.valid_from_at <= instant and (self.valid_to_at is None or instant < self.valid_to_at)


@dataclass(frozen=True)
class Overlap:
    """Two rates that would both price the same call at the same instant."""

    first: Rate
    second: Rate

    def __str__(self) -> str:
        since = max(self.first.valid_from_at, self.second.valid_from_at)
        return (
            f"{self.first.name} and {self.second.name} are both in force from {since.isoformat()} for plan "
            f"{self.first.plan}, origin {self.first.origin_country}/{self.first.origin_number_type}, "
            f"{'any call' if self.first.call_category == ANY else self.first.call_category}: "
            "end the first before the second begins"
        )


def check_notice(
    valid_from: dt.date, notice_date: dt.date | None, *, version_id: str, waived: Collection[str] = ()
) -> None:
    """Refuse a version the customers were not told of one month before (terms of sale, art. 6.1).

    ``waived`` are the rules somebody answers for: ``missing_notice``, ``late_notice``.

    Raises:
        BadInput: the notice is missing or late; the message names the version, the dates and the earliest start.
    """
    if notice_date is None:
        if "missing_notice" in waived:
            return
        raise BadInput(
            f"tariff version {version_id} takes effect on {valid_from} and has no notice date: "
            "tell the customers one month before, then record the date of that e-mail"
        )
    earliest = add_months(notice_date, 1)
    if valid_from < earliest and "late_notice" not in waived:
        raise BadInput(
            f"tariff version {version_id} takes effect on {valid_from} but customers were told on {notice_date}: "
            f"it may not rate a call before {earliest}; start it then, or record who waives the notice"
        )


def validity_instants(
    version: TariffVersion, valid_from: dt.date, valid_to: dt.date | None
) -> tuple[dt.datetime, dt.datetime | None] | None:
    """Where a rate's days meet its version's, as aware UTC instants; None when they never meet."""
    first = max(version.valid_from, valid_from)
    ends = [end for end in (version.valid_to, valid_to) if end is not None]
    last = min(ends, default=None)
    if last is not None and last <= first:
        return None
    return midnight_utc(first), None if last is None else midnight_utc(last)


def find_overlaps(rates: Iterable[Rate]) -> list[Overlap]:
    """Every pair of neighbours that would price the same call at the same instant.

    Two rates compete when plan, origin country, origin number type, call category and prefix are equal; they
    may stand in different versions of the plan. Each rate is compared with the one that lasts longest before
    it: enough to find whether there is any overlap, and to name both rows of it.
    """
    competitors: dict[tuple[str, ...], list[Rate]] = defaultdict(list)
    for rate in rates:
        origin = (rate.origin_country, rate.origin_number_type)
        competitors[rate.plan, *origin, rate.destination_prefix, rate.call_category].append(rate)
    overlaps = []
    for group in competitors.values():
        group.sort(key=lambda rate: (rate.valid_from_at, rate.version_id, rate.rate_id))
        lasting = group[0]
        for rate in group[1:]:
            if lasting.is_in_force(rate.valid_from_at):
                overlaps.append(Overlap(lasting, rate))
            if lasting.valid_to_at is not None and (rate.valid_to_at is None or rate.valid_to_at > lasting.valid_to_at):
                lasting = rate
    return overlaps
