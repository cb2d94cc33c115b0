"""A delivery may be the notice of a contract's own price: of one event of one contract.

Revision ID: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.guards import is_sqlite

revision = "0014"
down_revision = "0013"

TABLE = "delivery"
SUBJECT = (
    "(event_sequence is null) = (contract_id is null)"
    " and (case when document_number is null then 0 else 1 end)"
    " + (case when tariff_version_id is null then 0 else 1 end)"
    " + (case when contract_id is null then 0 else 1 end) = 1"
)
EVENT = (["contract_id", "event_sequence"], ["contract_event.contract_id", "contract_event.sequence"])
INDEXED = ("document_number", "tariff_version_id", "contract_id", "next_attempt_at", "message_id")
KEPT = (
    "delivery_id, channel, recipient, customer_id, document_number, tariff_version_id, state, round, attempts,"
    " queued_at, next_attempt_at, sent_at, message_id, last_error"
)


def upgrade() -> None:
    if is_sqlite():
        _copy()
        return
    op.add_column(TABLE, sa.Column("contract_id", sa.String()))
    op.add_column(TABLE, sa.Column("event_sequence", sa.Integer()))
    op.drop_constraint("ck_delivery_subject", TABLE)
    op.create_check_constraint("ck_delivery_subject", TABLE, SUBJECT)
    op.create_foreign_key("fk_delivery_contract_event", TABLE, "contract_event", EVENT[0], ["contract_id", "sequence"])
    op.create_index("ix_delivery_contract_id", TABLE, ["contract_id"])


def _copy() -> None:
    """SQLite changes no check: another table takes the place of the first. No trigger knows of it."""
    op.create_table(
        f"new_{TABLE}",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("document_number", sa.String()),
        sa.Column("tariff_version_id", sa.String()),
        sa.Column("contract_id", sa.String()),
        sa.Column("event_sequence", sa.Integer()),
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
        sa.CheckConstraint(SUBJECT, name="ck_delivery_subject"),
        sa.CheckConstraint("attempts >= 0 and round > 0", name="ck_delivery_attempts"),
        sa.CheckConstraint("trim(recipient) <> ''", name="ck_delivery_recipient"),
        sa.CheckConstraint("(state in ('queued','sending')) = (next_attempt_at is not null)", name="ck_delivery_next"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
        sa.ForeignKeyConstraint(["document_number"], ["issued_document.number"]),
        sa.ForeignKeyConstraint(["tariff_version_id"], ["tariff_version.version_id"]),
        sa.ForeignKeyConstraint(*EVENT),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.execute(f"insert into new_{TABLE} ({KEPT}) select {KEPT} from {TABLE}")
    op.execute(f"drop table {TABLE}")
    op.execute(f"alter table new_{TABLE} rename to {TABLE}")
    for column in INDEXED:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])
