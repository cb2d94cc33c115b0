"""What a close charged of the months before it, once and never changed. Revision ID: 0012"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
    _guard("caught_up_insert", "insert", MONTH_CLOSED, LATE)
    # "insert or replace" fires no delete trigger on SQLite.
    _guard("caught_up_replace", "insert", f"exists (select 1 from {TABLE} where {SAME})", FINAL)
    _guard("caught_up_update", "update", "true", FINAL)
    _guard("caught_up_delete", "delete", "true", FINAL)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"create trigger guard_{TABLE}_truncate before truncate on {TABLE} execute function guard_truncate()"
        )


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
