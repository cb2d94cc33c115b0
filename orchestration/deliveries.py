"""The job that sends and the sensor that sends again: the queue is in the ledger, Dagster only says when."""

import datetime as dt

import dagster as dg

from adapters.ledger import deliveries as queue
from assets.invoices import deliveries
from assets.invoices.courier import naive
from assets.platform import Platform
from domain.calendar import Month
from orchestration.clock import now

DELIVER_DOCUMENTS = "deliver_documents"
EVERY_SECONDS = 300
# A run that says it is on its way for longer than this died without a word.
LONGEST_RUN = dt.timedelta(hours=1)
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


class Delivering(dg.Config):
    """``month``, ``YYYY-MM``: queue its documents first. Without it, only what waits is sent."""

    month: str | None = None


@dg.op(name="deliveries", description="Sends what waits in the delivery queue.", tags={"kind": "mail"})
def deliveries_op(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform], config: Delivering) -> None:
    """Queue a month's documents when one is said, then send what is due."""
    queued = 0
    if config.month:
        queued = len(deliveries.queue_documents(platform, Month.parse(config.month), now()))
    report = deliveries.deliver(platform, now)
    for line in report.told:
        context.log.warning("%s", line)
    context.log.info("%d queued", queued)
    context.add_output_metadata({"queued": queued, **report.states})


def deliver_documents_job() -> dg.JobDefinition:
    """Documents to customers; a month in the run's config queues it first."""

    @dg.job(name=DELIVER_DOCUMENTS, description="Queues a month's documents when one is said, and sends what is due.")
    def deliver_documents() -> None:
        deliveries_op()

    return deliver_documents


def deliveries_due_sensor(platform: Platform) -> dg.SensorDefinition:
    """Asks for a run when something queued is due and none is on its way; again at the next tick, if one came to
    nothing. Stopped until somebody starts it: it writes to customers."""

    @dg.sensor(
        name="deliveries_due",
        job_name=DELIVER_DOCUMENTS,
        minimum_interval_seconds=EVERY_SECONDS,
        description="Runs deliver_documents when something in the delivery queue is due.",
    )
    def deliveries_waiting(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        instant = now()
        waiting = queue.due(platform.ledger, naive(instant))
        if not waiting:
            return dg.SkipReason("nothing in the delivery queue is due")
        post = platform.post
        ways = {channel for channel, way in (("email", post.mail), ("folder", post.platform)) if way is not None}
        if not any(row.channel in ways for row in waiting):
            return dg.SkipReason(
                f"{len(waiting)} deliveries are due and nothing is set to send them by: SECONDE_SMTP_HOST and"
                " SECONDE_BILLING_SENDER, or SECONDE_PLATFORM_FOLDER, in the daemon's environment"
            )
        running = dg.RunsFilter(job_name=DELIVER_DOCUMENTS, statuses=UNDER_WAY, created_after=instant - LONGEST_RUN)
        if context.instance.get_runs_count(running):
            return dg.SkipReason("a run that delivers is on its way")
        # No run key: what a run left undone would never be asked for again.
        return dg.RunRequest()

    return deliveries_waiting
