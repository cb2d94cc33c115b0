"""Asset ``spend_daily``: what each day should cost, judged as soon as it lands and long before it is billed."""

import dagster as dg

from assets.fraud.findings import judge_month
from assets.fraud.spend import keep, known_months, refresh_spend
from assets.fraud.tables import SPEND_DAILY
from assets.platform import Platform
from assets.quality import run_created_at
from domain.calendar import Month


@dg.asset(
    group_name="rating",
    description=SPEND_DAILY.description,
    kinds={"duckdb", "parquet"},
    owners=["team:billing"],
    deps=["call_detail_records"],
)
def spend_daily(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Estimate again the days whose call records changed, and tell people of what must be looked at."""
    watched = set(known_months(platform.warehouse))
    days = refresh_spend(platform.warehouse, platform.ledger, platform.fraud)
    findings = alerts = 0
    # Not those that had closed before anybody watched: an upgrade tells nothing of years gone by.
    months = sorted({str(Month.of(day)) for day in days})
    for month in [month for month in months if month in watched or not is_closed(platform, month)]:
        found, told = judge_month(platform, month, run_created_at(context))
        findings, alerts = findings + found, alerts + told
        context.log.info("%s: %d findings, %d alerts stand", month, found, told)
    keep(platform.warehouse, days)
    platform.alerts.retry_undelivered()
    return dg.MaterializeResult(metadata={"days_rebuilt": len(days), "findings": findings, "alerts": alerts})


def is_closed(platform: Platform, month: str) -> bool:
    period = platform.ledger.period(Month.parse(month))
    return period is not None and period.state == "closed"
