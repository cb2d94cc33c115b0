"""Great Expectations behind one small door: a suite goes in, the rows that break it come out.

The suite's SQL runs on DuckDB, which spills to disk; what it selects is validated in batches of bounded
size, through pandas, integers only: 1e7 rows at once took 3.4 GB, and a decimal that became a float would
forgive a wrong cent. Great Expectations takes seven seconds to import, hence lazily.

A crashed expectation (a column it cannot compare) is not bad data: it is a PermanentError. Great
Expectations itself reports both as ``success = False``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from adapters.expectations import CHECK_NAME, Expectation, Severity, Suite
from adapters.masking import mask_numbers
from adapters.warehouse import Warehouse
from domain.errors import PermanentError

if TYPE_CHECKING:
    import pandas as pd

FINDINGS_TABLE = "data_quality_findings"
# The month of a table that has none (tariffs, payments), so that its findings are replaced whole too.
ALL_MONTHS = "all"
BATCH_ROWS = 200_000
# A mistake in a whole month breaks every row: keep enough to see what it is, count the rest.
FINDINGS_KEPT = 10_000


@dataclass(frozen=True)
class Finding:
    """One row and one expectation it breaks. ``details`` is JSON of the row as it was judged, numbers masked."""

    row_key: str
    reason: str
    details: str


@dataclass(frozen=True)
class SuiteResult:
    """What a suite found: ``findings`` holds the first FINDINGS_KEPT of ``failing`` in key order of each batch."""

    evaluated: int
    failing: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return self.failing == 0


def evaluate(connection: duckdb.DuckDBPyConnection, suite: Suite, month: str = ALL_MONTHS) -> SuiteResult:
    """Run the suite's SQL in ``connection`` and validate what it selects, batch by batch.

    Raises:
        PermanentError: an expectation crashed, or the SQL selects a float or a decimal.
    """
    parameters = {"month": month} if "$month" in suite.sql else None
    batches = connection.sql(suite.sql, params=parameters).to_arrow_reader(BATCH_ROWS)
    evaluated, failing, findings = 0, 0, list[Finding]()
    for batch in _of_bounded_size(batches):
        result = validate(suite, integers_frame(suite, batch))
        evaluated += result.evaluated
        failing += result.failing
        findings += result.findings[: FINDINGS_KEPT - len(findings)]
    return SuiteResult(evaluated, failing, tuple(findings))


def validate(suite: Suite, frame: pd.DataFrame) -> SuiteResult:
    """Validate one batch.

    Raises:
        PermanentError: an expectation crashed; the message names it and the columns it was given.
    """
    if frame.empty:
        return SuiteResult(0, 0, ())
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # Said here and not through GX_ANALYTICS_ENABLED: nothing leaves the machine, whatever the environment says.
    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas(suite.table).add_dataframe_asset(suite.name)
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": frame})
    validation = batch.validate(
        gx.ExpectationSuite(suite.name, expectations=[_to_gx(e) for e in suite.expectations]),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(frame.columns)},
    )
    findings = [finding for result in validation.results for finding in _findings(suite, result.to_json_dict())]
    findings.sort(key=lambda finding: (finding.row_key, finding.reason))
    return SuiteResult(len(frame), len({f.row_key for f in findings}), tuple(findings[:FINDINGS_KEPT]))


def integers_frame(suite: Suite, table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas with null-safe integers: pandas alone turns a column with one null into floats."""
    import pandas as pd

    for column in table.schema:
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
            raise PermanentError(
                f"{suite.name}: its SQL selects {column.name} as {column.type}; cast it to BIGINT cents or micros"
            )
    nullable = {pa.int32(): pd.Int64Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    return frame


def write_findings(
    warehouse: Warehouse,
    month: str,
    check_name: str,
    table: str,
    rows: Iterable[Mapping[str, Any]],
    severity: Severity = "error",
) -> int:
    """Replace the findings of a check in a month whole, so that a repaired problem leaves none; how many.

    A row is ``{"row_key", "reason"}`` and may say ``"details"`` (a mapping, or JSON) and its own ``"severity"``.
    Phone numbers are masked: who was called stays in call_detail_records alone, where retention erases it.
    """
    if not CHECK_NAME.fullmatch(check_name):
        raise ValueError(f"{check_name!r} names a file of findings: small letters, digits and _ only")
    records = sorted(
        (
            {
                "month": month,
                "check_name": check_name,
                "table_name": table,
                "severity": str(row.get("severity", severity)),
                "row_key": str(row["row_key"]),
                "reason": mask_numbers(str(row["reason"])),
                "details": mask_numbers(_json(row.get("details") or {})),
            }
            for row in rows
        ),
        key=lambda record: (record["row_key"], record["reason"], record["details"]),
    )
    if records:
        schema = warehouse.tables[FINDINGS_TABLE].arrow_schema
        warehouse.replace(FINDINGS_TABLE, pa.Table.from_pylist(records, schema), month=month, part=check_name)
    else:
        warehouse.remove(FINDINGS_TABLE, month, check_name)
    return len(records)


def _of_bounded_size(batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """DuckDB hands out vectors of any size up to the one asked for; Great Expectations costs per batch."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= BATCH_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _to_gx(expectation: Expectation) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(
        type=expectation.type, kwargs=dict(expectation.arguments), meta={"reason": expectation.reason}
    ).to_domain_obj()


def _findings(suite: Suite, result: Mapping[str, Any]) -> Iterator[Finding]:
    """The failing rows of one expectation's result."""
    config = result["expectation_config"]
    crash = _crash(result.get("exception_info") or {})
    if crash is not None:
        raise PermanentError(
            f"{suite.name}: {config['type']} on {suite.table} could not be evaluated ({crash}); no row was judged. "
            "Correct the suite's SQL or the expectation"
        )
    if result["success"]:
        return
    for values in result["result"]["unexpected_index_list"]:
        yield Finding(
            row_key="/".join(str(values[column]) for column in suite.key),
            reason=config["meta"]["reason"],
            details=mask_numbers(_json({name: values[name] for name in sorted(values) if name not in suite.key})),
        )


def _crash(info: Mapping[str, Any]) -> str | None:
    """The message of a crash: ``exception_info`` is one report, or one for each metric that failed."""
    reports: Sequence[Any] = [info] if "raised_exception" in info else list(info.values())
    return next((str(r["exception_message"]) for r in reports if r["raised_exception"]), None)


def _json(details: Mapping[str, Any] | str) -> str:
    return details if isinstance(details, str) else json.dumps(details, ensure_ascii=False, sort_keys=True, default=str)
