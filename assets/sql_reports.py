"""What a SQL model's run leaves for people: its columns and lineage, its tests' verdicts, the rows that broke one."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from adapters.data_quality import ALL_MONTHS
from adapters.masking import mask_numbers
from adapters.warehouse import Written
from assets.kpis.metadata import KPI_METADATA
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from dbt_like_sql.project import Model, Row
from dbt_like_sql.runner import Verdict

SHOWN_ROWS = 5
# Models and tests select their keys first: month, boot, leg.
KEY_COLUMNS = 3


def column_schema(model: Model) -> dg.TableSchema:
    """A model's contract as Dagster's UI shows it."""
    return dg.TableSchema(
        [
            dg.TableColumn(c.name, c.data_type, c.description, dg.TableColumnConstraints(nullable=c.nullable))
            for c in model.columns
        ]
    )


def sql_text(model: Model) -> dg.MetadataValue[str]:
    return dg.MetadataValue.md(f"```sql\n{model.sql}\n```")


def result_metadata(platform: Platform, model: Model, month: str | None, written: Written) -> dict[str, Any]:
    """Rows, bytes and column lineage of a model just written, and its KPI's chart."""
    # Half a second of sqlglot, which commands that materialize nothing need not wait for.
    from dbt_like_sql.lineage import column_lineage

    lineage = {
        column: [dg.TableColumnDep(dg.AssetKey(table), name) for table, name in sources]
        for column, sources in column_lineage(platform.project, model.name).items()
    }
    extra = KPI_METADATA[model.name](platform.warehouse, month) if model.name in KPI_METADATA and month else {}
    return {
        "dagster/row_count": written.rows,
        "dagster/column_lineage": dg.TableColumnLineage(lineage),
        "path": dg.MetadataValue.path(written.path),
        "sha256": written.sha256,
        **extra,
    }


def report(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    platform: Platform,
    table: str,
    month: str | None,
    verdicts: Iterable[Verdict],
) -> None:
    """Keep the rows that break a test and tell people; close what was told of a test that passes now."""
    where = month or ALL_MONTHS
    told = {alert.check_name for alert in platform.alerts.open_alerts(where)}
    for verdict in verdicts:
        if verdict.failing_rows or verdict.test in told:
            report_findings(
                platform,
                check_name=verdict.test,
                table=table,
                month=where,
                rows=[finding(verdict.test, row) for row in verdict.sample],
                failing_rows=verdict.failing_rows,
                raised_at=run_created_at(context),
            )


def finding(test: str, row: Row) -> dict[str, Any]:
    """A row that breaks a test, as ``data_quality_findings`` keeps it."""
    return {
        "row_key": "/".join(str(value) for value in list(row.values())[:KEY_COLUMNS]),
        "reason": test,
        "details": row,
    }


def check_result(verdict: Verdict) -> dg.AssetCheckResult:
    """A verdict as Dagster's UI shows it, under the check's own name."""
    rows = [dg.TableRecord(masked(row)) for row in verdict.sample[:SHOWN_ROWS]]
    first = {"first_failing_rows": dg.MetadataValue.table(rows)} if rows else {}
    return dg.AssetCheckResult(
        passed=verdict.failing_rows == 0,
        check_name=verdict.test,
        metadata={"failing_rows": verdict.failing_rows, **first},
    )


def masked(row: Row) -> dict[str, str]:
    """A row to be shown: who was called stays in the warehouse."""
    return {name: mask_numbers(str(value)) for name, value in row.items()}
