"""Contracts through time: each change an event that stays, and an order form that does not change once signed.

What the ledger has becomes its first events: the subscription, each number, each end. Revision ID: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.guards import guard, refuse_truncate

revision = "0011"
down_revision = "0010"

TABLE = "contract_event"
APPEND_ONLY = "contract_event: what was recorded of a contract stays: record another event"
SIGNED = (
    "customer_id", "subscription_type", "subscription_cents", "users", "user_cents", "licences", "licence_cents",
    "tariff_plan", "first_month_rule", "started_on",
)  # fmt: skip
SIGNED_CHANGED = " or ".join(f"new.{column} <> old.{column}" for column in SIGNED)
AS_SIGNED = "contract: an order form that was signed does not change: record an event with `seconde contract`"
SAYS = (
    "(kind in ('subscription','termination') and item is null and quantity is null and unit_cents is null"
    " and number is null and country is null)"
    " or (kind = 'quantity' and item is not null and item in ('users','licences') and quantity is not null"
    " and quantity <> 0"
    " and unit_cents is null and number is null and country is null)"
    " or (kind = 'price' and item is not null and item in ('subscription','users','licences','numbers')"
    " and unit_cents is not null"
    " and quantity is null and number is null and (item = 'numbers') = (country is not null))"
    " or (kind = 'number' and number is not null and country is not null and unit_cents is not null"
    " and item is null and quantity is null)"
    " or (kind = 'number_end' and number is not null and item is null and quantity is null and unit_cents is null"
    " and country is null)"
)
WAIVED = (
    "(waived_by is null and waived_because is null) or (waived_by is not null and waived_because is not null"
    " and trim(waived_by) <> '' and trim(waived_because) <> '')"
)
# In the order of their dates, the subscription first and the end last of a day.
BACKFILL = """
    insert into contract_event (
        contract_id, sequence, kind, effective_on, number, country, unit_cents, recorded_by, reference
    )
    select
        contract_id,
        row_number() over (partition by contract_id order by kind_rank, effective_on, number),
        kind, effective_on, number, country, unit_cents, 'migration', 'the ledger before events were kept'
    from (
        select contract_id, 1 as kind_rank, 'subscription' as kind, started_on as effective_on,
            cast(null as varchar) as number, cast(null as varchar) as country, cast(null as bigint) as unit_cents
        from contract
        union all
        select contract_id, 2, 'number', valid_from, number, country, monthly_cents from phone_number
        union all
        select contract_id, 3, 'number_end', valid_to, number, null, null from phone_number where valid_to is not null
        union all
        select contract_id, 4, 'termination', ended_on, null, null, null from contract where ended_on is not null
    ) as known
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("known_month", sa.String()),
        sa.Column("item", sa.String()),
        sa.Column("quantity", sa.BigInteger()),
        sa.Column("unit_cents", sa.BigInteger()),
        sa.Column("number", sa.String()),
        sa.Column("country", sa.String()),
        sa.Column("first_month_rule", sa.String()),
        sa.Column("notice_date", sa.Date()),
        sa.Column("waived_by", sa.String()),
        sa.Column("waived_because", sa.String()),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_on", sa.Date()),
        sa.Column("reference", sa.String()),
        sa.CheckConstraint(SAYS, name="ck_contract_event_says"),
        sa.CheckConstraint(
            "sequence > 0 and (sequence = 1) = (kind = 'subscription')", name="ck_contract_event_sequence"
        ),
        sa.CheckConstraint("unit_cents >= 0", name="ck_contract_event_price"),
        sa.CheckConstraint("first_month_rule in ('prorata','full')", name="ck_contract_event_first_month_rule"),
        sa.CheckConstraint("known_month like '____-__'", name="ck_contract_event_known_month"),
        sa.CheckConstraint(WAIVED, name="ck_contract_event_waiver"),
        sa.CheckConstraint("trim(recorded_by) <> ''", name="ck_contract_event_signed"),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.PrimaryKeyConstraint("contract_id", "sequence"),
    )
    op.execute(BACKFILL)
    guard("contract_event_update", TABLE, "update", "true", APPEND_ONLY)
    guard("contract_event_delete", TABLE, "delete", "true", APPEND_ONLY)
    # "insert or replace" fires no delete trigger on SQLite.
    same = f"exists (select 1 from {TABLE} where contract_id = new.contract_id and sequence = new.sequence)"
    guard("contract_event_replace", TABLE, "insert", same, APPEND_ONLY)
    guard("contract_signed", "contract", "update", SIGNED_CHANGED, AS_SIGNED)
    refuse_truncate(TABLE)
