"""Asset ``cdr_completeness``: every boot's legs against those that landed, and people told of the others."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

import dagster as dg

from adapters.data_quality import FINDINGS_TABLE
from assets.cdr.completeness import Row, months_of, write_completeness
from assets.cdr.completeness_tables import CDR_COMPLETENESS, MISSING_LEGS, SWITCH_DAYS, UNFINISHED_LEGS
from assets.cdr.second_source import FILES_COME, days_without_files
from assets.cdr.uncounted_times import write_uncounted_times
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.completeness import UNEXPLAINED

EVERY_LEG_LANDED = "every_leg_has_landed"
EVERY_LEG_ENDED = "every_leg_has_ended"

REASONS = {
    "lost": "nothing was heard of this leg: neither source brought its hang-up",
    "hangup_lost": "this leg began and must have ended, and neither source brought its hang-up",
    "left_by_dead_switch": "this leg was up when its switch died: decide what to bill, nothing is billed by itself",
}


@dg.asset(
    group_name="cdr",
    description=CDR_COMPLETENESS.description
    + " With missing_legs, unfinished_legs and uncounted_times, it is the proof of completeness.",
    kinds={"duckdb", "parquet"},
    owners=["team:billing"],
    deps=["call_events"],
)
def cdr_completeness(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Count again every boot that was heard since; list what is missing."""
    found = write_completeness(platform.warehouse)
    write_uncounted_times(platform.warehouse, platform.switches)
    unexplained = [row for row in found.missing if row["explanation"] in UNEXPLAINED]
    left = [row for row in found.unfinished if row["explanation"] not in UNEXPLAINED]
    raised_at = run_created_at(context)
    report_legs(platform, EVERY_LEG_LANDED, MISSING_LEGS.name, unexplained, raised_at)
    report_legs(platform, EVERY_LEG_ENDED, UNFINISHED_LEGS.name, left, raised_at, is_warning=True)
    without_files = defaultdict(list)
    for row in days_without_files(platform.warehouse, platform.cdr_files_ended):
        without_files[row.pop("month")].append(row)
    report_months(platform, FILES_COME, SWITCH_DAYS.name, without_files, raised_at, is_warning=True)
    for boot in found.boots:
        context.log.info(
            "%s %s: %d of %d legs landed, %d in progress, %d lost", boot["switch_name"], boot["boot_id"],
            boot["landed_legs"], boot["expected_legs"], boot["in_progress_legs"],
            boot["lost_legs"] + boot["hangup_lost_legs"],
        )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            "boots": len(found.boots),
            "expected_legs": sum(boot["expected_legs"] for boot in found.boots),
            "landed_legs": sum(boot["landed_legs"] for boot in found.boots),
            "lost_legs": len(unexplained),
            "unfinished_legs": len(found.unfinished),
        }
    )


def report_legs(
    platform: Platform,
    check_name: str,
    table: str,
    rows: list[Row],
    raised_at: dt.datetime,
    *,
    is_warning: bool = False,
) -> None:
    """A finding per leg and month it may have begun in."""
    found = {month: [leg_finding(row) for row in rows if month in months_of([row])] for month in months_of(rows)}
    report_months(platform, check_name, table, found, raised_at, is_warning=is_warning)


def report_months(
    platform: Platform,
    check_name: str,
    table: str,
    found: Mapping[str, list[Row]],
    raised_at: dt.datetime,
    *,
    is_warning: bool,
) -> None:
    """Findings by month; months that are whole again lose theirs."""
    known = platform.warehouse.read(f"select distinct month from {FINDINGS_TABLE} where check_name = $1", [check_name])
    for month in sorted({*found, *known["month"].to_pylist()}):
        report_findings(
            platform,
            check_name=check_name,
            table=table,
            month=month,
            rows=found.get(month, []),
            severity="warning" if is_warning else "error",
            raised_at=raised_at,
        )


def leg_finding(row: Row) -> Row:
    """A missing or unfinished leg as a data quality finding."""
    told = (
        "leg_id",
        "earliest_start_at",
        "latest_start_at",
        "began_at",
        "answered_at",
        "last_alive_at",
        "gateway",
        "dialed_number",
    )
    return {
        "row_key": f"{row['boot_id']}/{row['session_number']}",
        "reason": REASONS[row["explanation"]],
        "details": {name: None if row[name] is None else str(row[name]) for name in told if name in row},
    }
