"""A whole world from a folder of CSV files, through the same imports that people use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.ledger.imports import (
    ImportReport,
    import_allowances,
    import_contracts,
    import_customers,
    import_late_payment_rules,
    import_legal_rates,
    import_numbers,
    import_operator,
    import_plans,
    import_tariffs,
    import_vat_rules,
)
from adapters.ledger.store import Ledger
from adapters.ledger.switch_imports import SWITCH_FILES, import_switch_file

Import = Callable[[Ledger, Path], ImportReport]


def _import_tariffs(ledger: Ledger, path: Path) -> ImportReport:
    """With the tiers that stand beside them: what customers are told of is told at once."""
    tiers = path.with_name("tiers.csv")
    return import_tariffs(ledger, path, tiers if tiers.exists() else None)


# In the order in which one refers to another.
_LAW: tuple[tuple[str, Import], ...] = (
    ("legal_rates.csv", import_legal_rates),
    ("late_payment_rules.csv", import_late_payment_rules),
    ("vat_rules.csv", import_vat_rules),
)
_WORLD: tuple[tuple[str, Import], ...] = (
    ("operator.csv", import_operator),
    ("customers.csv", import_customers),
    ("plans.csv", import_plans),
    ("tariffs.csv", _import_tariffs),
    ("contracts.csv", import_contracts),
    ("allowances.csv", import_allowances),
    ("numbers.csv", import_numbers),
)
# A world may have none of these.
_OPTIONAL = frozenset({"plans.csv", "allowances.csv"})


def load_law(ledger: Ledger, folder: Path) -> dict[str, ImportReport]:
    """The law as dated data (``seeds/law``), which every ledger needs. Loading it again changes nothing.

    Raises:
        BadInput: a file is missing or wrong; the files before it are loaded.
    """
    return {name: load(ledger, folder / name) for name, load in _LAW}


def load_world(ledger: Ledger, folder: Path) -> dict[str, ImportReport]:
    """Operator, customers, tariffs, contracts and numbers of a folder, and what its switch runs if it says so.

    Loading it again changes nothing.

    Raises:
        BadInput: a file is missing or wrong; the files before it are loaded.
    """
    reports = {
        name: load(ledger, folder / name) for name, load in _WORLD if name not in _OPTIONAL or (folder / name).exists()
    }
    for kind in SWITCH_FILES:
        path = folder / f"{kind}.csv"
        if path.exists():
            reports[path.name] = import_switch_file(ledger, kind, path)
    return reports
