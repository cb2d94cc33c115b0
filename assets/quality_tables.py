"""The tables of data quality: which rows fail, and who was told."""

from __future__ import annotations

from adapters.alerts import ALERTS_TABLE
from adapters.data_quality import FINDINGS_TABLE
from adapters.warehouse import Column, TableSpec

MONTH = Column("month", "VARCHAR", "Billing month YYYY-MM of the data checked; 'all' for a table without months")
CHECK_NAME = Column("check_name", "VARCHAR", "The check that failed, as named on the asset")

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        FINDINGS_TABLE,
        "parts",
        "One row per failing row and reason, as of the check's last run: a repaired problem leaves none.",
        (
            MONTH,
            CHECK_NAME,
            Column("table_name", "VARCHAR", "The table the row stands in"),
            Column("severity", "VARCHAR", "'error' or 'warning'"),
            Column("row_key", "VARCHAR", "The row's key: its key columns joined by '/'"),
            Column("reason", "VARCHAR", "What is wrong with the row"),
            Column("details", "VARCHAR", "JSON of what the check saw of the row, phone numbers masked"),
        ),
    ),
    TableSpec(
        ALERTS_TABLE,
        "parts",
        "One row per alert: a problem told once, however often its check runs again.",
        (
            MONTH,
            Column("alert_id", "VARCHAR", "Hash of what the alert says: the same problem has the same id"),
            CHECK_NAME,
            Column("severity", "VARCHAR", "'error' or 'warning'"),
            Column("message", "VARCHAR", "What was told, phone numbers masked"),
            Column("failing_rows", "BIGINT", "How many rows failed"),
            Column("raised_at", "TIMESTAMP", "When the run that raised it was created, UTC"),
            Column("delivered_by", "VARCHAR", "Channels that took it, separated by commas: log, smtp, webhook"),
            Column("delivery_error", "VARCHAR", "Channels that did not, and why; tried again at the next run", True),
            Column("resolved_at", "TIMESTAMP", "When its check passed or failed otherwise, UTC; null while open", True),
        ),
    ),
)
