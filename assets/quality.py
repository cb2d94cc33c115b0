"""Data quality in the flow: suites as asset checks, failing rows kept, people told where the check is evaluated.

OSS Dagster has no alert for a failed check, and reading its event log for one fails on the default storage:
hence the alert is raised here, by the check itself. The suites stand beside their asset, in ``expectations.py``.
"""

import datetime as dt
import hashlib
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg
import duckdb

from adapters.data_quality import (
    ALL_MONTHS,
    Finding,
    Severity,
    Suite,
    SuiteResult,
    evaluate,
    write_findings,
)
from adapters.warehouse import Check, quoted
from assets.cdr.expectations import CALL_RECORD_SUITES
from assets.invoices.expectations import INVOICE_SUITES, PAYMENT_SUITES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.rating.expectations import TARIFF_SUITES
from domain.errors import PermanentError

REASONS_TOLD = 5
FINDINGS_SHOWN = 20


def quality_checks() -> list[dg.AssetChecksDefinition]:
    """Every suite of the platform, on the asset it judges."""
    return [
        *(suite_check(suite, "call_detail_records", BILLING_MONTHS) for suite in CALL_RECORD_SUITES),
        *(suite_check(suite, "tariff_rates") for suite in TARIFF_SUITES),
        *(suite_check(suite, "payments") for suite in PAYMENT_SUITES),
        *(suite_check(suite, "invoices", BILLING_MONTHS) for suite in INVOICE_SUITES),
    ]


def suite_check(
    suite: Suite, asset: str, partitions_def: dg.PartitionsDefinition | None = None
) -> dg.AssetChecksDefinition:
    """A suite as a Dagster asset check, partitioned where its asset is.

    It writes ``data_quality_findings``, raises or resolves the alert, and stops what is downstream in the
    run when the suite is blocking. A crashed expectation fails the step: nothing downstream runs either.
    """
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview; without them a green October hides a red November.
        warnings.simplefilter("ignore", dg.PreviewWarning)

        @dg.asset_check(
            asset=asset,
            name=suite.name,
            description=suite.description,
            blocking=suite.blocking,
            partitions_def=partitions_def,
        )
        def check(
            context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
        ) -> dg.AssetCheckResult:
            month = ALL_MONTHS if partitions_def is None else context.partition_key
            with platform.warehouse.connect() as connection:
                result = evaluate(connection, suite, month)
            report_result(platform, suite, month, result, run_created_at(context))
            return _check_result(suite, month, result)

    return check


def before_visible(platform: Platform, suite: Suite, month: str, raised_at: dt.datetime) -> Check:
    """The suite as a check on the new file while nobody can see it: ``Warehouse.replace(checks=[...])``.

    Failing rows are kept and told as ever; then PermanentError refuses the file and the old one stays.
    """

    def check(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        # A temporary view hides the table of that name from the suite's SQL, in this connection only.
        connection.execute(f"create or replace temp view {quoted(suite.table)} as select * from {relation}")
        try:
            result = evaluate(connection, suite, month)
        finally:
            connection.execute(f"drop view temp.{quoted(suite.table)}")
        report_result(platform, suite, month, result, raised_at)
        if not result.passed:
            raise PermanentError(
                f"{suite.table} {month} stays as it was: {suite.name} found "
                f"{summary(result.findings, result.failing)}. Correct them, then materialize again"
            )

    return check


def report_result(platform: Platform, suite: Suite, month: str, result: SuiteResult, raised_at: dt.datetime) -> None:
    """Keep a suite's failing rows and tell people, or close what was told once it passes."""
    report_findings(
        platform,
        check_name=suite.name,
        table=suite.table,
        month=month,
        rows=[asdict(finding) for finding in result.findings],
        failing_rows=result.failing,
        severity=suite.severity,
        raised_at=raised_at,
    )


def report_findings(
    platform: Platform,
    *,
    check_name: str,
    table: str,
    month: str,
    rows: Sequence[Mapping[str, Any]],
    raised_at: dt.datetime,
    severity: Severity = "error",
    failing_rows: int | None = None,
) -> None:
    """Findings of any check (rows as ``write_findings`` takes them): kept whole, and told once.

    ``failing_rows`` when ``rows`` holds only the first of them.
    """
    failing = len(rows) if failing_rows is None else failing_rows
    write_findings(platform.warehouse, month, check_name, table, rows, severity)
    raised = None
    if failing:
        findings = [Finding(str(row["row_key"]), str(row["reason"]), "") for row in rows]
        keys = sorted(f"{finding.row_key} {finding.reason}" for finding in findings)
        raised = platform.alerts.raise_alert(
            check_name=check_name,
            month=month,
            severity=severity,
            message=summary(findings, failing),
            failing_rows=failing,
            raised_at=raised_at,
            fingerprint=hashlib.sha256("\n".join(keys).encode()).hexdigest(),
        )
    platform.alerts.resolve(check_name, month, raised_at, keep=raised.alert_id if raised else None)
    platform.alerts.retry_undelivered()


def summary(findings: Sequence[Finding], failing: int) -> str:
    """``3 rows of call_detail_records: 2 x billed seconds ... (first: b/l1); 1 x ...``, most frequent first."""
    reasons = Counter(finding.reason for finding in findings)
    first = {finding.reason: finding.row_key for finding in reversed(findings)}
    told = [f"{count} x {reason} (first: {first[reason]})" for reason, count in reasons.most_common(REASONS_TOLD)]
    if len(reasons) > REASONS_TOLD:
        told.append(f"{len(reasons) - REASONS_TOLD} other reasons")
    return f"{failing} rows: {'; '.join(told)}"


def run_created_at(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.datetime:
    """When the orchestrator created this run, aware: the one instant an asset may know."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    if record is None:
        raise PermanentError(f"run {context.run.run_id} is not in this Dagster instance; start it through the instance")
    created: dt.datetime = record.create_timestamp
    return created.astimezone(dt.UTC)


def _check_result(suite: Suite, month: str, result: SuiteResult) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {
        "evaluated_rows": result.evaluated,
        "failing_rows": result.failing,
        "findings": dg.MetadataValue.md(
            f"`select * from data_quality_findings where check_name = '{suite.name}' and month = '{month}'`"
        ),
    }
    if result.findings:
        records = [dg.TableRecord(asdict(finding)) for finding in result.findings[:FINDINGS_SHOWN]]
        metadata["first_findings"] = dg.MetadataValue.table(records)
    return dg.AssetCheckResult(
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if suite.severity == "error" else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=suite.description if result.passed else summary(result.findings, result.failing),
    )
