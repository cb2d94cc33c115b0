"""Asset ``call_detail_records``: one row per leg, in day files made again when something about them changed."""

import datetime as dt

import dagster as dg
from pydantic import Field

from adapters.ledger.store import Ledger
from assets.cdr.findings import (
    ACCOUNTS_AGREE,
    FILES_ARE_WHOLE,
    HANGUPS_AGREE,
    account_findings,
    file_findings,
    hangup_findings,
)
from assets.cdr.rebuilding import Sources, rebuild_days
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.calendar import Month
from domain.errors import BadInput
from domain.inventory import Assignment, NumberInventory


class RebuildDays(dg.Config):
    """``days``: local days (YYYY-MM-DD) to make again; none given, those whose events or numbers changed."""

    days: list[str] = Field(default_factory=list)

    def dates(self) -> list[dt.date] | None:
        """The days as dates. Raises BadInput for one that is none."""
        try:
            return [dt.date.fromisoformat(day) for day in self.days] or None
        except ValueError as error:
            raise BadInput(f"days to rebuild: {error}; write them like 2026-11-22") from None


def number_inventory(ledger: Ledger) -> NumberInventory:
    """The ledger's phone numbers, with the customer of their contract."""
    numbers = ledger.phone_numbers()
    customers = {contract.contract_id: contract.customer_id for contract in ledger.contracts()}
    return NumberInventory(
        Assignment(row.number, row.contract_id, customers[row.contract_id], row.valid_from, row.valid_to)
        for row in numbers
    )


@dg.asset(
    group_name="cdr",
    description=CALL_DETAIL_RECORDS.description,
    kinds={"duckdb", "parquet"},
    owners=["team:billing"],
    deps=["call_events"],
)
def call_detail_records(
    context: dg.AssetExecutionContext, config: RebuildDays, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult[None]:
    """Link, own and judge the legs of each day whose events, numbers or rules changed."""
    sources = Sources(number_inventory(platform.ledger), platform.numbering, platform.carrier_profiles)
    rebuilt = []
    for day in rebuild_days(platform.warehouse, sources, config.dates()):
        rebuilt.append(day)
        context.log.info("%s: %d legs, %d billable calls", day.record_date, day.legs, day.billable_calls)
    months = sorted({str(Month.of(day.record_date)) for day in rebuilt})
    for month in months:
        raised_at = run_created_at(context)
        report_findings(
            platform,
            check_name=ACCOUNTS_AGREE,
            table=CALL_DETAIL_RECORDS.name,
            month=month,
            rows=account_findings(platform.warehouse, month),
            severity="warning",
            raised_at=raised_at,
        )
        report_findings(
            platform,
            check_name=HANGUPS_AGREE,
            table=CALL_EVENTS.name,
            month=month,
            rows=hangup_findings(platform.warehouse, month),
            raised_at=raised_at,
        )
        report_findings(
            platform,
            check_name=FILES_ARE_WHOLE,
            table=CALL_EVENTS.name,
            month=month,
            rows=file_findings(platform.warehouse, month),
            severity="warning",
            raised_at=raised_at,
        )
    return dg.MaterializeResult(
        metadata={
            "days_rebuilt": len(rebuilt),
            # Those the checks of this asset have to judge again.
            "months": ", ".join(months),
            "legs": sum(day.legs for day in rebuilt),
            "billable_calls": sum(day.billable_calls for day in rebuilt),
        }
    )
