"""Who credited what and why, invoices that replace another, money nobody can place yet, what was sent to whom.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"

# Of a month's own documents there is one of a kind for each customer; one that replaces another comes on top.
ONE_A_MONTH = "kind <> 'credit_note' and replaces_number is null"
DOCUMENT_EXISTS = (
    "exists (select 1 from issued_document where number = new.number"
    " or (series = new.series and year = new.year and sequence = new.sequence)"
    " or (kind <> 'credit_note' and kind = new.kind and month = new.month and customer_id = new.customer_id"
    " and replaces_number is null and new.replaces_number is null))"
)
ISSUED_ALREADY = "issued_document: it is issued already"
DECISION = "credit_decision: what was decided never changes: decide again, in another credit note"


def upgrade() -> None:
    _replacements()
    _decisions()
    _unassigned()
    _deliveries()


def _replacements() -> None:
    # In the column's own words: SQLite adds no constraint to a table that exists.
    op.execute(
        "alter table issued_document add column replaces_number varchar references issued_document (number)"
        " constraint ck_issued_document_replaces check (replaces_number is null or kind = 'invoice')"
    )
    op.drop_index("uq_issued_document_month", "issued_document")
    op.create_index(
        "uq_issued_document_month",
        "issued_document",
        ["customer_id", "month", "kind"],
        unique=True,
        sqlite_where=sa.text(ONE_A_MONTH),
        postgresql_where=sa.text(ONE_A_MONTH),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger guard_document_replace")
        op.execute(_sqlite_trigger("document_replace", "insert", "issued_document", DOCUMENT_EXISTS, ISSUED_ALREADY))
    else:
        op.execute(_postgresql_function("document_replace", DOCUMENT_EXISTS, ISSUED_ALREADY, "new"))


def _decisions() -> None:
    op.create_table(
        "credit_decision",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.CheckConstraint("trim(decided_by) <> '' and trim(because) <> ''", name="ck_credit_decision_signed"),
        sa.ForeignKeyConstraint(["number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint("number"),
    )
    for event in ("update", "delete"):
        name, table = f"decision_{event}", "credit_decision"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(_sqlite_trigger(name, event, table, "true", DECISION))
            continue
        op.execute(_postgresql_function(name, "true", DECISION, "old" if event == "delete" else "new"))
        op.execute(
            f"create trigger guard_{name} before {event} on {table} for each row execute function guard_{name}()"
        )


def _sqlite_trigger(name: str, event: str, table: str, condition: str, message: str) -> str:
    return (
        f"create trigger guard_{name} before {event} on {table} when {condition}"
        f" begin select raise(abort, '{message}'); end"
    )


def _postgresql_function(name: str, condition: str, message: str, row: str) -> str:
    return (
        f"create or replace function guard_{name}() returns trigger language plpgsql as $$ begin"
        f" if {condition} then raise exception '{message}' using errcode = '23000'; end if; return {row}; end $$"
    )


def _unassigned() -> None:
    op.create_table(
        "unassigned_payment",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("said_number", sa.String(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name="ck_unassigned_payment_amount"),
        sa.PrimaryKeyConstraint("reference"),
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("document_number", sa.String()),
        sa.Column("tariff_version_id", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime()),
        sa.Column("sent_at", sa.DateTime()),
        sa.Column("message_id", sa.String()),
        sa.Column("last_error", sa.String()),
        sa.CheckConstraint("channel in ('email','folder')", name="ck_delivery_channel"),
        sa.CheckConstraint("state in ('queued','sending','sent','bounced','failed')", name="ck_delivery_state"),
        sa.CheckConstraint("(document_number is null) <> (tariff_version_id is null)", name="ck_delivery_subject"),
        sa.CheckConstraint("attempts >= 0 and round > 0", name="ck_delivery_attempts"),
        sa.CheckConstraint("trim(recipient) <> ''", name="ck_delivery_recipient"),
        sa.CheckConstraint("(state in ('queued','sending')) = (next_attempt_at is not null)", name="ck_delivery_next"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
        sa.ForeignKeyConstraint(["document_number"], ["issued_document.number"]),
        sa.ForeignKeyConstraint(["tariff_version_id"], ["tariff_version.version_id"]),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("ix_delivery_document_number", "delivery", ["document_number"])
    op.create_index("ix_delivery_tariff_version_id", "delivery", ["tariff_version_id"])
    op.create_index("ix_delivery_next_attempt_at", "delivery", ["next_attempt_at"])
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"])
