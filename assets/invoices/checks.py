"""The check of new prices: a contract is charged one only when its customer was told a month before (art. 6.1)."""

import warnings

import dagster as dg

from assets.gates import GATES, TOLD, answered, check_severity
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.calendar import Month


def price_checks() -> list[dg.AssetChecksDefinition]:
    """The notice of each price that begins, or is charged first, in the month left in time and did not come back."""
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview; without them a green October hides a red November.
        warnings.simplefilter("ignore", dg.PreviewWarning)

        @dg.asset_check(
            asset="subscription_charges",
            name=TOLD,
            description="The notice of each price that begins, or is charged first, in the month left a month before.",
            blocking=True,
            partitions_def=BILLING_MONTHS,
        )
        def new_prices_were_told(
            context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
        ) -> dg.AssetCheckResult:
            month = Month.parse(context.partition_key)
            rows = GATES[TOLD](platform.ledger, platform.warehouse, month)
            said = answered(platform, TOLD, month) if rows else None
            report_findings(
                platform,
                check_name=TOLD,
                table="deliveries",
                month=str(month),
                rows=rows,
                severity="error" if said is None else "warning",
                raised_at=run_created_at(context),
            )
            return dg.AssetCheckResult(
                passed=not rows,
                severity=check_severity(context, TOLD, is_bearable=said is not None),
                metadata={"untold": len(rows)} | ({"overridden": said} if said else {}),
                description="; ".join(f"{row['row_key']}: {row['reason']}" for row in rows[:5]) or None,
            )

    return [new_prices_were_told]
