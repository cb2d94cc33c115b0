"""The assets as Dagster runs them: the steps of a close, in order, with what they report."""

from __future__ import annotations

import dagster as dg
import pytest

from adapters.alerts import Alerts
from adapters.numbering import Numbering
from assets.invoices.close import closing_date
from assets.invoices.invoice_documents import invoice_documents
from assets.invoices.invoice_lines import invoice_lines
from assets.invoices.invoices import invoices
from assets.invoices.issued_documents import issued_documents
from assets.invoices.late_payment_penalties import late_payment_penalties
from assets.invoices.refused_drafts import refused_drafts
from assets.invoices.subscription_charges import subscription_charges
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import BadInput

STEPS = [
    subscription_charges,
    late_payment_penalties,
    refused_drafts,
    invoice_lines,
    invoices,
    issued_documents,
    invoice_documents,
]
DATED = ["late_payment_penalties", "refused_drafts", "invoices", "issued_documents"]


@pytest.fixture
def platform(house) -> Platform:
    return Platform(
        home=house.home,
        warehouse=house.warehouse,
        ledger=house.ledger,
        project=house.project,
        numbering=Numbering(),
        renderer=house.renderer,
        alerts=Alerts([], house.warehouse),
        carrier_profiles=frozenset(),
    )


def run(platform: Platform, as_of: str) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        STEPS,
        partition_key="2026-10",
        resources={"platform": platform},
        run_config={"ops": {name: {"config": {"as_of": as_of}} for name in DATED}},
    )


def test_the_steps_of_a_close_run_in_order_and_report_totals_and_links(house, platform):
    house.charge("2026-10", "2026-11-01")
    result = run(platform, "2026-11-01")
    assert result.success
    reported = {step.op.name: result.asset_materializations_for_node(step.op.name)[0].metadata for step in STEPS}
    assert reported["invoices"]["total"].value == "180,00\u00a0€"
    assert reported["issued_documents"]["documents_of_the_month"].value == 1
    link = str(reported["invoice_documents"]["documents"].value)
    assert f"[FA-2026-000001]({(house.home / 'documents/2026-10/FA-2026-000001.pdf').as_uri()})" in link
    assert [row["number"] for row in house.rows("invoice_documents")] == ["FA-2026-000001"]


def test_a_closed_month_keeps_the_day_it_closed_on(house):
    house.close("2026-10", "2026-11-01")
    assert closing_date(house.ledger, Month(2026, 10), "2027-03-15").isoformat() == "2026-11-01"


def test_a_closing_day_that_is_no_date_is_bad_input(house):
    with pytest.raises(BadInput, match="YYYY-MM-DD"):
        closing_date(house.ledger, Month(2026, 10), "1er novembre")
