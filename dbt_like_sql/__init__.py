"""The set-based SQL: a strict subset of dbt, run by a thin runner, or by dbt itself."""
