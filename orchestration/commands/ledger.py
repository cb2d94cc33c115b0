"""``seconde init`` and ``seconde import``: what people bring into the ledger."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BadInput
from orchestration.clock import today
from orchestration.commands.console import stderr
from orchestration.commands.tariff_options import (
    SIGNED,
    AcceptedBy,
    Because,
    ChangesFile,
    NoticeDate,
    Plan,
    Preview,
    PriceUnit,
    Sheet,
    TariffOptions,
    TiersFile,
    Told,
    ValidFrom,
    ValidTo,
    Version,
    Waive,
)
from orchestration.commands.tariffs import import_tariff_file
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from adapters.ledger.imports import ImportReport

SEEDS = Path(__file__).resolve().parent.parent.parent / "seeds"


class Seed(StrEnum):
    """Worlds that ship with Seconde."""

    DEMO = "demo"


class Kind(StrEnum):
    """What a file to import holds."""

    OPERATOR = "operator"
    CUSTOMERS = "customers"
    CONTRACTS = "contracts"
    NUMBERS = "numbers"
    TARIFFS = "tariffs"
    PLANS = "plans"
    TIERS = "tiers"
    ALLOWANCES = "allowances"
    PAYMENTS = "payments"
    LEGAL_RATES = "legal-rates"


def init(
    seed: Annotated[Seed | None, typer.Option(help="Also load a world that ships with Seconde")] = None,
) -> None:
    """Make the ledger, or bring it up to date, with the law's dated figures."""
    from adapters.ledger.seed import load_law, load_world
    from adapters.ledger.store import Ledger

    settings = load_settings()
    ledger = Ledger(settings.ledger)
    ledger.migrate()
    reports = load_law(ledger, SEEDS / "law")
    if seed is not None:
        reports |= load_world(ledger, SEEDS / seed.value)
    for name, report in reports.items():
        print_report(name, report)


def import_file(
    kind: Annotated[Kind, typer.Argument(help="What FILE holds")],
    file: Annotated[Path, typer.Argument(help="CSV, or XLSX for tariffs; adapters/ledger/imports.py has the columns")],
    plan: Plan = None,
    version: Version = None,
    valid_from: ValidFrom = None,
    valid_to: ValidTo = None,
    notice_date: NoticeDate = None,
    told: Told = None,
    unit: PriceUnit = None,
    sheet: Sheet = None,
    waive: Waive = None,
    accepted_by: AcceptedBy = "",
    because: Because = "",
    preview: Preview = False,
    changes: ChangesFile = None,
    tiers: TiersFile = None,
) -> None:
    """Bring a file into the ledger, all of it or nothing. Importing it again changes nothing."""
    said = (plan, version, valid_from, valid_to, notice_date, told, unit, sheet)
    options = TariffOptions(*said, waive, accepted_by, because, preview, changes, tiers)
    settings = load_settings()
    try:
        report = _load(settings, kind, file, options)
    except BadInput as error:
        if not preview:
            set_aside(settings, file, str(error))
        raise
    if report is not None:
        print_report(file.name, report)
    if report is not None and report.rejected:
        reasons = "\n".join(f"row {problem.row}: {problem.reason}" for problem in report.rejected)
        kept = set_aside(settings, file, reasons)
        count = len(report.rejected)
        raise BadInput(f"{count} rows of {file} were not taken; the file and the reasons are in {kept}\n{reasons}")


def _load(settings: Settings, kind: Kind, file: Path, options: TariffOptions) -> ImportReport | None:
    from adapters.ledger import imports
    from adapters.ledger.store import Ledger

    ledger = Ledger(settings.ledger)
    if kind is Kind.TARIFFS:
        return import_tariff_file(settings, ledger, file, options)
    if kind is Kind.TIERS and SIGNED.issuperset(options.given):
        return imports.import_tiers(ledger, file, options.waiver())
    if options.given:
        raise BadInput(f"{', '.join(options.given)}: only `seconde import tariffs` takes this")
    if kind is Kind.CONTRACTS:
        return imports.import_contracts(ledger, file, today())
    if kind is Kind.NUMBERS:
        return imports.import_numbers(ledger, file, today())
    load = {
        Kind.OPERATOR: imports.import_operator,
        Kind.CUSTOMERS: imports.import_customers,
        Kind.PLANS: imports.import_plans,
        Kind.ALLOWANCES: imports.import_allowances,
        Kind.PAYMENTS: imports.import_payments,
        Kind.LEGAL_RATES: imports.import_legal_rates,
    }[kind]
    return load(ledger, file)


def set_aside(settings: Settings, file: Path, reason: str) -> Path:
    """Keep a copy of a file that was not taken whole, with the reason beside it. Returns the folder."""
    folder = settings.home / "quarantine"
    if file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / file.name)
        (folder / f"{file.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    return folder


def print_report(name: str, report: ImportReport) -> None:
    known = f", {report.already_known} known already" if report.already_known else ""
    stderr().print(f"{name}: {report.accepted} rows taken{known}", highlight=False)
