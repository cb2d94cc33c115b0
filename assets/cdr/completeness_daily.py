"""Asset ``completeness_daily`` and the check on it: a month closes when every leg of it is accounted for."""

import datetime as dt
import hashlib
import json
import warnings

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.ledger.tables import AcceptedGap
from adapters.warehouse import Warehouse, Written
from assets.cdr.completeness import Row
from assets.cdr.completeness_tables import COMPLETENESS_DAILY
from assets.cdr.day_records import sql
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.calendar import Month
from domain.completeness import UNEXPLAINED, Acceptance

ACCOUNTED_FOR = "every_leg_is_accounted_for"
LEGS_SHOWN = 20
# A segment that came after its month had closed belongs to its own days all the same.
RECOUNTED = """
    with counted as (
        select month, sum(landed_legs) as legs from completeness_daily where month < $1 group by month
    ),
    landed as (
        select month, count(*) as legs from call_detail_records where month < $1 group by month
    )
    select month from counted left join landed using (month) where landed.legs is distinct from counted.legs
    union
    select month from completeness_daily where month < $1 and not is_balanced
    union
    select month from data_quality_findings where check_name = $2 and month < $1
    order by 1
"""
ADDED_UP = ("switch_days", "call_detail_records", "rated_calls", "unrated_calls")


def write_completeness_daily(warehouse: Warehouse, month: Month) -> Written:
    """Replace a month of ``completeness_daily``."""
    with warehouse.connect(ADDED_UP) as connection:
        connection.execute(f"set variable month = '{month}'")
        select = sql("completeness_daily.sql")
        return warehouse.replace(COMPLETENESS_DAILY.name, select, month=str(month), connection=connection)


def recounted_months(warehouse: Warehouse, month: Month) -> list[Month]:
    """The month, after the earlier ones that calls landed for since, or whose books did not close."""
    earlier = warehouse.read(RECOUNTED, [str(month), ACCOUNTED_FOR])["month"].to_pylist()
    return [*map(Month.parse, earlier), month]


def lost_legs(warehouse: Warehouse, month: Month) -> list[Row]:
    """Missing legs nothing explains, as findings: what a person may close a month without."""
    words = ", ".join(f"'{why}'" for why in UNEXPLAINED)
    legs = warehouse.read(
        "select boot_id || '/' || session_number as row_key, 'a leg is ' || explanation as reason, "
        "cast(earliest_start_at as varchar) as earliest_start_at, cast(latest_start_at as varchar) as latest_start_at "
        f"from missing_legs where month <= $1 and last_month >= $1 and explanation in ({words}) order by row_key",
        [str(month)],
    )
    return as_findings(legs.to_pylist())


def unbalanced_days(warehouse: Warehouse, month: Month) -> list[Row]:
    """Days that do not add up, as findings: a fault of ours, which nobody can answer for."""
    days = warehouse.read(
        "select cast(record_date as varchar) as row_key, "
        "'hang-ups, call records and calls rated or set aside differ' as reason, "
        "hangups, landed_legs, unbillable_legs, rated_legs, set_aside_legs, waiting_legs "
        "from completeness_daily where month = $1 and not is_balanced order by record_date",
        [str(month)],
    )
    return as_findings(days.to_pylist())


def as_findings(rows: list[Row]) -> list[Row]:
    return [{"row_key": row.pop("row_key"), "reason": row.pop("reason"), "details": row} for row in rows]


def gap_sha256(findings: list[Row]) -> str:
    """What a person accepts when a month closes without them: these, and no other."""
    keys = sorted(f"{finding['row_key']} {finding['reason']}" for finding in findings)
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()


def accept_gap(warehouse: Warehouse, ledger: Ledger, month: Month, accepted: Acceptance, on: dt.date) -> int:
    """Record in the ledger that a person lets a month close without the legs missing now; how many they are."""
    gap = lost_legs(warehouse, month)
    if gap:
        ledger.accept_gap(month, gap_sha256(gap), len(gap), accepted.accepted_by, accepted.reason, on)
    return len(gap)


@dg.asset(
    group_name="cdr",
    description=COMPLETENESS_DAILY.description,
    partitions_def=BILLING_MONTHS,
    kinds={"duckdb", "parquet"},
    owners=["team:billing"],
    deps=["cdr_completeness", "call_detail_records", "rated_calls", "unrated_calls"],
)
def completeness_daily(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Add up each day of the month: what the switch said, what stands in call records, what was rated."""
    month = Month.parse(context.partition_key)
    for counted in recounted_months(platform.warehouse, month):
        written = write_completeness_daily(platform.warehouse, counted)
    return dg.MaterializeResult(metadata={"dagster/row_count": written.rows})


def judged(platform: Platform, month: Month) -> tuple[list[Row], bool, AcceptedGap | None]:
    """What is unaccounted for in a month, whether it may close all the same, and by whose word."""
    lost, unbalanced = lost_legs(platform.warehouse, month), unbalanced_days(platform.warehouse, month)
    acceptance = platform.ledger.accepted_gap(month, gap_sha256(lost)) if lost else None
    period = platform.ledger.period(month)
    # What is issued is issued: a leg found missing later is told, and bills no one.
    is_closed = period is not None and period.state == "closed"
    return [*lost, *unbalanced], is_closed or (acceptance is not None and not unbalanced), acceptance


def completeness_checks() -> list[dg.AssetChecksDefinition]:
    """The check that lets a month close."""
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview; without them a green October hides a red November.
        warnings.simplefilter("ignore", dg.PreviewWarning)

        @dg.asset_check(
            asset="completeness_daily",
            name=ACCOUNTED_FOR,
            description="No leg of the month is lost, each day's hang-ups are its call records, rated or set aside; "
            "or a person said by name why it closes all the same.",
            blocking=True,
            partitions_def=BILLING_MONTHS,
        )
        def every_leg(
            context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
        ) -> dg.AssetCheckResult:
            month = Month.parse(context.partition_key)
            raised_at = run_created_at(context)
            for checked in recounted_months(platform.warehouse, month):
                gap, is_bearable, acceptance = judged(platform, checked)
                report_findings(
                    platform,
                    check_name=ACCOUNTED_FOR,
                    table=COMPLETENESS_DAILY.name,
                    month=str(checked),
                    rows=gap,
                    severity="warning" if is_bearable else "error",
                    raised_at=raised_at,
                )
            accepted = f"accepted by {acceptance.accepted_by}: {acceptance.reason}" if acceptance else "nobody"
            return dg.AssetCheckResult(
                passed=not gap,
                severity=dg.AssetCheckSeverity.WARN if is_bearable else dg.AssetCheckSeverity.ERROR,
                description=refusal(month, gap) if gap else "every leg is accounted for",
                metadata={
                    "unaccounted": len(gap),
                    "accepted": accepted,
                    "first": dg.MetadataValue.md(
                        "\n".join(f"- {row['row_key']}: {row['reason']}" for row in gap[:LEGS_SHOWN])
                    ),
                },
            )

    return [every_leg]


def refusal(month: Month, gap: list[Row]) -> str:
    """What is wrong, and what to do next."""
    first = "; ".join(f"{row['row_key']} ({row['reason']})" for row in gap[:3])
    return (
        f"{month}: {len(gap)} unaccounted for, first: {first}. Bring the switch's CDR files (`seconde spool`) and land "
        f'them, or close with --accept-incomplete "NAME: reason"; all of them: select * from missing_legs'
    )
