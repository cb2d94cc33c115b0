"""The only place that makes a partition: billing months in Europe/Paris."""

import dagster as dg

# end_offset=1: the month under way can be materialized before it ends (an estimate, or a close asked for with a date).
BILLING_MONTHS = dg.MonthlyPartitionsDefinition(
    start_date="2026-01", timezone="Europe/Paris", fmt="%Y-%m", end_offset=1
)
