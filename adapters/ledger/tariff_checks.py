"""What refuses a tariff beside its own cells: duplicates, overlaps, notice, wrong units. Set by set."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import Announcement, Finding, RateKey, fields, last_rates, rate_key
from adapters.ledger.overlaps import Validity, overlapping
from domain.errors import BadInput
from domain.money import MICROS_PER_EURO
from domain.tariff import check_notice

# No minute of any network costs more, satellites included: more is cents, or another currency.
DEAREST_MICROS = 15 * MICROS_PER_EURO
# Nor is any call worth more before its first second; a French service asks 3 EUR at most.
DEAREST_CALL_MICROS = 5 * MICROS_PER_EURO
DEAREST = {
    "price_per_minute_micros": ("EUR/min", DEAREST_MICROS),
    "surcharge_per_minute_micros": ("EUR/min surcharge", DEAREST_MICROS),
    "connection_fee_micros": ("EUR connection fee", DEAREST_CALL_MICROS),
    "minimum_charge_micros": ("EUR minimum charge", DEAREST_CALL_MICROS),
    "surcharge_per_call_micros": ("EUR/call surcharge", DEAREST_CALL_MICROS),
}
# A change of the whole deck no carrier makes: between euros and cents it is 100, between minutes and seconds 60.
SUSPECT_RATIO = 30
_CENTS = "cents given as euros, or euros as cents? say --unit"


def duplicates_and_overlaps(announcement: Announcement) -> Iterator[Finding]:
    """Rates that compete: the same twice, or one that begins before the other has ended."""
    first: dict[RateKey, DeckRate] = {}
    competing: dict[RateKey, list[DeckRate]] = defaultdict(list)
    for rate in announcement.rates:
        key = rate_key(rate)
        kept = first.setdefault(key, rate)
        if kept is not rate:
            competing[key].append(rate)
    for key, more in competing.items():
        seen: dict[dt.date | None, DeckRate] = {}
        for rate in (first[key], *more):
            known = seen.setdefault(rate.valid_from, rate)
            if known is not rate:
                yield announcement.finding(rate.row, f"{named(announcement, rate)} is on row {known.row} already")
        for earlier, later in overlapping(_validity(announcement, rate) for rate in seen.values()):
            yield announcement.finding(
                later.row or announcement.row, f"{later} overlaps {earlier}; end the earlier one first"
            )


def named(announcement: Announcement, rate: DeckRate) -> str:
    """A rate by its key: ``V1 * * 33 * 2026-01-01``."""
    return " ".join(map(str, (announcement.version_id, *rate_key(rate), rate.valid_from)))


def _validity(announcement: Announcement, rate: DeckRate) -> Validity:
    name = (
        f"{announcement.version_id} rate {rate.origin_country}/{rate.origin_number_type} to {rate.destination_prefix}"
    )
    if rate.call_category != "*":
        name += f" ({rate.call_category})"
    begins = rate.valid_from or announcement.version.valid_from
    return Validity(rate_key(rate), name, begins, rate.valid_to, rate.row)


def notice(announcement: Announcement) -> Iterator[Finding]:
    """Customers are told a month before (terms of sale, art. 6.1)."""
    version = announcement.version
    try:
        check_notice(version.valid_from, version.notice_date, version_id=version.version_id)
    except BadInput as error:
        if version.notice_date is not None and version.notice_date >= version.valid_from:
            reason = f"{error} (a notice on or after that day is none: leave it out and waive missing_notice)"
            yield announcement.finding(announcement.row, reason)
        else:
            rule = "missing_notice" if version.notice_date is None else "late_notice"
            yield announcement.finding(announcement.row, str(error), rule)


def too_dear(announcement: Announcement) -> Iterator[Finding]:
    """Prices no network asks, and amounts of a call that no service does."""
    amounts, most = fields(*DEAREST), tuple(limit for _, limit in DEAREST.values())
    for rate in announcement.rates:
        for asked, limit, (unit, _) in zip(amounts(rate), most, DEAREST.values(), strict=True):
            if asked > limit:
                price = f"{rate.destination_prefix} at {euros(asked)} {unit}"
                reason = f"{price} is above {euros(limit)} {unit}: {_CENTS}"
                yield announcement.finding(rate.row, reason, "price_unit")


def scaled(announcement: Announcement, before: str, earlier: list[DeckRate]) -> Iterator[Finding]:
    """Half of the prices, or more, are many times what the version before asked, or a fraction of it."""
    old = {key: rate.price_per_minute_micros for key, rate in last_rates(earlier).items()}
    now = last_rates(announcement.rates).items()
    pairs = [(price, rate) for key, rate in now if (price := old.get(key)) and rate.price_per_minute_micros]
    dearer = [(price, rate) for price, rate in pairs if rate.price_per_minute_micros >= SUSPECT_RATIO * price]
    cheaper = [(price, rate) for price, rate in pairs if rate.price_per_minute_micros * SUSPECT_RATIO <= price]
    for found, times in ((dearer, "times"), (cheaper, "times less than")):
        if found and 2 * len(found) >= len(pairs):
            price, rate = found[0]
            example = f"{rate.destination_prefix}: {euros(price)} -> {euros(rate.price_per_minute_micros)} EUR/min"
            reason = f"{len(found)} of {len(pairs)} prices are {SUSPECT_RATIO} {times} those of {before} ({example})"
            yield announcement.finding(rate.row, f"{reason}: {_CENTS}", "price_unit")


def euros(micros: int) -> str:
    """Micro-euros as plain decimals of a euro: ``0.0080``."""
    whole, rest = divmod(micros, MICROS_PER_EURO)
    return f"{whole}.{f'{rest:06d}'.rstrip('0').ljust(4, '0')}"
