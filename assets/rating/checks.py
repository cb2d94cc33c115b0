"""The check that closes rating: no billable call is lost, and none is charged twice."""

import warnings

import dagster as dg

from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.sql_reports import check_result, report
from dbt_like_sql.runner import run_test
from dbt_like_sql.views import views_read_by

EVERY_CALL = "every_billable_call_is_rated_or_unrated_once"


def rating_checks() -> list[dg.AssetChecksDefinition]:
    """Every billable call of a month is in ``rated_calls`` or in ``unrated_calls``, once; else nothing is charged."""
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview; without them a green October hides a red November.
        warnings.simplefilter("ignore", dg.PreviewWarning)

        @dg.asset_check(
            asset="rated_calls",
            additional_deps=["unrated_calls"],
            name=EVERY_CALL,
            description="Every billable call of the month is rated, or unrated with its reason, exactly once.",
            blocking=True,
            partitions_def=BILLING_MONTHS,
        )
        def every_billable_call(
            context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
        ) -> dg.AssetCheckResult:
            month, project = context.partition_key, platform.project
            views = views_read_by(project, {"month": month}, project.tests[EVERY_CALL])
            with platform.warehouse.connect(
                platform.warehouse.named_in(project.tests[EVERY_CALL], *views)
            ) as connection:
                for view in views:
                    connection.execute(view)
                verdict = run_test(connection, project, EVERY_CALL, {"month": month}, {})
            report(context, platform, "rated_calls", month, [verdict])
            return check_result(verdict)

    return [every_billable_call]
