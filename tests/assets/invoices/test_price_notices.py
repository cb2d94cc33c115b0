"""Who is told of a new tariff, and of which prices: all that says what a call costs, for all whose calls it rates."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.tables import TariffPlan, TariffRate, TariffTier, TariffVersion
from adapters.price_list import CallPrice, PriceChange, price_list_csv
from assets.invoices.price_notices import PriceNotice, told_of
from domain.errors import BadInput

BEFORE, DAY = dt.date(2026, 1, 1), dt.date(2026, 12, 15)
TODAY = dt.date(2026, 11, 1)


@pytest.fixture
def house(empty_house):
    """a has the standard plan, b one of his own that falls back to it, c another one altogether."""
    empty_house.add(
        TariffPlan(plan="standard"), TariffPlan(plan="own", fallback_plan="standard"), TariffPlan(plan="other")
    )
    for name, plan in (("a", "standard"), ("b", "own"), ("c", "other")):
        empty_house.customer(f"acct-{name}", email=f"{name}@client.example")
        empty_house.contract(f"ctr-{name}-1", tariff_plan=plan)
    return empty_house


def version(house, name, plan="standard", start=BEFORE, end=None, rates=()):
    notice = start - dt.timedelta(days=40)
    house.add(TariffVersion(version_id=name, plan=plan, valid_from=start, valid_to=end, notice_date=notice))
    for rate in rates:
        given = {"destination_country": "FR", "category": "France - mobiles", "price_per_minute_micros": 19_000}
        house.add(TariffRate(**{"version_id": name, "valid_from": start, "destination_prefix": "336", **given, **rate}))


def told(house, *, before, after, own=()):
    """Who is told of V2 after V1, with the prices each is told of."""
    version(house, "V1", end=DAY, rates=before)
    version(house, "V2", start=DAY, rates=after)
    if own:
        version(house, "OWN", plan="own", rates=own)
    found = told_of(house.ledger, "V2", TODAY)
    notice = PriceNotice(house.ledger, next(v for v in house.ledger.tariff_versions() if v.version_id == "V2"))
    return {customer.customer_id: notice.changes({customer.customer_id}) for customer in found}


def test_who_falls_back_to_a_plan_is_told_of_the_prices_his_own_does_not_set(house):
    prefixes = [{"destination_prefix": "33", "category": "France - fixes"}, {"destination_prefix": "336"}]
    dearer = [{**rate, "price_per_minute_micros": 25_000} for rate in prefixes]
    found = told(house, before=prefixes, after=dearer, own=[{"destination_prefix": "336"}])
    assert {who: [change.category for change in changes] for who, changes in found.items()} == {
        "acct-a": ["France - fixes", "France - mobiles"],
        "acct-b": ["France - fixes"],
    }


def test_a_price_of_his_own_for_some_calls_only_does_not_hide_the_standard_one(house):
    own = [{"origin_number_type": "mobile"}, {"call_category": "forwarded"}]
    assert set(told(house, before=[{}], after=[{"price_per_minute_micros": 25_000}], own=own)) == {"acct-a", "acct-b"}


def test_who_has_every_changed_price_of_his_own_is_not_told(house):
    assert set(told(house, before=[{}], after=[{"price_per_minute_micros": 25_000}], own=[{}])) == {"acct-a"}


def test_direct_and_forwarded_calls_to_one_prefix_are_two_prices(house):
    calls = [{"call_category": "direct"}, {"call_category": "forwarded"}]
    dearer = [{"call_category": "direct", "price_per_minute_micros": 25_000}, {"call_category": "forwarded"}]
    [change] = told(house, before=calls, after=dearer)["acct-a"]
    assert (change.call_category, change.before.price_per_minute_micros, change.after.price_per_minute_micros) == (
        "direct", 19_000, 25_000,
    )  # fmt: skip


def test_whatever_makes_a_call_dearer_is_told(house):
    dearer = {
        "connection_fee_micros": 100_000,
        "minimum_charge_micros": 50_000,
        "initial_seconds": 60,
        "increment_seconds": 30,
        "surcharge_per_call_micros": 10_000,
        "surcharge_per_minute_micros": 10_000,
    }
    before = [{"destination_prefix": f"336{n}", "category": term} for n, term in enumerate(dearer)]
    after = [{**rate, rate["category"]: dearer[rate["category"]]} for rate in before]
    found = told(house, before=before, after=after)["acct-a"]
    assert {change.category: getattr(change.after, change.category) for change in found} == dearer
    assert all(getattr(change.before, change.category) < dearer[change.category] for change in found)


def test_a_price_past_so_many_minutes_is_told_too(house):
    version(house, "V1", end=DAY, rates=[{"destination_group": "france"}])
    version(house, "V2", start=DAY, rates=[{"destination_group": "france"}])
    for name, price in (("V1", 10_000), ("V2", 12_000)):
        tier = TariffTier(version_id=name, destination_group="france", from_minutes=500, price_per_minute_micros=price)
        house.add(tier)
    assert [one.customer_id for one in told_of(house.ledger, "V2", TODAY)] == ["acct-a", "acct-b"]


def test_the_price_before_is_the_one_of_the_day_before(house):
    june = dt.date(2026, 6, 1)
    dated = [{"valid_to": june}, {"valid_from": june, "price_per_minute_micros": 22_000}]
    [change] = told(house, before=dated, after=[{"price_per_minute_micros": 25_000}])["acct-a"]
    assert change.before == CallPrice(22_000)


def test_a_version_that_changes_nothing_tells_nobody_and_says_so(house):
    with pytest.raises(BadInput, match="V2 changes no price of a customer on 2026-12-15"):
        told(house, before=[{}], after=[{}])


def test_the_table_shows_what_differs_and_nothing_else_beside_the_minute():
    dearer = PriceChange("France - mobiles", "FR", CallPrice(19_000), CallPrice(19_000, connection_fee_micros=100_000))
    added = PriceChange("Royaume-Uni", "GB", None, CallPrice(30_000), "*", "mobile", "forwarded")
    heading, *rows = price_list_csv([dearer, added]).decode("utf-8-sig").splitlines()
    assert heading == (
        "Destination;Pays;Prix par minute HT (EUR), avant;Prix par minute HT (EUR), après;"
        "Frais de connexion HT (EUR), avant;Frais de connexion HT (EUR), après;Depuis le pays;Depuis;Pour"
    )
    assert rows == [
        "France - mobiles;FR;0,019;0,019;0,00;0,10;;;",
        "Royaume-Uni;GB;;0,03;;0,00;;numéros mobiles;renvois d’appels",
    ]
