"""The schedule that closes: on the first of each month, the month that ended, as of that very day."""

import dagster as dg

from assets.partitions import BILLING_MONTHS
from domain.calendar import Month, local_date
from orchestration.jobs import CLOSE_MONTH, close_config

# After the last segment of the month has landed, before people come to work.
CLOSING_HOUR = 6


def monthly_close_schedule() -> dg.ScheduleDefinition:
    """A close of the month that ended, on the cron of the months themselves. Stopped until somebody starts it."""

    @dg.schedule(
        name="monthly_close",
        job_name=CLOSE_MONTH,
        cron_schedule=BILLING_MONTHS.get_cron_schedule(hour_of_day=CLOSING_HOUR),
        execution_timezone=str(BILLING_MONTHS.timezone),
        description="Closes the month that ended, as of the day of the tick.",
    )
    def close_the_month_that_ended(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        as_of = local_date(context.scheduled_execution_time)
        month = str(Month.of(as_of).previous)
        return dg.RunRequest(
            run_key=month, partition_key=month, run_config=close_config(as_of, "schedule monthly_close")
        )

    return close_the_month_that_ended
