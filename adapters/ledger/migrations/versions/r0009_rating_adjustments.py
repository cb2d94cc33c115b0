"""What closes corrected of the months before them: once, and never changed.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
    _guard("adjustment_insert", "insert", MONTH_CLOSED, LATE)
    # "insert or replace" fires no delete trigger on SQLite.
    _guard("adjustment_replace", "insert", f"exists (select 1 from {TABLE} where {SAME_KEY})", FINAL)
    _guard("adjustment_update", "update", "true", FINAL)
    _guard("adjustment_delete", "delete", "true", FINAL)


def _guard(name: str, event: str, condition: str, message: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"create trigger guard_{name} before {event} on {TABLE} when {condition}"
            f" begin select raise(abort, '{message}'); end"
        )
        return
    row = "old" if event == "delete" else "new"
    op.execute(
        f"create function guard_{name}() returns trigger language plpgsql as $$ begin"
        f" if {condition} then raise exception '{message}' using errcode = '23000'; end if; return {row}; end $$"
    )
    op.execute(f"create trigger guard_{name} before {event} on {TABLE} for each row execute function guard_{name}()")
