"""The shipped world and the shipped law load through the imports, twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from adapters.ledger.seed import load_law, load_world
from domain.errors import BadInput

SEEDS = Path(__file__).resolve().parents[3] / "seeds"


def test_the_demo_world_loads_and_loading_it_again_changes_nothing(ledger):
    first = load_law(ledger, SEEDS / "law") | load_world(ledger, SEEDS / "demo")
    assert all(report.accepted and not report.already_known for report in first.values())
    before = (ledger.snapshots(), ledger.rates())
    again = load_law(ledger, SEEDS / "law") | load_world(ledger, SEEDS / "demo")
    assert all(report.already_known and not report.accepted for report in again.values())
    assert (ledger.snapshots(), ledger.rates()) == before


def test_the_law_covers_every_territory_today(ledger):
    load_law(ledger, SEEDS / "law")
    for territory in ("FR_MAINLAND", "FR_DOM", "FR_VAT_EXEMPT", "EU", "NON_EU", "RESELLER"):
        assert ledger.vat_rule(territory, dt.date(2026, 12, 1)).territory == territory
    assert ledger.late_payment_rule(dt.date(2026, 12, 1)).rate_multiplier == 3


def test_a_world_without_its_files_is_refused_by_name(ledger, tmp_path):
    with pytest.raises(BadInput, match=r"operator\.csv cannot be read"):
        load_world(ledger, tmp_path)
