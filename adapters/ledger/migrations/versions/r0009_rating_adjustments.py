"""What closes corrected of the months before them: once, and never changed.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.guards import guard

revision = "0009"
down_revision = "0008"

TABLE = "rating_adjustment"
KEY = ("month", "corrected_month", "contract_id", "charge", "category", "destination_country")
SAME_KEY = " and ".join(f"{column} = new.{column}" for column in KEY)
MONTH_CLOSED = "exists (select 1 from billing_period where month = new.month and state = 'closed')"
FINAL = "rating_adjustment: a correction that was issued never changes: rate the month again, and correct it further"
LATE = "rating_adjustment: the month is closed: a correction belongs to the close that issues it"


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.String(), nullable=False) for name in (*KEY, "customer_id")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("billed_cents", "adjusted_cents", "due_cents", "difference_cents", "credited_before_cents")
        ),
        sa.Column("document_number", sa.String()),
        sa.Column("line_number", sa.Integer()),
        sa.CheckConstraint("month > corrected_month", name="ck_rating_adjustment_months"),
        sa.CheckConstraint("charge in ('call','surcharge')", name="ck_rating_adjustment_charge"),
        sa.CheckConstraint(
            "difference_cents = due_cents - billed_cents - adjusted_cents and difference_cents <> 0",
            name="ck_rating_adjustment_difference",
        ),
        sa.CheckConstraint("credited_before_cents >= 0", name="ck_rating_adjustment_credited_before"),
        sa.ForeignKeyConstraint(["month"], ["billing_period.month"]),
        sa.ForeignKeyConstraint(["corrected_month"], ["billing_period.month"]),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
        sa.ForeignKeyConstraint(["document_number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint(*KEY),
    )
    guard("adjustment_insert", TABLE, "insert", MONTH_CLOSED, LATE)
    # "insert or replace" fires no delete trigger on SQLite.
    guard("adjustment_replace", TABLE, "insert", f"exists (select 1 from {TABLE} where {SAME_KEY})", FINAL)
    guard("adjustment_update", TABLE, "update", "true", FINAL)
    guard("adjustment_delete", TABLE, "delete", "true", FINAL)
