"""``seconde init`` and ``seconde import``: what people bring into the ledger."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BadInput
from orchestration.commands.console import stderr
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
    file: Annotated[Path, typer.Argument(help="CSV; its columns stand in adapters/ledger/imports.py")],
) -> None:
    """Bring a CSV file into the ledger. Importing it again changes nothing."""
    from adapters.ledger import imports
    from adapters.ledger.store import Ledger

    settings = load_settings()
    load = {
        Kind.OPERATOR: imports.import_operator,
        Kind.CUSTOMERS: imports.import_customers,
        Kind.CONTRACTS: imports.import_contracts,
        Kind.NUMBERS: imports.import_numbers,
        Kind.TARIFFS: imports.import_tariffs,
        Kind.PLANS: imports.import_plans,
        Kind.TIERS: imports.import_tiers,
        Kind.ALLOWANCES: imports.import_allowances,
        Kind.PAYMENTS: imports.import_payments,
        Kind.LEGAL_RATES: imports.import_legal_rates,
    }[kind]
    try:
        report = load(Ledger(settings.ledger), file)
    except BadInput as error:
        set_aside(settings, file, str(error))
        raise
    print_report(file.name, report)
    if report.rejected:
        reasons = "\n".join(f"row {problem.row}: {problem.reason}" for problem in report.rejected)
        kept = set_aside(settings, file, reasons)
        count = len(report.rejected)
        raise BadInput(f"{count} rows of {file} were not taken; the file and the reasons are in {kept}\n{reasons}")


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
