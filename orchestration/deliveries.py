"""The job that sends and the sensor that sends again: the queue is in the ledger, Dagster only says when."""

import dagster as dg

from adapters.ledger import deliveries as queue
from assets.invoices import deliveries
from assets.invoices.courier import naive
from assets.platform import Platform
from domain.calendar import Month
from orchestration.clock import now

DELIVER_DOCUMENTS = "deliver_documents"
EVERY_SECONDS = 300


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
    """Asks for a run when something queued is due. Stopped until somebody starts it: it writes to customers."""

    @dg.sensor(
        name="deliveries_due",
        job_name=DELIVER_DOCUMENTS,
        minimum_interval_seconds=EVERY_SECONDS,
        description="Runs deliver_documents when something in the delivery queue is due.",
    )
    def deliveries_waiting(_context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        instant = now()
        waiting = queue.due(platform.ledger, naive(instant))
        if not waiting:
            return dg.SkipReason("nothing in the delivery queue is due")
        first = min(str(row.next_attempt_at) for row in waiting)
        return dg.RunRequest(run_key=f"{first} {len(waiting)}")

    return deliveries_waiting
