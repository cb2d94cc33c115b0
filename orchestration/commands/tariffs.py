"""``seconde import tariffs``: a deck or a file of versions read, previewed, then written whole or not at all."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress

from domain.errors import BadInput
from orchestration.clock import today
from orchestration.commands.console import progress, stderr
from orchestration.commands.tariff_options import TariffOptions
from orchestration.commands.tariff_previews import SHOWN, print_cost, print_version, print_waived, write_changes
from orchestration.settings import Settings

if TYPE_CHECKING:
    from adapters.ledger.announcements import Announcement
    from adapters.ledger.csv_files import RowProblem
    from adapters.ledger.merging import ImportReport
    from adapters.ledger.store import Ledger
    from adapters.ledger.tables import TariffTier
    from adapters.ledger.tariff_plans import TariffImport


def import_tariff_file(settings: Settings, ledger: Ledger, file: Path, options: TariffOptions) -> ImportReport | None:
    """Read, plan, show, write. None after a preview, which writes nothing.

    Raises:
        BadInput: the file or the options are wrong; every problem of the rows is told.
    """
    # A deck is millions of small objects that all live to the end: looking for dead ones takes a quarter of the time.
    gc.disable()
    try:
        return _import(settings, ledger, file, options)
    finally:
        gc.enable()


def _import(settings: Settings, ledger: Ledger, file: Path, options: TariffOptions) -> ImportReport | None:
    from adapters.ledger.tariff_imports import plan_tariffs, write_tariffs

    waiver = options.waiver()
    with progress() as bar:
        announced, problems = _read(file, options, bar)
        task = bar.add_task(f"checking {file.name}", total=None)
        planned = plan_tariffs(ledger, file, announced, problems, waiver, options.tiers)
        bar.remove_task(task)
    for announcement in planned.new:
        print_version(announcement, planned)
        _print_cost(settings, ledger, announcement, planned.tiers[announcement.version_id])
    for announcement in planned.known:
        print_waived(announcement, planned)
    if options.changes is not None:
        write_changes(options.changes, planned)
    if options.preview:
        stderr().print(_previewed(planned), highlight=False)
        return None
    with progress() as bar:
        task = bar.add_task("writing", total=sum(len(each.rates) for each in planned.new))
        return write_tariffs(ledger, planned, waiver, lambda rows: bar.advance(task, rows))


def _read(file: Path, options: TariffOptions, bar: Progress) -> tuple[list[Announcement], list[RowProblem]]:
    from adapters.decks.reader import read_deck
    from adapters.ledger.announcements import announce_deck
    from adapters.ledger.merging import refuse
    from adapters.ledger.tariff_files import is_file_of_versions, read_versions

    task = bar.add_task(f"reading {file.name}", total=None)
    if is_file_of_versions(file):
        if options.of_decks:
            raise BadInput(f"{file} names its versions itself; leave out {', '.join(options.of_decks)}")
        return read_versions(file)
    terms = options.terms()
    deck = read_deck(file, unit=options.unit, sheet=options.sheet, tell=lambda rows: bar.advance(task, rows))
    bar.remove_task(task)
    if not deck.rates:
        refuse(file, deck.problems)
    if deck.unread:
        stderr().print(f"{file.name}: columns not read: {', '.join(deck.unread)}", highlight=False)
    for row, reason in deck.doubts[:SHOWN]:
        stderr().print(f"{file.name}, row {row}: {reason}", highlight=False)
    if len(deck.doubts) > SHOWN:
        stderr().print(f"{len(deck.doubts) - SHOWN} more rows name another country than their digits", highlight=False)
    return [announce_deck(deck, terms)], deck.problems


def _print_cost(settings: Settings, ledger: Ledger, announcement: Announcement, tiers: Sequence[TariffTier]) -> None:
    """What the last complete month would have cost under the version, if there is such a month."""
    if not (settings.home / "warehouse" / "rated_calls").exists():
        stderr().print("no rated calls in the warehouse yet: what they would have cost cannot be said", highlight=False)
        return
    from assets.rating.tariff_preview import effect
    from orchestration.build import build_platform

    plan = announcement.version.plan
    plans = [plan, *(row.plan for row in ledger.tariff_plans() if row.fallback_plan == plan)]
    print_cost(effect(build_platform(settings), plans, announcement.rates, today(), tiers))


def _previewed(planned: TariffImport) -> str:
    if planned.new:
        return "a preview: nothing was written; run it again without --preview"
    return "nothing new: the ledger knows these tariffs already"
