"""Asset ``completeness_daily`` and the check on it: a month closes when every leg of it is accounted for."""

import warnings

import dagster as dg

from adapters.warehouse import Warehouse, Written
from assets.cdr.completeness import Row
from assets.cdr.completeness_tables import COMPLETENESS_DAILY
from assets.cdr.day_records import sql
from assets.cdr.unaccounted import unaccounted
from assets.gates import ACCOUNTED_FOR, answered, check_severity, how_to_override
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.calendar import Month

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


def completeness_checks() -> list[dg.AssetChecksDefinition]:
    """The check that lets a month close."""
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview; without them a green October hides a red November.
        warnings.simplefilter("ignore", dg.PreviewWarning)

        @dg.asset_check(
            asset="completeness_daily",
            name=ACCOUNTED_FOR,
            description="No leg of the month is lost, each switch was counted to its end, each day's hang-ups are its "
            "call records, rated or set aside; or a person said by name why it closes all the same.",
            blocking=True,
            partitions_def=BILLING_MONTHS,
        )
        def every_leg(
            context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
        ) -> dg.AssetCheckResult:
            month = Month.parse(context.partition_key)
            raised_at = run_created_at(context)
            for checked in recounted_months(platform.warehouse, month):
                gap = unaccounted(platform.warehouse, checked)
                is_bearable = answered(platform, ACCOUNTED_FOR, checked) is not None
                report_findings(
                    platform,
                    check_name=ACCOUNTED_FOR,
                    table=COMPLETENESS_DAILY.name,
                    month=str(checked),
                    rows=gap,
                    severity="warning" if is_bearable else "error",
                    raised_at=raised_at,
                )
            return dg.AssetCheckResult(
                passed=not gap,
                severity=check_severity(context, ACCOUNTED_FOR, is_bearable=is_bearable),
                description=refusal(month, gap) if gap else "every leg is accounted for",
                metadata={
                    "unaccounted": len(gap),
                    "overridden": answered(platform, ACCOUNTED_FOR, month) or "by nobody",
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
        f"{month}: {len(gap)} unaccounted for, first: {first}. Start `seconde listen`, bring the switch's CDR files "
        f"(`seconde spool`) and land them, or {how_to_override(ACCOUNTED_FOR, month)}; "
        "all of them: select * from missing_legs, select * from uncounted_times"
    )
