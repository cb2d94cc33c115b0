"""How the command line shows what an import of tariffs would change, and what it would have cost."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from domain.countries import french_country
from domain.money import MICROS_PER_EURO, decimal_text
from orchestration.commands.console import print_rows, stdout

if TYPE_CHECKING:
    from adapters.decks.reader import DeckRate
    from adapters.ledger.announcements import Announcement
    from adapters.ledger.tables import TariffTier
    from adapters.ledger.tariff_plans import TariffImport
    from assets.rating.tariff_preview import Effect

# So many of the largest changes, waived findings and countries are shown; --changes has every rate.
SHOWN = 20
COLUMNS = (
    *("version_id", "change", "prefix", "country", "category", "origin_country", "origin_number_type"),
    *("call_category", "from_eur_per_minute", "to_eur_per_minute", "percent"),
)


def print_version(announcement: Announcement, planned: TariffImport) -> None:
    """One new version: whose, when, after which, and its changes by country and by size."""
    version, changes = announcement.version, planned.changes[announcement.version_id]
    before = planned.before.get(version.version_id)
    dates = f"from {version.valid_from}" + (f" to {version.valid_to}" if version.valid_to else "")
    lines = [f"{version.version_id}: plan {version.plan}, {dates}, {len(announcement.rates)} rates"]
    if version.notice_date:
        lines.append(f"told on {version.notice_date}: {version.told_customers or 'nobody named'}")
    if before is None:
        lines.append("the plan has no version before it: every rate is added")
    else:
        ends = planned.ends.get(before.version_id)
        lines.append(f"after {before.version_id}" + (f", which ends on {ends}" if ends else ""))
    added, changed, removed = changes.count("added"), changes.count("changed"), changes.count("removed")
    lines.append(f"{added} added, {changed} changed, {removed} removed, {changes.kept.total()} as before")
    stdout().print("\n".join(lines), highlight=False, markup=False)
    rows = [(_country(row.country), *row[1:]) for row in changes.by_country()]
    if rows:
        names = ("country", "added", "dearer", "cheaper", "other terms", "removed", "as before")
        print_rows(names, rows, as_csv=False, title="rates by country")
    largest = [
        (change.key[2], change.rate.category, _price(change.before), _price(change.after), change.percent)
        for change in changes.largest(SHOWN)
    ]
    if largest:
        heads = ("prefix", "category", "from EUR/min", "to EUR/min", "%")
        print_rows(heads, largest, as_csv=False, title=f"largest changes, {len(largest)} of {changed}")
    _print_tiers(planned.tiers_before.get(version.version_id, []), planned.tiers[version.version_id])
    print_waived(announcement, planned)


def _print_tiers(before: Sequence[TariffTier], now: Sequence[TariffTier]) -> None:
    """The volume tiers of both versions, where they differ; a version without any takes none over."""
    prices = [
        {(t.destination_group, t.from_minutes): t.price_per_minute_micros for t in tiers} for tiers in (before, now)
    ]
    rows = [
        (*key, *("" if key not in side else _micros(side[key]) for side in prices))
        for key in sorted({*prices[0], *prices[1]})
        if prices[0].get(key) != prices[1].get(key)
    ]
    if rows:
        print_rows(("group", "from minutes", "from EUR/min", "to EUR/min"), rows, as_csv=False, title="volume tiers")


def print_waived(announcement: Announcement, planned: TariffImport) -> None:
    """The rules a version breaks that a person answers for."""
    waived = [finding for finding in planned.waived if finding.version_id == announcement.version_id]
    for finding in waived[:SHOWN]:
        stdout().print(f"waived, {finding.rule}, row {finding.row}: {finding.reason}", highlight=False, markup=False)
    if len(waived) > SHOWN:
        stdout().print(f"and {len(waived) - SHOWN} more waived", highlight=False)


def print_cost(effect: Effect | None) -> None:
    """What a month's calls cost and would have cost, by country and in all."""
    if effect is None:
        stdout().print("no complete month of rated calls yet: what it would have cost cannot be said", highlight=False)
        return
    rows = [
        (
            _country(moved.country),
            moved.calls,
            _euros(moved.before_micros),
            _euros(moved.after_micros),
            _euros(moved.after_micros - moved.before_micros),
            moved.newly_priced,
            moved.unpriced,
        )
        for moved in effect.countries
    ]
    _, *columns = zip(*effect.countries, strict=True) if effect.countries else ((), *[(0,)] * 5)
    calls, before, after, newly, unpriced = (sum(column) for column in columns)
    total = ("all", calls, _euros(before), _euros(after), _euros(after - before), newly, unpriced)
    names = ("country", "calls", "cost EUR", "would cost EUR", "difference", "newly priced", "without a price")
    title = f"calls of {effect.month} under {', '.join(effect.plans)}"
    print_rows(names, [*rows[:SHOWN], total], as_csv=False, title=title)


def write_changes(path: Path, planned: TariffImport) -> None:
    """Every rate that is added, changed or removed, as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for version_id, changes in planned.changes.items():
            for change in changes.changes:
                country, number_type, prefix, category = change.key
                named = (prefix, change.rate.destination_country, change.rate.category, country, number_type, category)
                prices = (_price(change.before), _price(change.after), change.percent)
                writer.writerow((version_id, change.kind, *named, *prices))


def _country(code: str) -> str:
    return "no country" if code == "001" else french_country(code)


def _price(rate: DeckRate | None) -> str:
    return "" if rate is None else _micros(rate.price_per_minute_micros)


def _micros(price: int) -> str:
    from adapters.ledger.tariff_checks import euros

    return euros(price)


def _euros(micros: int) -> str:
    return decimal_text(Fraction(micros, MICROS_PER_EURO), places=2)
