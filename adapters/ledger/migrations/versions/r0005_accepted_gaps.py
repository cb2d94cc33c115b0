"""Who let a month close without a leg, which ones, and why.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "accepted_gap",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("gap_sha256", sa.String(), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.CheckConstraint("month like '____-__'", name="ck_accepted_gap_month"),
        sa.CheckConstraint("length(gap_sha256) = 64", name="ck_accepted_gap_sha256"),
        sa.CheckConstraint("legs > 0", name="ck_accepted_gap_legs"),
        sa.CheckConstraint("trim(accepted_by) <> '' and trim(reason) <> ''", name="ck_accepted_gap_signed"),
        sa.PrimaryKeyConstraint("month", "gap_sha256"),
    )
