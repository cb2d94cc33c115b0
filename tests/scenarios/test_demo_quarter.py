"""The demo, with a third of its calls: everything a quarter should show is on it, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.chart_file import read_chart
from adapters.fec_file import export_fec
from orchestration.demo import CLOSES, LATE_DATE, Demo
from orchestration.flow import Flow
from orchestration.settings import Settings
from tests.domain.fec_checker import balance, check, grouped
from tests.scenarios.worlds import outcome


def play(flow: Flow) -> None:
    Demo(flow, say=lambda _: None, progress=lambda *_: None, percent=34).run()


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    flow = Flow(Settings(home=tmp_path_factory.mktemp("quarter")))
    play(flow)
    return flow


def ask(flow: Flow, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in flow.platform.warehouse.read(sql).to_pylist()]


def test_each_month_was_closed_as_of_its_day(quarter: Flow) -> None:
    periods = {period.month: period.issue_date for period in quarter.platform.ledger.periods()}
    assert periods == {str(month): as_of for month, as_of in CLOSES}


def test_the_last_month_shows_every_kind_of_line(quarter: Flow) -> None:
    query = """
        select distinct lines.kind from issued_document_lines as lines
        join issued_documents using (number) where month = '2026-11'
    """
    assert {kind for (kind,) in ask(quarter, query)} == {"subscription", "usage", "penalty", "indemnity"}


def test_every_vat_regime_of_the_rules_stands_on_an_invoice(quarter: Flow) -> None:
    query = "select distinct vat_category, vat_rate_basis_points from issued_document_lines where kind = 'usage'"
    assert {("S", 2000), ("S", 850), ("AE", 0), ("G", 0), ("E", 0)} <= set(ask(quarter, query))


def test_october_is_rated_at_two_prices_and_changes_on_the_day_announced(quarter: Flow) -> None:
    query = """
        select tariff_version_id, min(record_date) as first_date, max(record_date) as last_date
        from rated_calls where month = '2026-10' and call_month = '2026-10' and tariff_version_id like 'STD%'
        group by tariff_version_id order by tariff_version_id
    """
    before, after = ask(quarter, query)
    assert (before[0], after[0]) == ("STD-2026-01", "STD-2026-10")
    assert str(before[2]) <= "2026-10-15" < "2026-10-16" <= str(after[1])


def test_calls_that_arrived_after_their_month_closed_are_on_the_next_invoice_with_their_date(quarter: Flow) -> None:
    late = ask(quarter, "select month, record_date from rated_calls where month <> call_month")
    assert late
    assert set(late) == {("2026-10", LATE_DATE)}


def test_calls_without_a_price_are_listed_told_and_not_billed(quarter: Flow) -> None:
    unrated = ask(quarter, "select month, reason, destination_number from unrated_calls")
    assert unrated
    assert {reason for _, reason, _ in unrated} == {"NO_RATE"}
    assert all(number.startswith("+870") for _, _, number in unrated)
    told = ask(quarter, "select month from data_quality_alerts where check_name = 'calls_without_a_price'")
    assert {month for (month,) in told} == {month for month, _, _ in unrated}


def test_an_invoice_paid_in_time_owes_nothing_and_each_late_one_its_indemnity_once(quarter: Flow) -> None:
    penalties = ask(
        quarter, "select customer_id, sum(indemnity_cents) from late_payment_penalties group by customer_id"
    )
    assert {customer for customer, _ in penalties} == {f"acct-{n}" for n in (1002, 1004, 1005, 1007, 1010)}
    assert {cents for _, cents in penalties} == {4000}


def test_the_recorded_calls_stand_on_november_beside_the_simulated(quarter: Flow) -> None:
    query = """
        select count(*) from rated_calls
        join call_detail_records using (boot_id, leg_id)
        where rated_calls.month = '2026-11' and switch_name = 'fslab1'
    """
    assert ask(quarter, query)[0][0] >= 5


def test_every_number_is_gapless_in_its_series(quarter: Flow) -> None:
    series: dict[str, list[int]] = {}
    for document in quarter.platform.ledger.documents():
        series.setdefault(document.series, []).append(document.sequence)
    assert {name: sorted(numbers) for name, numbers in series.items()} == {
        name: list(range(1, len(numbers) + 1)) for name, numbers in series.items()
    }


def test_the_accountant_s_file_keeps_every_rule_and_says_what_customers_owe(quarter: Flow, tmp_path: Path) -> None:
    """FEC of the three months: the sum of 411, and of each customer's, is the receivables table's."""
    for month, as_of in CLOSES:
        report = export_fec(quarter.platform.ledger, read_chart(), as_of.year, tmp_path, until=as_of)
        found = check(report.path.read_bytes(), report.path.name)
        owed = ask(
            quarter,
            f"select customer_id, outstanding_cents from kpi_receivables_monthly where month = '{month}' order by 1",
        )
        customers = [row for row in found if row["CompteNum"] == "411000"]
        assert balance(customers) * 100 == sum(cents for _, cents in owed)
        by_customer = grouped(customers, "CompAuxNum")
        assert [(customer, balance(by_customer[customer,]) * 100) for customer, _ in owed] == owed
        assert balance([row for row in found if row["CompteNum"][0] == "7"]) < 0
        before = report.path.read_bytes()
        export_fec(quarter.platform.ledger, read_chart(), as_of.year, tmp_path, until=as_of)
        assert report.path.read_bytes() == before


def test_a_second_demo_is_the_first(quarter: Flow) -> None:
    before = outcome(quarter)
    segments = sorted(quarter.platform.journal.iterdir())
    play(quarter)
    assert sorted(quarter.platform.journal.iterdir()) == segments
    assert outcome(quarter) == before
