"""The ledger's rates as the warehouse's: between which days each is in force, and which decks rate nothing."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import insert

from adapters.ledger.store import Ledger
from adapters.ledger.tables import TariffPlan, TariffRate, TariffVersion, TariffWaiver
from assets.rating.tables import TARIFF_RATES
from assets.rating.tariffs import rates_in_force
from domain.errors import BadInput

JANUARY = dt.date(2026, 1, 1)
OCTOBER = dt.date(2026, 10, 1)
TOLD = dt.date(2025, 11, 1)
# As many as a carrier's whole deck.
DECK = 260_000


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate()
    with ledger.session() as session:
        session.add(TariffPlan(plan="standard"))
    return ledger


def version(ledger: Ledger, version_id: str = "V1", waived: str | None = None, **changed: Any) -> None:
    given: dict[str, Any] = {"plan": "standard", "valid_from": JANUARY, "notice_date": TOLD}
    with ledger.session() as session:
        session.add(TariffVersion(version_id=version_id, **given | changed))
        session.flush()
        if waived:
            who: dict[str, Any] = {"accepted_by": "A. Martin", "reason": "first tariff", "accepted_on": JANUARY}
            session.add(TariffWaiver(version_id=version_id, rule=waived, **who))


def rate(ledger: Ledger, prefix: str = "33", **changed: Any) -> None:
    given: dict[str, Any] = {
        "version_id": "V1",
        "destination_country": "FR",
        "category": "France",
        "valid_from": JANUARY,
    }
    with ledger.session() as session:
        session.add(TariffRate(destination_prefix=prefix, price_per_minute_micros=8000, **given | changed))


def rows(ledger: Ledger) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        found: list[dict[str, Any]] = connection.sql(rates_in_force(ledger, connection)).to_arrow_table().to_pylist()
    return found


def test_a_rate_is_in_force_where_its_days_meet_its_version_s(ledger):
    version(ledger, valid_to=dt.date(2026, 11, 1))
    rate(ledger, "33", valid_from=dt.date(2025, 6, 1))
    rate(ledger, "FR36", valid_to=OCTOBER, call_category="campaign", destination_group="short")
    rate(ledger, "44", valid_from=dt.date(2026, 11, 1))
    first, short = rows(ledger)
    assert first.keys() == {column.name for column in TARIFF_RATES.columns}
    assert (first["valid_from"], first["valid_to"]) == (JANUARY, dt.date(2026, 11, 1))
    assert (first["valid_from_at"], first["valid_to_at"]) == (
        dt.datetime(2025, 12, 31, 23), dt.datetime(2026, 10, 31, 23)
    )  # fmt: skip
    assert (short["valid_to_at"], short["prefix_length"]) == (dt.datetime(2026, 9, 30, 22), 4)
    assert (short["call_category"], short["destination_group"], first["destination_group"]) == (
        "campaign",
        "short",
        None,
    )


def test_a_ledger_without_rates_gives_none(ledger):
    assert rows(ledger) == []


@pytest.mark.parametrize(
    ("notice", "waived", "said"),
    [
        (dt.date(2025, 12, 15), None, "told on 2025-12-15: it may not rate a call before 2026-01-15"),
        (dt.date(2025, 12, 15), "missing_notice", "told on 2025-12-15"),
        (None, "missing_notice", None),
        (dt.date(2025, 12, 15), "late_notice", None),
    ],
)
def test_a_version_told_late_or_to_nobody_rates_only_under_its_waiver(ledger, notice, waived, said):
    version(ledger, notice_date=notice, waived=waived)
    rate(ledger)
    if said is None:
        assert len(rows(ledger)) == 1
    else:
        with pytest.raises(BadInput, match=said):
            rows(ledger)


def test_versions_whose_rates_overlap_rate_nothing_and_both_rates_are_named(ledger):
    version(ledger)
    rate(ledger)
    rate(ledger, "336")
    with ledger.session() as session:
        # Past the ledger's own guard, as a restored database might be.
        session.connection().execute(insert(TariffVersion).values(
            version_id="V2", plan="standard", valid_from=OCTOBER, notice_date=TOLD))  # fmt: skip
    rate(ledger, version_id="V2", valid_from=OCTOBER)
    with pytest.raises(BadInput, match=r"rate 1 of tariff version V1 \(prefix 33\) and rate 3 of tariff version V2"):
        rows(ledger)


def test_a_prefix_that_is_none_rates_nothing(ledger):
    version(ledger)
    rate(ledger, "0633")
    with pytest.raises(BadInput, match="'0633' is not a prefix"):
        rows(ledger)


def test_a_deck_of_260_000_rates_is_read_in_seconds(ledger):
    version(ledger)
    given = {"version_id": "V1", "destination_country": "FR", "category": "France", "valid_from": JANUARY}
    with ledger.session() as session:
        prices = [
            {**given, "destination_prefix": str(1_000_000 + n), "price_per_minute_micros": n, "origin_country": "*",
             "origin_number_type": "*", "call_category": "*", "connection_fee_micros": 0, "initial_seconds": 1,
             "increment_seconds": 1, "minimum_charge_micros": 0, "surcharge_per_call_micros": 0,
             "surcharge_per_minute_micros": 0}
            for n in range(DECK)
        ]  # fmt: skip
        session.connection().execute(insert(TariffRate), prices)
    began = time.monotonic()
    with duckdb.connect() as connection:
        assert len(connection.sql(rates_in_force(ledger, connection))) == DECK
    print(f"{DECK} rates in {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 30
