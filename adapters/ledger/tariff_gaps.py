"""What nobody prices any more: prefixes the version before had and this one has not, days between two versions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import Announcement, Finding
from adapters.ledger.tables import TariffVersion
from adapters.ledger.tariff_checks import euros
from domain.prefixes import FOR_EVER, Coverage
from domain.tariff import ANY

Origin = tuple[str, str, str]


def days_between(announcement: Announcement, versions: Iterable[TariffVersion]) -> Iterator[Finding]:
    """Days on which no version of the plan is in force, before this one and after it."""
    version = announcement.version
    others = [v for v in versions if v.plan == version.plan and v.version_id != version.version_id]
    before = max((v for v in others if v.valid_from < version.valid_from), key=lambda v: v.valid_from, default=None)
    after = min((v for v in others if v.valid_from > version.valid_from), key=lambda v: v.valid_from, default=None)
    for earlier, later in ((before, version), (version, after)):
        if earlier and later:
            yield from _between(announcement, earlier, later)


def _between(announcement: Announcement, earlier: TariffVersion, later: TariffVersion) -> Iterator[Finding]:
    if earlier.valid_to is not None and earlier.valid_to < later.valid_from:
        reason = (
            f"no version of {earlier.plan} is in force from {earlier.valid_to}, the end of {earlier.version_id},"
            f" to {later.valid_from}, the start of {later.version_id}; begin the later one when the earlier ends"
        )
        yield announcement.finding(announcement.row, reason, "gap")


def moved_end(
    announcement: Announcement, known: TariffVersion, versions: Iterable[TariffVersion], new: Collection[str]
) -> Iterator[Finding]:
    """What is asked when the end of a version in the ledger moves: days it leaves are priced, days it wins were told.

    A version after it that is ``new`` is asked for the days between itself.
    """
    version = announcement.version
    ended, ends = known.valid_to or FOR_EVER, version.valid_to or FOR_EVER
    if ends > ended:
        reason = (
            f"{version.version_id} ends on {ended} in the ledger, and {version.valid_to or 'never'} here: nobody was"
            " told that its prices go on; announce another version, with its notice"
        )
        yield announcement.finding(announcement.row, reason, "missing_notice")
        return
    later = [other for other in versions if other.plan == version.plan and other.valid_from > version.valid_from]
    after = min(later, key=lambda other: other.valid_from, default=None)
    if after is None:
        reason = (
            f"no version of {version.plan} is in force from {ends}, the end of {version.version_id}: its calls take the"
            " prices of the plan it falls back to, or have none; announce the version that follows"
        )
        yield announcement.finding(announcement.row, reason, "gap")
    elif after.version_id not in new:
        yield from _between(announcement, version, after)


def prefixes_lost(
    announcement: Announcement, before: TariffVersion, earlier: list[DeckRate], fallback: list[DeckRate]
) -> Iterator[Finding]:
    """Prefixes that ``before`` priced and for which a call has no price now, on some day of the version.

    A shorter prefix prices them too, longer ones together, or a rate of the plan it falls back to.
    """
    version = announcement.version
    ended = min(version.valid_from, before.valid_to or FOR_EVER)
    late = {rate.destination_prefix: rate.row for rate in announcement.rates if rate.valid_from != version.valid_from}
    priced = _by_origin([*announcement.rates, *fallback])
    for origin, rates in _by_origin(r for r in earlier if r.valid_to is None or r.valid_to >= ended).items():
        competing = [rate for other, found in priced.items() if _prices(other, origin) for rate in found]
        whole = _priced_throughout(version, competing)
        lost = [rate for rate in rates if not _is_in(whole, rate.destination_prefix)]
        parts = Coverage(_days(version, rate) for rate in competing) if lost else Coverage(())
        for rate in lost:
            for piece, begins, ends in parts.holes(rate.destination_prefix, version.valid_from, version.valid_to):
                row = next((late[head] for n in range(len(piece), 0, -1) if (head := piece[:n]) in late), 0)
                reason = _lost(before.version_id, rate, piece, None if row == 0 else (begins, ends))
                yield announcement.finding(row or announcement.row, reason, "gap")


def _by_origin(rates: Iterable[DeckRate]) -> dict[Origin, list[DeckRate]]:
    groups: dict[Origin, list[DeckRate]] = defaultdict(list)
    for rate in rates:
        groups[_origin(rate)].append(rate)
    return groups


def _is_in(prefixes: set[str], prefix: str) -> bool:
    """Whether a prefix, or a shorter one, is there."""
    return any(prefix[:length] in prefixes for length in range(1, len(prefix) + 1))


def _priced_throughout(version: TariffVersion, rates: Iterable[DeckRate]) -> set[str]:
    first, last = version.valid_from, version.valid_to or FOR_EVER
    days = (_days(version, rate) for rate in rates)
    return {prefix for prefix, begins, ends in days if begins <= first and (ends or FOR_EVER) >= last}


def _days(version: TariffVersion, rate: DeckRate) -> tuple[str, dt.date, dt.date | None]:
    return rate.destination_prefix, rate.valid_from or version.valid_from, rate.valid_to or version.valid_to


def _origin(rate: DeckRate) -> Origin:
    return rate.origin_country, rate.origin_number_type, rate.call_category


def _prices(rate: Origin, call: Origin) -> bool:
    country, number_type, category = rate
    return (
        country in (ANY, call[0])
        and number_type in (ANY, call[1])
        and (category == call[2] or (category == ANY and call[2] != "incoming"))
    )


def _lost(before: str, rate: DeckRate, piece: str, days: tuple[dt.date, dt.date] | None) -> str:
    had = f"{before} prices {rate.destination_prefix} ({rate.category}, {euros(rate.price_per_minute_micros)} EUR/min)"
    what = "it" if piece == rate.destination_prefix else f"its {piece}"
    if days is None:
        return f"{had}, and no rate here prices {what}; add it, or a shorter prefix"
    until = "on" if days[1] == FOR_EVER else f"to {days[1]}"
    return f"{had}, and no rate here prices {what} from {days[0]} {until}; add the price for those days"
