"""A tariff that was announced does not change: what a file says otherwise of a version the ledger has."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import FIELDS, Announcement, Finding, rate_key
from adapters.ledger.tables import TariffVersion
from adapters.ledger.tariff_checks import named

INSTEAD = "a tariff that was announced does not change: announce another version"


def rewritten(announcement: Announcement, known: TariffVersion, kept: list[DeckRate]) -> Iterator[Finding]:
    """Its terms, its rates, those the file leaves out."""
    for name in ("plan", "valid_from", "notice_date", "told_customers"):
        ours, theirs = getattr(known, name), getattr(announcement.version, name)
        if ours != theirs:
            said = f"{known.version_id}: {name} is {ours} in the ledger, {theirs} here; {INSTEAD}"
            yield announcement.finding(announcement.row, said)
    by_key = {(*rate_key(rate), rate.valid_from): rate for rate in kept}
    found, differs = set(), False
    for rate in announcement.rates:
        key = (*rate_key(rate), rate.valid_from)
        ours = by_key.get(key)
        if ours is None:
            yield announcement.finding(rate.row, f"{known.version_id} is known without this rate; {INSTEAD}")
        elif ours[1:] != rate[1:]:
            differs = True
            said = ", ".join(
                f"{name} is {old} in the ledger, {new} here"
                for name, old, new in zip(FIELDS, ours[1:], rate[1:], strict=True)
                if old != new
            )
            yield announcement.finding(rate.row, f"{named(announcement, rate)}: {said}; {INSTEAD}")
        found.add(key)
    left_out = len(by_key.keys() - found)
    # A rate that differs is named already.
    if left_out and not differs:
        said = f"{known.version_id} is known with {left_out} more rate(s), which the file leaves out; {INSTEAD}"
        yield announcement.finding(announcement.row, said)
