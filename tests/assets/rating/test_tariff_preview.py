"""What last month's calls would have cost under a version nobody has written yet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from adapters.decks.reader import DeckRate
from adapters.ledger.tables import TariffTier
from assets.rating.tariff_preview import Moved, effect, last_complete_month
from tests.assets.sql_world import MONTH, SqlWorld

TODAY = dt.date(2026, 11, 20)
RATED = {"boot_id": "boot", "leg_id": "mobile", "contract_id": "ctr-1001-1", "destination_country": "FR"}


def rate(prefix: str, price: int, country: str = "FR", **more) -> DeckRate:
    given = {
        "connection_fee_micros": 0,
        "destination_group": None,
        "surcharge_per_call_micros": 0,
        "valid_from": dt.date(2027, 1, 1),
        **more,
    }
    return DeckRate(
        row=2, origin_country="*", origin_number_type="*", call_category="*", destination_prefix=prefix,
        destination_country=country, category="x", price_per_minute_micros=price,
        minimum_charge_micros=0, surcharge_per_minute_micros=0, initial_seconds=1, increment_seconds=1,
        valid_to=None, **given,
    )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> SqlWorld:
    """A month with a minute to a French mobile at 0.02 EUR, and one to Japan that nobody prices."""
    with dg.DagsterInstance.ephemeral() as instance:
        world = SqlWorld(tmp_path, instance)
    world.put("rated_calls", [{**RATED, "month": MONTH, "call_month": MONTH, "amount_micros": 20_000}], MONTH)
    return world


def moved(world: SqlWorld, plan: str, *rates: DeckRate) -> list[Moved]:
    found = effect(world.platform, [plan], rates, TODAY)
    assert found is not None
    return found.countries


def files(world: SqlWorld) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(world.warehouse.root.rglob("*.parquet"))}


def test_the_calls_of_the_last_complete_month_are_rated_again(world):
    before = files(world)
    found = effect(world.platform, ["standard"], [rate("33", 30_000), rate("81", 500_000, "JP")], TODAY)
    assert found is not None
    assert (found.month, found.plans) == (MONTH, ("standard",))
    assert found.countries == [Moved("JP", 1, 0, 500_000, 1, 0), Moved("FR", 1, 20_000, 30_000, 0, 0)]
    assert files(world) == before, "a preview writes nothing"


def test_the_longest_prefix_wins_and_fees_and_surcharges_count(world):
    rates = [rate("33", 90_000), rate("336", 10_000, connection_fee_micros=5_000, surcharge_per_call_micros=70_000)]
    assert moved(world, "standard", *rates) == [Moved("FR", 1, 20_000, 85_000, 0, 0)]


def test_a_call_that_loses_its_price_is_counted(world):
    assert moved(world, "standard", rate("32", 1, "BE")) == [Moved("FR", 1, 20_000, 0, 0, 1)]


def test_the_last_price_of_several_dates_counts(world):
    rates = [rate("33", 10_000, valid_from=dt.date(2027, 2, 1)), rate("33", 90_000)]
    assert moved(world, "standard", *rates) == [Moved("FR", 1, 20_000, 10_000, 0, 0)]


def test_calls_under_other_plans_do_not_move(world):
    assert moved(world, "wholesale", rate("33", 1)) == []


def test_a_month_that_has_not_ended_is_not_complete(world):
    assert last_complete_month(world.warehouse, dt.date(2026, 10, 31)) is None
    assert effect(world.platform, ["standard"], [rate("33", 1)], dt.date(2026, 10, 31)) is None
    assert last_complete_month(world.warehouse, TODAY) == MONTH


def test_a_month_that_is_closed_is_rated_as_if_it_were_not(world):
    world.put("billing_periods", [{"month": MONTH, "state": "closed"}])
    billed = {**RATED, "call_month": MONTH, "is_billed": True, "amount_micros": 20_000}
    world.put("closed_calls", [{**billed, "month": MONTH}], MONTH)
    assert moved(world, "standard", rate("33", 30_000)) == [Moved("FR", 1, 20_000, 30_000, 0, 0)]


def test_volume_tiers_that_come_with_the_version_count(world):
    world.legs({"leg_id": "mobile", "billed_seconds": 120})
    tier = TariffTier(version_id="any", destination_group="france", from_minutes=1, price_per_minute_micros=10_000)
    rates = [rate("33", 30_000, destination_group="france")]
    found = effect(world.platform, ["standard"], rates, TODAY, [tier])
    assert found is not None
    assert found.countries == [Moved("FR", 1, 20_000, 40_000, 0, 0)]
