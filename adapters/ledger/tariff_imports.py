"""Imports of tariffs: whole versions of plans, told in time, without overlap or gap, or nothing.

A file is read, then planned against the ledger, then written in one transaction; a preview stops before the
last. A refused import writes nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, col, select

from adapters.decks.reader import Tell
from adapters.ledger.announcements import FIELDS, Announcement, Waiver
from adapters.ledger.csv_files import RowProblem
from adapters.ledger.merging import ImportReport, refuse
from adapters.ledger.plan_imports import add_plans
from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffTier, TariffVersion, TariffWaiver
from adapters.ledger.tariff_files import read_versions
from adapters.ledger.tariff_plans import TariffImport, plan_import
from adapters.ledger.tariff_state import TariffState
from adapters.ledger.tier_imports import plan_tiers, tiers_of
from domain.errors import TransientError

BATCH = 10_000


def import_tariffs(ledger: Ledger, path: Path, tiers: Path | None = None) -> ImportReport:
    """A file of versions with all their rates and volume tiers, and the end of known versions. Counts are of rates.

    Raises:
        ImportRefused: every problem by row: a price, unit, prefix or date that is wrong, a version whose notice is
            missing or late, rates or versions that overlap or come twice, a prefix that nobody prices any more, a
            known version that would change.
    """
    announced, problems = read_versions(path)
    return write_tariffs(ledger, plan_tariffs(ledger, path, announced, problems, tiers=tiers), None)


def plan_tariffs(
    ledger: Ledger,
    path: Path,
    announced: Sequence[Announcement],
    problems: Sequence[RowProblem],
    waiver: Waiver | None = None,
    tiers: Path | None = None,
) -> TariffImport:
    """What importing would do, without writing. ``tiers`` is a file of the volume tiers announced with the versions.

    Raises:
        ImportRefused: the problems of the file's rows, and of its versions.
    """
    with ledger.reading() as session:
        planned = plan_import(TariffState(session), announced, waiver)
        new = [each.version_id for each in planned.new]
        rows = plan_tiers(session, tiers, new).new if tiers is not None else []
        known = session.exec(
            select(TariffTier).order_by(col(TariffTier.destination_group), col(TariffTier.from_minutes))
        )
        kept = [TariffTier(**tier.model_dump()) for tier in known]
    planned.tiers = {version_id: tiers_of(rows, version_id) for version_id in new}
    planned.tiers_before = {
        version_id: [tier for tier in kept if tier.version_id == before.version_id]
        for version_id, before in planned.before.items()
    }
    refuse(path, [*problems, *planned.problems])
    return planned


def write_tariffs(
    ledger: Ledger, planned: TariffImport, waiver: Waiver | None, tell: Tell | None = None
) -> ImportReport:
    """Write what was planned, all of it or nothing. ``tell`` hears of rates written.

    Raises:
        TransientError: somebody else's import came between the plan and this.
    """
    with ledger.session() as session:
        state = TariffState(session)
        if state.fingerprint() != planned.fingerprint:
            raise TransientError("another import changed the tariffs meanwhile; nothing was written, run it again")
        for version_id, end in planned.ends.items():
            state.versions[version_id].valid_to = end
        add_plans(session, (each.version.plan for each in planned.new))
        session.flush()
        for announcement in planned.new:
            _write(session, announcement, planned, waiver, tell)
            session.add_all(planned.tiers[announcement.version_id])
        for announcement in planned.known:
            _record(session, announcement.version_id, planned, waiver)
    return _report(planned)


def _write(
    session: Session, announcement: Announcement, planned: TariffImport, waiver: Waiver | None, tell: Tell | None
) -> None:
    version_id = announcement.version_id
    version = TariffVersion(**announcement.version.model_dump())
    session.add(version)
    session.flush()
    _record(session, version_id, planned, waiver)
    # Past the unit of work, in batches: 260,000 objects would take minutes. What it guards was checked set by set.
    rows = ({"version_id": version_id, **dict(zip(FIELDS, rate[1:], strict=True))} for rate in announcement.rates)
    while batch := list(islice(rows, BATCH)):
        session.connection().execute(insert(SQLModel.metadata.tables["tariff_rate"]), batch)
        if tell is not None:
            tell(len(batch))


def _record(session: Session, version_id: str, planned: TariffImport, waiver: Waiver | None) -> None:
    """Who answers for the rules a version breaks. Of a rule that was waived for it before, both are kept."""
    if waiver is None:
        return
    by, reason, on = waiver.accepted_by, waiver.reason, waiver.accepted_on
    for rule in sorted({finding.rule for finding in planned.waived if finding.version_id == version_id}):
        known = session.get(TariffWaiver, (version_id, rule))
        if known is None:
            row = TariffWaiver(version_id=version_id, rule=rule, accepted_by=by, reason=reason, accepted_on=on)
            session.add(row)
        else:
            known.reason = f"{known.reason}; {on}, {by}: {reason}"


def _report(planned: TariffImport) -> ImportReport:
    """A known version that ends is taken again, with its rates."""
    ended = sum(len(each.rates) for each in planned.known if each.version_id in planned.ends)
    known = sum(len(each.rates) for each in planned.known)
    return ImportReport(sum(len(each.rates) for each in planned.new) + ended, known - ended)
