"""Suites on the real tables: a good month passes, what goes wrong is found and told, a wrong bill is stopped."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from adapters.alerts import Alerts
from adapters.data_quality import SuiteResult, evaluate
from adapters.expectations import Suite, at_least
from adapters.ledger.store import Ledger
from adapters.warehouse import Check, TableSpec, Warehouse
from assets.cdr.expectations import CALL_RECORD_SUITES, INTEGRITY, OWNERS
from assets.cdr.expectations import PLAUSIBILITY as CALL_PLAUSIBILITY
from assets.invoices.expectations import COMPLETENESS, DRAFTS, INVOICE_SUITES, LINES, PAYMENTS
from assets.partitions import BILLING_MONTHS
from assets.quality import before_visible, call_record_months, quality_checks, report_findings, run_month, suite_check
from assets.rating.expectations import INTEGRITY as TARIFF_INTEGRITY
from assets.rating.expectations import PLAUSIBILITY as TARIFF_PLAUSIBILITY
from assets.rating.expectations import UNRATED
from assets.tables import all_tables
from dbt_like_sql.project import Project
from domain.errors import PermanentError

REPOSITORY = Path(__file__).resolve().parents[2]
MONTH = "2026-10"
RAISED = dt.datetime(2026, 11, 1, 6, tzinfo=dt.UTC)
ALERTS = "select * from data_quality_alerts"
ALL_SUITES = (*CALL_RECORD_SUITES, TARIFF_INTEGRITY, TARIFF_PLAUSIBILITY, UNRATED, *INVOICE_SUITES, PAYMENTS)
Rows = dict[str, list[dict[str, Any]]]

LEG: dict[str, Any] = {
    "month": MONTH,
    "record_date": dt.date(2026, 10, 22),
    "boot_id": "boot",
    "leg_id": "leg",
    "call_id": "call",
    "leg_side": "B",
    "direction": "outgoing",
    "is_carrier_leg": True,
    "is_billable": True,
    "call_category": "direct",
    "customer_id": "acct-1001",
    "contract_id": "ctr-1001-1",
    "origin_number": "+33170181001",
    "destination_number": "+33612345678",
    "started_at": dt.datetime(2026, 10, 22, 10, 0, 0),
    "answered_at": dt.datetime(2026, 10, 22, 10, 0, 5),
    "ended_at": dt.datetime(2026, 10, 22, 10, 1, 5, 200_000),
    "billed_seconds": 61,
    "talk_micros": 60_200_000,
    "ring_micros": 5_000_000,
    "disposition": "answered",
    "segment": "fslab1-20261022T100000Z-000001",
}
UNANSWERED = LEG | {
    "leg_id": "busy",
    "is_billable": False,
    "answered_at": None,
    "ended_at": dt.datetime(2026, 10, 22, 10, 0, 7),
    "billed_seconds": 0,
    "talk_micros": 0,
    "disposition": "busy",
}
# The last instant of September in Paris is 21:59:59.999999 UTC: this call is October's.
MIDNIGHT = LEG | {
    "leg_id": "midnight",
    "call_id": "midnight",
    "record_date": dt.date(2026, 10, 1),
    "started_at": dt.datetime(2026, 9, 30, 21, 59, 59),
    "answered_at": dt.datetime(2026, 9, 30, 22, 0, 0),
    "ended_at": dt.datetime(2026, 9, 30, 22, 0, 0),
    "billed_seconds": 1,
    "talk_micros": 0,
}
RATE: dict[str, Any] = {
    "version_id": "v1",
    "plan": "standard",
    "rate_id": 1,
    "origin_country": "*",
    "origin_number_type": "*",
    "call_category": "*",
    "destination_prefix": "336",
    "prefix_length": 3,
    "destination_country": "FR",
    "category": "France - mobiles",
    "price_per_minute_micros": 65_000,
    "connection_fee_micros": 0,
    "minimum_charge_micros": 0,
    "surcharge_per_call_micros": 0,
    "surcharge_per_minute_micros": 0,
    "initial_seconds": 1,
    "increment_seconds": 1,
    "valid_from": dt.date(2026, 9, 1),
    "valid_to": dt.date(2026, 11, 1),
    "valid_from_at": dt.datetime(2026, 8, 31, 22),
    "valid_to_at": dt.datetime(2026, 10, 31, 23),
}
LINE: dict[str, Any] = {
    "month": MONTH,
    "customer_id": "acct-1001",
    "document_kind": "invoice",
    "line_number": 1,
    "contract_id": "ctr-1001-1",
    "kind": "subscription",
    "label": "Abonnement",
    "quantity": "1",
    "unit": "mois",
    "unit_price_micros": 100_250_000,
    "amount_cents": 10_025,
    "vat_category": "S",
    "vat_rate_basis_points": 2000,
}
PENALTY_LINE = LINE | {
    "document_kind": "debit_note",
    "contract_id": None,
    "kind": "penalty",
    "label": "Pénalités de retard",
    "amount_cents": 137,
    "vat_category": "O",
    "vat_rate_basis_points": 0,
    "about_number": "F2026-000001",
}
INVOICE: dict[str, Any] = {
    "month": MONTH,
    "customer_id": "acct-1001",
    "document_kind": "invoice",
    "issue_date": dt.date(2026, 11, 1),
    "due_date": dt.date(2026, 12, 1),
    "lines": 2,
    "net_cents": 10_027,
    # 2005.4 cents: half-up on the base of the rate, not line by line.
    "vat_cents": 2_005,
    "total_cents": 12_032,
    "content_sha256": "0" * 64,
}
DEBIT_NOTE = INVOICE | {
    "document_kind": "debit_note",
    "lines": 2,
    "net_cents": 4137,
    "vat_cents": 0,
    "total_cents": 4137,
}
ISSUED: dict[str, Any] = {
    "number": "F2026-000001",
    "series": "F",
    "year": 2026,
    "sequence": 1,
    "kind": "invoice",
    "customer_id": "acct-1001",
    "month": "2026-09",
    "issue_date": dt.date(2026, 10, 1),
    "due_date": dt.date(2026, 10, 31),
    "net_cents": 10_000,
    "vat_cents": 2_000,
    "total_cents": 12_000,
    "sha256": "0" * 64,
}
PAYMENT: dict[str, Any] = {
    "reference": "bank-1",
    "document_number": "F2026-000001",
    "value_date": dt.date(2026, 11, 5),
    "amount_cents": 7_000,
}
UNPRICED: dict[str, Any] = {
    "month": MONTH,
    "boot_id": "boot",
    "leg_id": "leg",
    "call_month": MONTH,
    "answered_at": LEG["answered_at"],
    "billed_seconds": 61,
}
GOOD: Rows = {
    "call_detail_records": [LEG, UNANSWERED, MIDNIGHT],
    "tariff_rates": [
        RATE,
        RATE | {"rate_id": 2, "valid_from_at": dt.datetime(2026, 10, 31, 23), "valid_to_at": None},
        RATE | {"rate_id": 3, "destination_prefix": "33", "prefix_length": 2},
    ],
    "unrated_calls": [],
    "contracts": [
        {
            "contract_id": contract_id,
            "customer_id": "acct-1001",
            "subscription_type": "pro",
            "itemised_annex": "pdf",
            "subscription_cents": 10_025,
            "users": 0,
            "user_cents": 0,
            "licences": 0,
            "licence_cents": 0,
            "tariff_plan": "standard",
            "first_month_rule": "prorata",
            "payment_days": days,
            "started_on": dt.date(2026, 9, 1),
            "ended_on": ended_on,
        }
        for contract_id, days, ended_on in (
            ("ctr-1001-1", 30, None),
            ("ctr-1001-2", 15, None),
            ("ctr-1001-3", 60, dt.date(2026, 9, 30)),
        )
    ],
    "rating_adjustments": [],
    "subscription_charges": [
        {
            "month": MONTH,
            "customer_id": "acct-1001",
            "contract_id": "ctr-1001-1",
            "charged_month": MONTH,
            "item": "subscription",
            "label": "Abonnement",
            "quantity": 1,
            "unit_cents": 10_025,
            "billed_days": 30,
            "month_days": 30,
            "amount_cents": 10_025,
            "events": "1",
        }
    ],
    "usage_charges": [
        {
            "month": MONTH,
            "customer_id": customer_id,
            "contract_id": "ctr-1001-1",
            "charge": "call",
            "category": "France - mobiles",
            "destination_country": "FR",
            "calls": 1,
            "billed_seconds": 61,
            "charged_seconds": 61,
            "included_seconds": 0,
            "amount_micros": 20_000,
            "amount_cents": 2,
        }
        for customer_id in ("acct-1001", "acct-refused")
    ],
    "refused_drafts": [{"month": MONTH, "customer_id": "acct-refused", "reason": "no VAT number", "amount_cents": 2}],
    "late_payment_penalties": [
        {
            "month": MONTH,
            "customer_id": "acct-1001",
            "invoice_number": "F2026-000001",
            "invoice_date": dt.date(2026, 10, 1),
            "invoice_total_cents": 12_000,
            "due_date": dt.date(2026, 10, 31),
            "as_of_date": dt.date(2026, 11, 30),
            "days_late": 30,
            "rate_basis_points": 786,
            "rate_multiplier": 3,
            "year_days": 365,
            "base_cents": 5_000,
            "segments": "[]",
            "penalty_exact": "1.37",
            "accrued_cents": 137,
            "previously_charged_cents": 0,
            "penalty_cents": 137,
            "indemnity_cents": 4_000,
        }
    ],
    "invoice_lines": [
        LINE,
        LINE | {"line_number": 2, "kind": "usage", "label": "France - mobiles", "amount_cents": 2},
        PENALTY_LINE,
        PENALTY_LINE | {"line_number": 2, "kind": "indemnity", "amount_cents": 4_000},
    ],
    "invoices": [INVOICE, DEBIT_NOTE],
    "issued_documents": [ISSUED],
    "payments": [PAYMENT, PAYMENT | {"reference": "bank-2", "amount_cents": 5_000}],
}


@pytest.fixture(scope="module")
def specs() -> dict[str, TableSpec]:
    return {spec.name: spec for spec in all_tables(Project.load(REPOSITORY / "dbt_like_sql"))}


@pytest.fixture
def warehouse(tmp_path: Path, specs: dict[str, TableSpec]) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", tmp_path / "warehouse.duckdb", specs.values())


@pytest.fixture(scope="module")
def open_ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.sqlite")
    ledger.migrate()
    return ledger


@pytest.fixture
def platform(warehouse: Warehouse, open_ledger: Ledger) -> Any:
    """What the checks use of a Platform: the warehouse, the alerts, and a ledger in which no month is closed."""
    return SimpleNamespace(warehouse=warehouse, alerts=Alerts([], warehouse), ledger=open_ledger)


def write(warehouse: Warehouse, rows: Rows) -> None:
    """The rows as the tables of the month; a month of call records in one part."""
    with warehouse.connect() as connection:
        for table, records in rows.items():
            spec = warehouse.tables[table]
            month = None if spec.layout == "table" else MONTH
            part = "2026-10-22" if spec.layout == "parts" else None
            content = pa.Table.from_pylist(records, spec.arrow_schema)
            warehouse.replace(table, content, month=month, part=part, connection=connection)


def judge(warehouse: Warehouse, suite: Suite, month: str = MONTH) -> SuiteResult:
    with warehouse.connect() as connection:
        return evaluate(connection, suite, month)


def changed(table: str, index: int, change: Mapping[str, Any]) -> Rows:
    """The good rows with one of them changed, or the first of a table that has none."""
    rows = {name: [dict(row) for row in records] for name, records in GOOD.items()}
    before = rows[table][index] if rows[table] else {}
    rows[table][index : index + 1] = [{**before, **change}]
    return rows


@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
def test_a_good_month_passes(warehouse: Warehouse, suite: Suite) -> None:
    write(warehouse, GOOD)
    result = judge(warehouse, suite)
    assert result.findings == ()
    assert result.evaluated > 0 or GOOD[suite.table] == []


@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
def test_a_month_without_rows_passes(warehouse: Warehouse, suite: Suite) -> None:
    assert judge(warehouse, suite) == SuiteResult(0, 0, ())


WRONG: list[tuple[Suite, str, int, dict[str, Any], str]] = [
    # What would bill a call wrongly.
    (INTEGRITY, "call_detail_records", 1, {"leg_id": "leg"}, "a leg stands more than once"),
    (INTEGRITY, "call_detail_records", 0, {"billed_seconds": 60}, "billed seconds are not talk time"),
    (INTEGRITY, "call_detail_records", 2, {"billed_seconds": 0}, "billed seconds are not talk time"),
    (INTEGRITY, "call_detail_records", 1, {"billed_seconds": 1}, "billed seconds are not talk time"),
    (INTEGRITY, "call_detail_records", 0, {"talk_micros": 60_200_001}, "talk time is not the end minus the answer"),
    (INTEGRITY, "call_detail_records", 0, {"ended_at": LEG["started_at"]}, "the call ends before it is answered"),
    (INTEGRITY, "call_detail_records", 1, {"ended_at": dt.datetime(2026, 10, 22, 9)}, "ends before it starts"),
    (
        INTEGRITY,
        "call_detail_records",
        0,
        {"started_at": dt.datetime(2026, 10, 22, 10, 1)},
        "answered before it starts",
    ),
    (INTEGRITY, "call_detail_records", 0, {"record_date": dt.date(2026, 10, 21)}, "not the Paris day of the answer"),
    (INTEGRITY, "call_detail_records", 2, {"record_date": dt.date(2026, 9, 30)}, "the month is not the record date's"),
    (INTEGRITY, "call_detail_records", 0, {"direction": "incoming"}, "billable exactly when"),
    (INTEGRITY, "call_detail_records", 0, {"is_carrier_leg": False}, "billable exactly when"),
    (INTEGRITY, "call_detail_records", 0, {"is_billable": False}, "billable exactly when"),
    (INTEGRITY, "call_detail_records", 1, {"is_billable": True}, "billable exactly when"),
    (INTEGRITY, "call_detail_records", 0, {"destination_number_type": "emergency"}, "not free to the caller"),
    (INTEGRITY, "call_detail_records", 0, {"call_category": "incomming"}, "unknown call category"),
    (INTEGRITY, "call_detail_records", 0, {"direction": "outbound", "is_billable": False}, "unknown direction"),
    (INTEGRITY, "call_detail_records", 0, {"leg_side": "C"}, "unknown leg side"),
    (INTEGRITY, "call_detail_records", 0, {"disposition": "ok"}, "unknown disposition"),
    (OWNERS, "call_detail_records", 0, {"customer_id": None}, "no customer owned the calling number"),
    (OWNERS, "call_detail_records", 0, {"contract_id": None}, "no contract held the calling number"),
    (CALL_PLAUSIBILITY, "call_detail_records", 0, {"origin_number": "0170181001"}, "the origin is not E.164"),
    (CALL_PLAUSIBILITY, "call_detail_records", 0, {"destination_number": "+0612345678"}, "destination is not E.164"),
    (CALL_PLAUSIBILITY, "call_detail_records", 0, {"billed_seconds": 86_401}, "lasts more than a day"),
    (CALL_PLAUSIBILITY, "call_detail_records", 0, {"disposition": "busy"}, "disposition contradicts the answer"),
    (CALL_PLAUSIBILITY, "call_detail_records", 1, {"disposition": "answered"}, "disposition contradicts the answer"),
    (CALL_PLAUSIBILITY, "call_detail_records", 1, LEG | {"leg_id": "twin"}, "talk at the same time"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"destination_prefix": "+33"}, "the prefix is neither E.164 digits"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"prefix_length": 2}, "the prefix is not as long as said"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"origin_country": "France"}, "neither a country nor *"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"origin_number_type": "landline"}, "neither a known type nor *"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"category": "  "}, "no category"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"price_per_minute_micros": -1}, "a negative price"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"connection_fee_micros": -1}, "a negative connection fee"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"call_category": "internal"}, "neither a known one nor *"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"minimum_charge_micros": -1}, "a negative minimum charge"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"surcharge_per_call_micros": -1}, "a negative surcharge a call"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"surcharge_per_minute_micros": -1}, "a negative surcharge a minute"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"initial_seconds": 0}, "no initial second"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"increment_seconds": 0}, "no increment"),
    (TARIFF_INTEGRITY, "tariff_rates", 2, {"valid_to_at": RATE["valid_from_at"]}, "ends before it begins"),
    (TARIFF_INTEGRITY, "tariff_rates", 0, {"valid_to_at": None}, "two rates of a plan price the same destination"),
    (TARIFF_PLAUSIBILITY, "tariff_rates", 0, {"price_per_minute_micros": 65_000_000}, "dearer than 15 EUR a minute"),
    (UNRATED, "unrated_calls", 0, UNPRICED | {"reason": "NO_RATE"}, "no rate for its destination"),
    (UNRATED, "unrated_calls", 0, UNPRICED | {"reason": "EXPIRED_RATE"}, "the rate of its destination has ended"),
    (UNRATED, "unrated_calls", 0, UNPRICED | {"reason": "NO_CUSTOMER"}, "its number belonged to no contract"),
    (UNRATED, "unrated_calls", 0, UNPRICED | {"reason": "INVALID_NUMBER"}, "no number a tariff can price"),
    # What would make an invoice wrong.
    (DRAFTS, "invoices", 0, {"lines": 3}, "does not have the lines it says"),
    (DRAFTS, "invoice_lines", 1, {"line_number": 3}, "not numbered from 1 without a gap"),
    (DRAFTS, "invoices", 0, {"net_cents": 10_028, "total_cents": 12_033}, "do not add up to the net amount"),
    (DRAFTS, "invoices", 0, {"vat_cents": 2_006, "total_cents": 12_033}, "not that of each rate on its base"),
    (DRAFTS, "invoices", 0, {"total_cents": 12_033}, "net and VAT do not add up"),
    (DRAFTS, "invoices", 0, {"due_date": dt.date(2026, 11, 30)}, "not due at the end of the contract's payment days"),
    (DRAFTS, "invoices", 1, {"vat_cents": 827, "total_cents": 4_964}, "penalties bear no VAT"),
    (DRAFTS, "invoices", 0, {"total_cents": 0, "net_cents": 0, "vat_cents": 0}, "a document of nothing or less"),
    (DRAFTS, "invoices", 0, {"customer_id": "acct-9999"}, "the customer has no contract"),
    (LINES, "invoice_lines", 0, {"customer_id": "acct-9999"}, "the line stands on no document"),
    (LINES, "invoice_lines", 0, {"kind": "penalty"}, "penalties stand on a debit note"),
    (LINES, "invoice_lines", 2, {"about_number": None}, "a penalty names the invoice it is about"),
    (LINES, "invoice_lines", 0, {"vat_category": "AE"}, "only the standard category S has a rate"),
    (LINES, "invoice_lines", 0, {"label": ""}, "the line has no name"),
    (COMPLETENESS, "usage_charges", 0, {"amount_cents": 3}, "the lines do not add up to the charges"),
    (COMPLETENESS, "subscription_charges", 0, {"customer_id": "acct-9999"}, "do not add up to the charges"),
    (COMPLETENESS, "refused_drafts", 0, {"customer_id": "acct-1001"}, "do not add up to the charges"),
    (COMPLETENESS, "late_payment_penalties", 0, {"indemnity_cents": 0}, "do not add up to the charges"),
    # What would make a penalty wrong.
    (PAYMENTS, "payments", 0, {"amount_cents": 7_001}, "more is paid than the document asks"),
    (PAYMENTS, "payments", 1, {"amount_cents": 7_000}, "imported twice?"),
    (PAYMENTS, "payments", 0, {"value_date": dt.date(2026, 9, 30)}, "the money came before the document existed"),
    (PAYMENTS, "issued_documents", 0, {"kind": "credit_note"}, "it pays a credit note"),
    (PAYMENTS, "payments", 0, {"amount_cents": 0}, "a payment of nothing or less"),
]


@pytest.mark.parametrize(
    ("suite", "table", "index", "change", "reason"), WRONG, ids=[f"{w[0].name}-{w[4]}" for w in WRONG]
)
def test_what_is_wrong_is_found(
    specs: dict[str, TableSpec], suite: Suite, table: str, index: int, change: dict[str, Any], reason: str
) -> None:
    # The one expectation, on tables in memory: thirty times faster than the whole suite on files.
    asked = replace(suite, expectations=tuple(e for e in suite.expectations if reason in e.reason))
    with duckdb.connect() as connection:
        for name, records in changed(table, index, change).items():
            connection.register(name, pa.Table.from_pylist(records, specs[name].arrow_schema))
        assert evaluate(connection, asked, MONTH).failing > 0


def test_every_expectation_has_a_wrong_row_that_breaks_it() -> None:
    tried = [(suite.name, reason) for suite, *_, reason in WRONG]
    untried = [
        (suite.name, expectation.reason)
        for suite in ALL_SUITES
        for expectation in suite.expectations
        if not any(name == suite.name and reason in expectation.reason for name, reason in tried)
    ]
    assert untried == []


def test_what_blocks_is_what_would_make_a_wrong_bill() -> None:
    blocking = {suite.name for suite in ALL_SUITES if suite.blocking}
    assert blocking == {
        "call_record_integrity",
        "calls_without_a_price",
        "tariff_integrity",
        "invoice_totals",
        "invoice_line_integrity",
        "invoice_completeness",
    }


# As Dagster runs them: stubs of the assets, the real checks.


@dg.asset
def call_detail_records() -> None:
    """Call records stand already: the month was landed by another job."""


@dg.asset(partitions_def=BILLING_MONTHS, deps=[call_detail_records])
def rated_calls() -> None:
    """What a close makes of them."""


def close(platform: Any, *suites: Suite, month: str = MONTH) -> dg.ExecuteInProcessResult:
    """A job that rates without landing, as close_month does, with the checks of what it reads."""
    checks = [suite_check(suite, "call_detail_records", months=call_record_months) for suite in suites]
    selection = dg.AssetSelection.assets("rated_calls") | dg.AssetSelection.checks(
        *(check.check_key for check in checks)
    )
    definitions = dg.Definitions(
        assets=[call_detail_records, rated_calls],
        asset_checks=checks,
        jobs=[dg.define_asset_job("close", selection=selection)],
        resources={"platform": platform},
        executor=dg.in_process_executor,
    )
    return definitions.resolve_job_def("close").execute_in_process(partition_key=month, raise_on_error=False)


def query(platform: Any, sql: str) -> list[Any]:
    return list(platform.warehouse.read(sql).to_pylist())


def test_a_wrong_call_record_is_kept_told_once_and_not_rated(platform: Any) -> None:
    write(platform.warehouse, changed("call_detail_records", 0, {"billed_seconds": 60}))
    for _ in range(2):
        result = close(platform, INTEGRITY)
        assert not result.success
        assert result.asset_materializations_for_node("rated_calls") == []
        [evaluation] = result.get_asset_check_evaluations()
        assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.ERROR)
        assert evaluation.metadata["failing_rows"].value == 1
    [finding] = query(platform, "select * from data_quality_findings")
    assert finding["row_key"] == "boot/leg"
    details = json.loads(finding["details"])
    assert (details["billed_seconds"], details["billed_seconds_due"], details["direction"]) == (60, 61, "outgoing")
    [alert] = query(platform, ALERTS)
    assert alert["check_name"] == "call_record_integrity"
    assert alert["message"] == (
        "1 row: 1 x billed seconds are not talk time with every started second (first: boot/leg)"
    )


def test_a_repaired_problem_lets_the_close_go_on_and_closes_its_alert(platform: Any) -> None:
    write(platform.warehouse, changed("call_detail_records", 0, {"billed_seconds": 60}))
    assert not close(platform, INTEGRITY).success
    write(platform.warehouse, GOOD)
    assert close(platform, INTEGRITY).success
    assert query(platform, "select * from data_quality_findings") == []
    [alert] = query(platform, ALERTS)
    assert alert["resolved_at"] is not None


def test_a_billable_call_nobody_owns_is_told_but_does_not_stop_the_others(platform: Any) -> None:
    write(platform.warehouse, changed("call_detail_records", 0, {"customer_id": None}))
    result = close(platform, OWNERS)
    assert result.success
    assert len(result.asset_materializations_for_node("rated_calls")) == 1
    assert [row["severity"] for row in query(platform, ALERTS)] == ["error"]


def test_a_crashed_suite_stops_the_close_without_blaming_a_row(platform: Any) -> None:
    write(platform.warehouse, GOOD)
    crashing = replace(INTEGRITY, expectations=(at_least("direction", 0, "compares text with a number"),))
    result = close(platform, crashing)
    assert not result.success
    assert result.asset_materializations_for_node("rated_calls") == []
    assert query(platform, "select * from data_quality_findings") == []


def test_a_late_call_of_an_earlier_month_known_to_be_wrong_stops_the_close_that_would_bill_it(platform: Any) -> None:
    write(platform.warehouse, changed("call_detail_records", 0, {"billed_seconds": 60}))
    assert not close(platform, INTEGRITY, month="2026-10").success
    assert not close(platform, INTEGRITY, month="2026-11").success
    assert close(platform, INTEGRITY, month="2026-09").success
    write(platform.warehouse, GOOD)
    assert close(platform, INTEGRITY, month="2026-11").success


def land(platform: Any, suite: Suite, months: str) -> Any:
    """A landing that made days of ``months`` again; what its check says."""

    @dg.asset(name="call_detail_records")
    def landing() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"months": months})

    check = suite_check(suite, "call_detail_records", months=call_record_months)
    result = dg.materialize([landing, check], resources={"platform": platform}, raise_on_error=False)
    [evaluation] = result.get_asset_check_evaluations()
    return evaluation


def test_a_landing_judges_the_months_of_the_days_it_made_again(platform: Any) -> None:
    write(platform.warehouse, GOOD)
    evaluation = land(platform, OWNERS, "2026-09, 2026-10")
    assert evaluation.metadata["months"].value == "2026-09, 2026-10"
    assert evaluation.metadata["evaluated_rows"].value == 2


def test_a_landing_that_made_nothing_again_judges_nothing(platform: Any) -> None:
    write(platform.warehouse, GOOD)
    assert land(platform, INTEGRITY, "").metadata["evaluated_rows"].value == 0


def test_a_wrong_month_stays_red_at_later_landings_until_it_is_repaired(platform: Any) -> None:
    write(platform.warehouse, changed("call_detail_records", 0, {"billed_seconds": 60}))
    assert not land(platform, INTEGRITY, MONTH).passed
    assert not land(platform, INTEGRITY, "").passed
    write(platform.warehouse, GOOD)
    assert land(platform, INTEGRITY, "").passed
    assert query(platform, "select * from data_quality_findings") == []


def test_a_check_of_a_monthly_asset_is_of_its_partition(platform: Any) -> None:
    @dg.asset(partitions_def=BILLING_MONTHS)
    def invoices() -> None:
        """Written already."""

    write(platform.warehouse, GOOD)
    check = suite_check(DRAFTS, "invoices", BILLING_MONTHS, run_month)
    result = dg.materialize([invoices, check], partition_key=MONTH, resources={"platform": platform})
    [evaluation] = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.partition) == (True, MONTH)


def drafts_check(platform: Any) -> Check:
    return before_visible(platform, "invoices", INVOICE_SUITES, MONTH, RAISED)


def test_a_wrong_draft_never_becomes_visible(platform: Any) -> None:
    write(platform.warehouse, GOOD)
    path = platform.warehouse.path("invoices", MONTH)
    before = path.read_bytes()
    wrong = pa.Table.from_pylist([INVOICE | {"total_cents": 1}], platform.warehouse.tables["invoices"].arrow_schema)
    with pytest.raises(PermanentError, match=r"invoices 2026-10 stays as it was: invoice_totals found 1 row"):
        platform.warehouse.replace("invoices", wrong, month=MONTH, checks=[drafts_check(platform)])
    assert path.read_bytes() == before
    told = ("invoice_line_integrity", "invoice_totals")
    assert tuple(row["check_name"] for row in query(platform, f"{ALERTS} order by check_name")) == told
    assert len(query(platform, "select * from data_quality_findings")) == 3


def test_a_right_draft_becomes_visible_and_closes_what_was_told(platform: Any) -> None:
    write(platform.warehouse, {name: rows for name, rows in GOOD.items() if name != "invoices"})
    report_findings(
        platform,
        check_name="invoice_totals",
        table="invoices",
        month=MONTH,
        rows=[{"row_key": "acct-1001", "reason": "wrong"}],
        raised_at=RAISED,
    )
    rows = pa.Table.from_pylist(GOOD["invoices"], platform.warehouse.tables["invoices"].arrow_schema)
    platform.warehouse.replace("invoices", rows, month=MONTH, checks=[drafts_check(platform)])
    assert len(query(platform, "select * from invoices")) == 2
    assert query(platform, "select * from data_quality_findings") == []
    assert platform.alerts.open_alerts() == []


def test_findings_of_any_check_are_kept_and_told_once(platform: Any) -> None:
    finding: dict[str, Any] = {
        "check_name": "switch_accounts_agree",
        "table": "call_detail_records",
        "month": MONTH,
        "rows": [{"row_key": f"boot/{leg}", "reason": f"reason {leg}"} for leg in range(7)],
        "severity": "warning",
        "raised_at": RAISED,
    }
    report_findings(platform, **finding)
    report_findings(platform, **finding)
    [alert] = platform.alerts.open_alerts()
    assert (alert.severity, alert.failing_rows, alert.raised_at) == ("warning", 7, dt.datetime(2026, 11, 1, 6))
    assert alert.message.startswith("7 rows: 1 x reason 0 (first: boot/0); 1 x reason 1 (first: boot/1); ")
    assert alert.message.endswith("; 2 other reasons")
    report_findings(platform, **{**finding, "rows": []})
    assert platform.alerts.open_alerts() == []


def test_every_suite_is_a_check_of_the_platform() -> None:
    names = sorted(key.name for check in quality_checks() for key in check.check_keys)
    assert names == sorted(suite.name for suite in ALL_SUITES)
