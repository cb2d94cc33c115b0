"""What bounds a fraud: a daily cap per contract, and who may call blocked ranges.

Written in SQL both databases take: Alembic would copy SQLite's tables, and lose the checks it is not told of.

Revision ID: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "alter table contract add column daily_cap_cents bigint "
        "constraint ck_contract_daily_cap check (daily_cap_cents > 0)"
    )
    op.execute("alter table customer add column is_high_risk_allowed boolean default false not null")
