"""Asset ``call_events``: sealed journal segments, each taken exactly once."""

import dagster as dg

from assets.cdr.findings import FILES_END, JOURNAL_IS_READ, half_written_findings, rejected_event_findings
from assets.cdr.landing import land_segments
from assets.cdr.tables import CALL_EVENTS, REJECTED_EVENTS
from assets.platform import Platform
from assets.quality import report_findings, run_created_at
from domain.calendar import Month


@dg.asset(
    group_name="cdr",
    description=CALL_EVENTS.description,
    kinds={"freeswitch", "parquet"},
    owners=["team:billing"],
)
def call_events(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Land every sealed segment that has not landed; tell people what could not be read."""
    landed = []
    for segment in land_segments(platform.warehouse, platform.journal, platform.quarantine):
        landed.append(segment)
        context.log.info("%s: %d events on %s", segment.name, segment.events, ", ".join(map(str, segment.dates)))
        if segment.damaged:
            context.log.error(
                "%s is damaged in %d places; its %d good records landed, a copy and the reasons are in %s",
                segment.name, segment.damaged, segment.records, platform.quarantine,
            )  # fmt: skip
    months = {segment.month for segment in landed}
    # A file told of last month may be whole now.
    before = {str(Month.parse(month).previous) for month in months}
    for check_name, findings, of in (
        (JOURNAL_IS_READ, rejected_event_findings, months),
        (FILES_END, half_written_findings, months | before),
    ):
        for month in sorted(of):
            report_findings(
                platform,
                check_name=check_name,
                table=REJECTED_EVENTS.name,
                month=month,
                rows=findings(platform.warehouse, month),
                raised_at=run_created_at(context),
            )
    return dg.MaterializeResult(
        metadata={
            "segments": len(landed),
            "records": sum(segment.records for segment in landed),
            "events": sum(segment.events for segment in landed),
            "rejected": sum(segment.rejected for segment in landed),
            "damaged": sum(segment.damaged for segment in landed),
        }
    )
