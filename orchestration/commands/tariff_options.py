"""What the command line says of a tariff deck that the deck does not say itself, and who answers for what it breaks."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from domain.errors import BadInput
from orchestration.clock import today

if TYPE_CHECKING:
    from adapters.ledger.announcements import Terms, Waiver


class WaivedRule(StrEnum):
    """The rules of a tariff that a person may let an import break."""

    LATE_NOTICE = "late_notice"
    MISSING_NOTICE = "missing_notice"
    GAP = "gap"
    PRICE_UNIT = "price_unit"


PANEL = "Tariff decks"
Plan = Annotated[str | None, typer.Option("--plan", help="The plan a deck is a version of", rich_help_panel=PANEL)]
Version = Annotated[
    str | None, typer.Option("--version", help="The version's name; default PLAN-DATE", rich_help_panel=PANEL)
]
ValidFrom = Annotated[
    str | None,
    typer.Option("--valid-from", help="First day in force; default the deck's earliest date", rich_help_panel=PANEL),
]
ValidTo = Annotated[
    str | None, typer.Option("--valid-to", help="First day no longer in force; default no end", rich_help_panel=PANEL)
]
NoticeDate = Annotated[
    str | None, typer.Option("--notice-date", help="The day customers were told (art. 6.1)", rich_help_panel=PANEL)
]
Told = Annotated[
    str | None,
    typer.Option("--told", help="Who was told and how: 'all customers, e-mail of 28/10/2026'", rich_help_panel=PANEL),
]
PriceUnit = Annotated[
    str | None, typer.Option("--unit", help="What a price counts: EUR/min, cents/min, EUR/s", rich_help_panel=PANEL)
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook", rich_help_panel=PANEL)]
Waive = Annotated[
    list[WaivedRule] | None, typer.Option("--waive", help="A rule this import may break", rich_help_panel=PANEL)
]
AcceptedBy = Annotated[str, typer.Option("--accepted-by", help="Who answers for it", rich_help_panel=PANEL)]
Because = Annotated[str, typer.Option("--because", help="Why", rich_help_panel=PANEL)]
Preview = Annotated[
    bool, typer.Option("--preview", help="Say what would change and cost; write nothing", rich_help_panel=PANEL)
]
ChangesFile = Annotated[
    Path | None, typer.Option("--changes", help="Every rate that changes, as CSV to this file", rich_help_panel=PANEL)
]
TiersFile = Annotated[
    Path | None, typer.Option("--tiers", help="CSV of the volume tiers announced with it", rich_help_panel=PANEL)
]
# What also signs for tiers that come in after their version.
SIGNED = frozenset({"--waive", "--accepted-by", "--because"})


class TariffOptions(NamedTuple):
    """The options of ``seconde import tariffs``, as typed."""

    plan: str | None
    version: str | None
    valid_from: str | None
    valid_to: str | None
    notice_date: str | None
    told: str | None
    unit: str | None
    sheet: str | None
    waive: list[WaivedRule] | None
    accepted_by: str
    because: str
    preview: bool
    changes: Path | None
    tiers: Path | None = None

    @property
    def given(self) -> list[str]:
        """The options that were typed, as they are spelled."""
        return [f"--{name.replace('_', '-')}" for name, value in self._asdict().items() if value]

    @property
    def of_decks(self) -> list[str]:
        """Those that a file of versions says itself."""
        return [name for name in self.given if name[2:].replace("-", "_") in self._fields[:8]]

    def terms(self) -> Terms:
        """What they say of the version. Raises BadInput for a deck without a plan, and for what is no date."""
        from adapters.ledger.announcements import Terms

        if self.plan is None:
            raise BadInput("a deck does not name the plan it is of; say --plan standard")
        return Terms(
            plan=self.plan,
            version_id=self.version,
            valid_from=_date(self.valid_from, "--valid-from"),
            valid_to=_date(self.valid_to, "--valid-to"),
            notice_date=_date(self.notice_date, "--notice-date"),
            told_customers=self.told,
        )

    def waiver(self) -> Waiver | None:
        """Who lets it break which rules. Raises BadInput when the name or the reason is missing."""
        from adapters.ledger.announcements import Waiver

        if not self.waive:
            return None
        if not (self.accepted_by.strip() and self.because.strip()):
            raise BadInput("a waiver is signed: say --accepted-by NAME and --because REASON")
        return Waiver(frozenset(map(str, self.waive)), self.accepted_by, self.because, today())


def _date(text: str | None, option: str) -> dt.date | None:
    from adapters.ledger.csv_values import as_date

    return None if text is None else as_date(text, option)
