"""Data quality in the flow: suites as asset checks, failing rows kept, people told where the check is evaluated.

OSS Dagster has no alert for a failed check, and reading its event log for one fails on the default storage:
hence the alert is raised here, by the check itself. The suites stand beside their asset, in ``expectations.py``.
"""

import datetime as dt
import hashlib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any

import dagster as dg
import duckdb

from adapters.data_quality import (
    ALL_MONTHS,
    FINDINGS_TABLE,
    Finding,
    SuiteResult,
    evaluate,
    write_findings,
)
from adapters.expectations import Severity, Suite
from adapters.warehouse import Check, quoted
from assets.cdr.expectations import CALL_RECORD_SUITES
from assets.gates import answered, check_severity
from assets.invoices.expectations import INVOICE_SUITES, PAYMENT_SUITES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.rating.expectations import TARIFF_SUITES, UNRATED_SUITES
from domain.calendar import Month
from domain.errors import PermanentError

REASONS_TOLD = 5
FINDINGS_SHOWN = 20
# Which months a check judges, given its context, the platform and its suite.
Months = Callable[[dg.AssetCheckExecutionContext, Platform, Suite], list[str]]


def quality_checks() -> list[dg.AssetChecksDefinition]:
    """Every suite of the platform, on the asset it judges."""
    return [
        *(suite_check(suite, "call_detail_records", months=call_record_months) for suite in CALL_RECORD_SUITES),
        *(suite_check(suite, "tariff_rates") for suite in TARIFF_SUITES),
        *(suite_check(suite, "unrated_calls", BILLING_MONTHS, run_month) for suite in UNRATED_SUITES),
        *(suite_check(suite, "payments") for suite in PAYMENT_SUITES),
        *(suite_check(suite, "invoices", BILLING_MONTHS, run_month) for suite in INVOICE_SUITES),
    ]


def suite_check(
    suite: Suite,
    asset: str,
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    months: Months = lambda *_: [ALL_MONTHS],
) -> dg.AssetChecksDefinition:
    """A suite as a Dagster asset check of the months that ``months`` says, partitioned where its asset is.

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
        def check(context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
            results = {}
            for month in months(context, platform, suite):
                with platform.warehouse.connect(platform.warehouse.named_in(suite.sql)) as connection:
                    results[month] = evaluate(connection, suite, month)
            said = None
            if suite.blocking and context.has_partition_key and any(result.failing for result in results.values()):
                found = [asdict(finding) for result in results.values() for finding in result.findings]
                said = answered(platform, suite.name, Month.parse(context.partition_key), found)
            told = suite if said is None else replace(suite, severity="warning", blocking=False)
            for month, result in results.items():
                report_result(platform, told, month, result, run_created_at(context))
            severity = check_severity(context, suite.name, is_bearable=suite.severity == "warning" or said is not None)
            return _check_result(suite, results, severity, said)

    return check


def run_month(context: dg.AssetCheckExecutionContext, *_: object) -> list[str]:
    """The month of the run's partition."""
    return [context.partition_key]


def call_record_months(context: dg.AssetCheckExecutionContext, platform: Platform, suite: Suite) -> list[str]:
    """The months of call records to judge.

    A close judges its own, a landing those of the days it made again (the asset's ``months``). A blocking suite
    judges again what it has found wrong: a month stays red until it is repaired, and a close does not bill the
    late calls of an earlier one.
    """
    last = context.partition_key if context.has_partition_key else "9999-12"
    months = {last} if context.has_partition_key else set(_months_made_again(context, platform, suite.table))
    if suite.blocking:
        query = f"select distinct month from {FINDINGS_TABLE} where check_name = $1 and month <= $2"
        months.update(platform.warehouse.read(query, [suite.name, last])["month"].to_pylist())
    return sorted(months)


def _months_made_again(context: dg.AssetCheckExecutionContext, platform: Platform, asset: str) -> list[str]:
    """What the asset says of its last run; all its months when it has not run in this Dagster instance."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey(asset))
    said = event.asset_materialization.metadata.get("months") if event and event.asset_materialization else None
    if said is not None:
        return str(said.value).replace(",", " ").split()
    months: list[str] = platform.warehouse.read(f"select distinct month from {asset}")["month"].to_pylist()
    return months


def before_visible(
    platform: Platform, table: str, suites: Iterable[Suite], month: str, raised_at: dt.datetime
) -> Check:
    """The suites as a check on a new file of ``table`` while nobody can see it: ``Warehouse.replace(checks=[...])``.

    Failing rows are kept and told as ever; then PermanentError refuses the file and the old one stays.
    """

    def check(_: duckdb.DuckDBPyConnection, relation: str) -> None:
        faults = []
        for suite in suites:
            with _tables_of(platform, suite) as connection:
                # Stands for the table of that name in the suite's SQL, in this connection only.
                connection.execute(f"create temp view {quoted(table)} as select * from {relation}")
                result = evaluate(connection, suite, month)
            report_result(platform, suite, month, result, raised_at)
            if not result.passed:
                faults.append(f"{suite.name} found {summary(result.findings, result.failing)}")
        if faults:
            raise PermanentError(
                f"{table} {month} stays as it was: {'. '.join(faults)}. Correct that, then materialize again"
            )

    return check


def _tables_of(platform: Platform, suite: Suite) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection that sees the tables the suite's SQL names."""
    return platform.warehouse.connect(platform.warehouse.named_in(suite.sql))


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
    platform.alerts.resolve(check_name, month, raised_at, keep=[raised.alert_id] if raised else [])
    platform.alerts.retry_undelivered()


def summary(findings: Sequence[Finding], failing: int) -> str:
    """``3 rows: 2 x billed seconds ... (first: boot/leg); 1 x ...``, the most frequent reason first."""
    reasons = Counter(finding.reason for finding in findings)
    first = {finding.reason: finding.row_key for finding in reversed(findings)}
    told = [f"{count} x {reason} (first: {first[reason]})" for reason, count in reasons.most_common(REASONS_TOLD)]
    if len(reasons) > REASONS_TOLD:
        told.append(f"{len(reasons) - REASONS_TOLD} other reasons")
    return f"{failing} row{'s' if failing > 1 else ''}: {'; '.join(told)}"


def run_created_at(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.datetime:
    """When the orchestrator created this run, aware: the one instant an asset may know."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    if record is None:
        raise PermanentError(f"run {context.run.run_id} is not in this Dagster instance; start it through the instance")
    created: dt.datetime = record.create_timestamp
    return created.astimezone(dt.UTC)


def _check_result(
    suite: Suite, results: Mapping[str, SuiteResult], severity: dg.AssetCheckSeverity, said: str | None
) -> dg.AssetCheckResult:
    failing = sum(result.failing for result in results.values())
    findings = [finding for result in results.values() for finding in result.findings]
    metadata: dict[str, Any] = {
        "months": ", ".join(results),
        "evaluated_rows": sum(result.evaluated for result in results.values()),
        "failing_rows": failing,
    }
    if findings:
        metadata["first_findings"] = dg.MetadataValue.table(
            [dg.TableRecord(asdict(finding)) for finding in findings[:FINDINGS_SHOWN]]
        )
        metadata["all_findings"] = dg.MetadataValue.md(
            f"`seconde sql \"select * from {FINDINGS_TABLE} where check_name = '{suite.name}'\"`"
        )
    return dg.AssetCheckResult(
        passed=not failing,
        severity=severity,
        metadata=metadata if said is None else {**metadata, "overridden": said},
        description=summary(findings, failing) if failing else suite.description,
    )
