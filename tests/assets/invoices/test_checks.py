"""In a run, a new price whose notice did not leave stops what bills it, is found and told, until somebody answers."""

from __future__ import annotations

import datetime as dt

import dagster as dg
import pytest

from adapters.alerts import Alerts
from adapters.ledger.contract_journal import Signature
from adapters.ledger.contract_notices import announce
from adapters.ledger.periods import Signature as Closer
from adapters.numbering import Numbering
from assets.gates import TOLD, answer_for
from assets.invoices.checks import price_checks
from assets.invoices.subscription_charges import subscription_charges
from assets.platform import Platform
from domain.calendar import Month

OCTOBER = "2026-10"


@pytest.fixture
def platform(empty_house):
    house = empty_house
    house.customer()
    house.contract()
    told = Signature("A. Martin", dt.date(2026, 8, 20), "grille")
    announce(
        house.ledger, "ctr-1001-1", told, dt.datetime(2026, 8, 20), item="subscription", unit_cents=159_00,
        effective_on=dt.date(2026, 10, 1), notice_date=told.recorded_on,
    )  # fmt: skip
    return Platform(
        home=house.home, warehouse=house.warehouse, ledger=house.ledger, project=house.project,
        numbering=Numbering(), renderer=house.renderer, alerts=Alerts([], house.warehouse),
        carrier_profiles=frozenset(),
    )  # fmt: skip


def run(platform, month):
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [subscription_charges, *price_checks()],
            partition_key=month,
            resources={"platform": platform},
            instance=instance,
            raise_on_error=False,
        )


def test_a_price_nobody_was_told_of_fails_the_charges_of_the_month_it_begins_in_and_no_other(platform):
    for month, passes in (("2026-09", True), (OCTOBER, False)):
        result = run(platform, month)
        [check] = result.get_asset_check_evaluations()
        assert (check.check_name, check.passed, result.success) == (TOLD, passes, passes)
    [found] = platform.warehouse.read("select month, row_key, reason from data_quality_findings").to_pylist()
    reason = "the price of 2026-10-01 was not told: its notice is queued"
    assert found == {"month": OCTOBER, "row_key": "ctr-1001-1#2", "reason": reason}
    [alert] = platform.alerts.open_alerts(OCTOBER)
    assert "ctr-1001-1#2" in alert.message
    who = Closer("A. Martin", dt.datetime(2026, 11, 2, tzinfo=dt.UTC), "told by telephone, the customer agrees")
    answer_for(platform.ledger, platform.warehouse, Month.parse(OCTOBER), TOLD, who)
    result = run(platform, OCTOBER)
    [check] = result.get_asset_check_evaluations()
    assert (check.passed, check.severity, result.success) == (False, dg.AssetCheckSeverity.WARN, True)
    assert "told by telephone" in str(check.metadata["overridden"].value)
