"""What a close charged of the months before it, once and never changed. Revision ID: 0012"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.guards import guard, refuse_truncate

revision = "0012"
down_revision = "0011"

TABLE = "caught_up_month"
SAME = "month = new.month and contract_id = new.contract_id and charged_month = new.charged_month"
MONTH_CLOSED = "exists (select 1 from billing_period where month = new.month and state = 'closed')"
FINAL = "caught_up_month: what a close charged of an earlier month stays"
LATE = "caught_up_month: the month is closed: what it charged was written with its documents"


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("month", "contract_id", "charged_month", "document_number")
        ),
        sa.CheckConstraint("month > charged_month", name="ck_caught_up_month_order"),
        sa.ForeignKeyConstraint(["month"], ["billing_period.month"]),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.ForeignKeyConstraint(["charged_month"], ["billing_period.month"]),
        sa.ForeignKeyConstraint(["document_number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint("month", "contract_id", "charged_month"),
    )
    guard("caught_up_insert", TABLE, "insert", MONTH_CLOSED, LATE)
    # "insert or replace" fires no delete trigger on SQLite.
    guard("caught_up_replace", TABLE, "insert", f"exists (select 1 from {TABLE} where {SAME})", FINAL)
    guard("caught_up_update", TABLE, "update", "true", FINAL)
    guard("caught_up_delete", TABLE, "delete", "true", FINAL)
    refuse_truncate(TABLE)
