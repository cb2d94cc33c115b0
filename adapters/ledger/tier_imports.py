"""Volume tiers: announced with their version, or let in after it by a person who answers for it.

A tier is a price. Customers were told of a version as it stood when it came in: a tier that comes in later was not
announced with it (art. 6.1), so it needs the recorded waiver of a late notice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from sqlmodel import Session, select

from adapters.ledger.announcements import Waiver
from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_micros, as_text
from adapters.ledger.merging import ImportReport, Merge, Rule, plan, refuse
from adapters.ledger.plan_imports import as_minutes, unknown_names
from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffTier, TariffVersion, TariffWaiver

LATE = "late_notice"
TIERS = (
    Column("version_id", as_text),
    Column("destination_group", as_text),
    Column("from_minutes", as_minutes),
    Column("price_eur", as_micros, field="price_per_minute_micros"),
)
_TIERS = Rule(
    TariffTier,
    ("version_id", "destination_group", "from_minutes"),
    frozenset(),
    "a tariff that was announced does not change: announce another version",
)
WITH_IT = (
    "bring tiers in with their version (import tariffs --tiers FILE), "
    f"or --waive {LATE}, with --accepted-by and --because"
)


def import_tiers(ledger: Ledger, path: Path, waiver: Waiver | None = None) -> ImportReport:
    """Tiers of versions the ledger has already; who lets them in late is written down with them.

    Raises:
        ImportRefused: also for every new tier without a ``waiver`` of the late notice.
    """
    rows, problems = read_csv(path, TIERS)
    with ledger.session() as session:
        versions = set(session.exec(select(TariffVersion.version_id)))
        problems += unknown_names(versions, rows, "version_id", "tariff version")
        merge = plan(session, _TIERS, rows)
        is_waived = waiver is not None and LATE in waiver.rules
        if not is_waived:
            problems += _unannounced(merge, versions)
        late = {row.values["version_id"] for row in merge.new}
        for known in session.exec(select(TariffWaiver).where(TariffWaiver.rule == LATE)):
            if is_waived and known.version_id in late:
                said = f"{known.accepted_by} answers for {known.version_id} already ({known.reason})"
                problems.append(RowProblem(_first(merge, known.version_id), f"{said}: announce another version"))
        refuse(path, [*problems, *merge.problems])
        if waiver is not None:
            by, reason, on = waiver.accepted_by, waiver.reason, waiver.accepted_on
            session.add_all(
                TariffWaiver(version_id=version_id, rule=LATE, accepted_by=by, reason=reason, accepted_on=on)
                for version_id in sorted(late)
            )
        return merge.apply(session)


def plan_tiers(session: Session, path: Path, announced: Collection[str]) -> Merge:
    """The tiers that come with the versions ``announced`` by one import; those the ledger has are as they were.

    Raises:
        ImportRefused: a tier of a version that is neither announced here nor known with it.
    """
    rows, problems = read_csv(path, TIERS)
    versions = set(session.exec(select(TariffVersion.version_id)))
    problems += unknown_names(versions.union(announced), rows, "version_id", "tariff version")
    merge = plan(session, _TIERS, rows)
    problems += _unannounced(merge, versions)
    refuse(path, [*problems, *merge.problems])
    return merge


def _unannounced(merge: Merge, versions: Collection[str]) -> list[RowProblem]:
    return [
        RowProblem(row.number, f"{row.values['version_id']} was announced without this tier: {WITH_IT}")
        for row in merge.new
        if row.values["version_id"] in versions
    ]


def _first(merge: Merge, version_id: str) -> int:
    return min(row.number for row in merge.new if row.values["version_id"] == version_id)


def tiers_of(rows: Sequence[Row], version_id: str) -> list[TariffTier]:
    """The tiers some rows bring to one version."""
    return [TariffTier(**row.values) for row in rows if row.values["version_id"] == version_id]
