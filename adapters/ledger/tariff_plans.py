"""What an import of tariffs would do to the ledger, decided before anything is written: new, known, refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import Announcement, Finding, Waiver, completed, unfit_dates
from adapters.ledger.csv_files import RowProblem
from adapters.ledger.overlaps import overlapping, version_validity
from adapters.ledger.tables import TariffTier, TariffVersion
from adapters.ledger.tariff_changes import Changes, compare
from adapters.ledger.tariff_checks import duplicates_and_overlaps, notice, scaled, too_dear
from adapters.ledger.tariff_gaps import days_between, moved_end, prefixes_lost
from adapters.ledger.tariff_rewrites import rewritten
from adapters.ledger.tariff_state import TariffState

# A short deck in the place of a long one would hide every other problem behind the prefixes it has not.
NAMED_GAPS = 20


@dataclass
class TariffImport:
    """A file against the ledger. ``ends`` are known versions that end, with their day; ``tiers`` come with new ones.

    ``problems`` refuse the import; ``waived`` would have, and a person answers for them.
    """

    new: list[Announcement] = field(default_factory=list)
    known: list[Announcement] = field(default_factory=list)
    ends: dict[str, dt.date | None] = field(default_factory=dict)
    before: dict[str, TariffVersion] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    tiers: dict[str, list[TariffTier]] = field(default_factory=dict)
    tiers_before: dict[str, list[TariffTier]] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    waived: list[Finding] = field(default_factory=list)
    fingerprint: tuple[tuple[object, ...], ...] = ()


def plan_import(state: TariffState, given: Sequence[Announcement], waiver: Waiver | None) -> TariffImport:
    """Compare what a file announces with the ledger, and check every rule. Reads only."""
    planned = TariffImport(fingerprint=state.fingerprint())
    announced = [completed(each, state.versions.get(each.version_id)) for each in given]
    for announcement in announced:
        known = state.versions.get(announcement.version_id)
        findings: Iterator[Finding] = chain(unfit_dates(announcement), duplicates_and_overlaps(announcement))
        if known is None:
            planned.new.append(announcement)
        else:
            planned.known.append(announcement)
            findings = chain(findings, rewritten(announcement, known, state.rates(known.version_id)))
            if announcement.version.valid_to != known.valid_to:
                planned.ends[known.version_id] = announcement.version.valid_to
        planned.problems += [finding.problem for finding in findings]
    _end_before(planned, state)
    versions = _as_it_would_be(planned, state)
    planned.problems += _competing(announced, versions)
    for announcement in planned.new:
        _judge(planned, announcement, versions, state, waiver)
    for announcement in planned.known:
        if announcement.version_id in planned.ends:
            known = state.versions[announcement.version_id]
            _take(planned, moved_end(announcement, known, versions, {new.version_id for new in planned.new}), waiver)
    return planned


def _judge(
    planned: TariffImport,
    announcement: Announcement,
    versions: Sequence[TariffVersion],
    state: TariffState,
    waiver: Waiver | None,
) -> None:
    """What is asked of a new version, against the one before it in its plan."""
    version = announcement.version
    findings = [*notice(announcement), *too_dear(announcement), *days_between(announcement, versions)]
    earlier = [v for v in versions if v.plan == version.plan and v.valid_from < version.valid_from]
    rates: list[DeckRate] = []
    if earlier:
        before = max(earlier, key=lambda v: v.valid_from)
        planned.before[version.version_id] = before
        rates = _rates_of(planned, state, before)
        findings += scaled(announcement, before.version_id, rates)
        lost = list(prefixes_lost(announcement, before, rates, _fallback(planned, state, version, versions)))
        findings += lost[:NAMED_GAPS]
        if len(lost) > NAMED_GAPS:
            more = f"{len(lost) - NAMED_GAPS} more prefixes of {before.version_id} that no rate here prices"
            findings.append(announcement.finding(announcement.row, more, "gap"))
    planned.changes[version.version_id] = compare(rates, announcement.rates)
    _take(planned, findings, waiver)


def _take(planned: TariffImport, findings: Iterable[Finding], waiver: Waiver | None) -> None:
    """Findings somebody answers for, and those that refuse."""
    for finding in findings:
        if waiver is not None and finding.rule in waiver.rules:
            planned.waived.append(finding)
        else:
            planned.problems.append(finding.problem)


def _rates_of(planned: TariffImport, state: TariffState, version: TariffVersion) -> list[DeckRate]:
    in_file = (each.rates for each in planned.new if each.version_id == version.version_id)
    return next(in_file, None) or state.rates(version.version_id)


def _fallback(
    planned: TariffImport, state: TariffState, version: TariffVersion, versions: Sequence[TariffVersion]
) -> list[DeckRate]:
    """The rates of the plan it falls back to, each on the days its own version is in force."""
    plan = state.fallbacks.get(version.plan)
    return [
        rate._replace(valid_from=max(rate.valid_from or other.valid_from, other.valid_from), valid_to=end)
        for other in versions
        if other.plan == plan and (other.valid_to is None or other.valid_to > version.valid_from)
        for rate in _rates_of(planned, state, other)
        for end in [min((day for day in (rate.valid_to, other.valid_to) if day), default=None)]
    ]


def _end_before(planned: TariffImport, state: TariffState) -> None:
    """A deck takes over from the version of its plan that has no end: that one ends where the deck begins."""
    for announcement in planned.new:
        version = announcement.version
        for known in state.versions.values():
            if (
                announcement.is_deck
                and known.plan == version.plan
                and known.valid_to is None
                and known.valid_from < version.valid_from
            ):
                planned.ends[known.version_id] = version.valid_from


def _as_it_would_be(planned: TariffImport, state: TariffState) -> list[TariffVersion]:
    kept = [
        TariffVersion(**{**known.model_dump(), "valid_to": planned.ends.get(known.version_id, known.valid_to)})
        for known in state.versions.values()
    ]
    return [*kept, *(announcement.version for announcement in planned.new)]


def _competing(announced: Sequence[Announcement], versions: Sequence[TariffVersion]) -> Iterator[RowProblem]:
    """Versions of one plan that would be in force at once."""
    rows = {each.version_id: each.row for each in announced}
    validities = [version_validity(version, rows.get(version.version_id)) for version in versions]
    for earlier, later in overlapping(validities):
        row = later.row or earlier.row
        if row is not None:
            yield RowProblem(row, f"{later} overlaps {earlier}; end the earlier one first")
