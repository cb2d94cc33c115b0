"""What the ledger knows of tariffs at one moment, read by columns: 260,000 rates are tuples, not objects."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import literal
from sqlmodel import Session, col, select

from adapters.decks.reader import DeckRate
from adapters.ledger.announcements import FIELDS
from adapters.ledger.tables import TariffPlan, TariffRate, TariffVersion


class TariffState:
    """The versions, plans and rates of a ledger, inside one transaction. Rates are read when asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.versions = {row.version_id: row for row in session.exec(select(TariffVersion))}
        self._rates: dict[str, list[DeckRate]] = {}

    @cached_property
    def fallbacks(self) -> dict[str, str | None]:
        """Each plan and what it falls back to."""
        return {row.plan: row.fallback_plan for row in self._session.exec(select(TariffPlan))}

    def rates(self, version_id: str) -> list[DeckRate]:
        """The rates of a version; their row is 0."""
        if version_id not in self._rates:
            columns = [getattr(TariffRate, name) for name in FIELDS]
            statement = select(literal(0), *columns).where(col(TariffRate.version_id) == version_id)
            found = self._session.execute(statement)
            self._rates[version_id] = [DeckRate._make(row) for row in found]
        return self._rates[version_id]

    def fingerprint(self) -> tuple[tuple[object, ...], ...]:
        """What changes when any version does; the rates of an announced version never do."""
        rows = [tuple(row.model_dump().values()) for row in self.versions.values()]
        return (*sorted(rows, key=repr), *sorted(self.fallbacks.items()))
