"""Plans with a fallback, volume tiers, included minutes, waivers, and rates by call category with surcharges.

Every plan that a version or a contract names becomes a row of ``tariff_plan``, without a fallback.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# SQLite adds a reference by copying the table, and Alembic's copy knows only the checks it is told of.
CONTRACT_CHECKS = (
    sa.CheckConstraint("first_month_rule in ('prorata','full')", name="ck_contract_first_month_rule"),
    sa.CheckConstraint("users >= 0 and licences >= 0", name="ck_contract_quantities"),
    sa.CheckConstraint("subscription_cents >= 0 and user_cents >= 0 and licence_cents >= 0", name="ck_contract_prices"),
    sa.CheckConstraint("ended_on is null or ended_on >= started_on", name="ck_contract_dates"),
    sa.CheckConstraint("payment_days between 0 and 60", name="ck_contract_payment_days"),
)
VERSION_CHECKS = (
    sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_version_dates"),
    sa.CheckConstraint("notice_date < valid_from", name="ck_tariff_version_notice"),
)
RATE_CHECKS = (
    sa.CheckConstraint("price_per_minute_micros >= 0 and connection_fee_micros >= 0", name="ck_tariff_rate_price"),
    sa.CheckConstraint("initial_seconds > 0 and increment_seconds > 0", name="ck_tariff_rate_increments"),
    sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_rate_dates"),
)
RATE_KEY = ("version_id", "origin_country", "origin_number_type", "destination_prefix", "call_category")


def upgrade() -> None:
    _plans()
    _contracts()
    _versions()
    _rates()
    _allowances()
    if op.get_bind().dialect.name == "postgresql":
        _exclude_overlaps()


def _plans() -> None:
    op.create_table(
        "tariff_plan",
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("fallback_plan", sa.String()),
        sa.CheckConstraint("fallback_plan <> plan", name="ck_tariff_plan_fallback"),
        sa.ForeignKeyConstraint(["fallback_plan"], ["tariff_plan.plan"]),
        sa.PrimaryKeyConstraint("plan"),
    )
    op.execute("insert into tariff_plan (plan) select plan from tariff_version union select tariff_plan from contract")


def _contracts() -> None:
    with op.batch_alter_table("contract", table_args=CONTRACT_CHECKS) as contract:
        contract.create_foreign_key("fk_contract_tariff_plan", "tariff_plan", ["tariff_plan"], ["plan"])


def _versions() -> None:
    with op.batch_alter_table("tariff_version", table_args=VERSION_CHECKS) as version:
        version.alter_column("notice_date", existing_type=sa.Date(), nullable=True)
        version.add_column(sa.Column("told_customers", sa.String()))
        version.create_foreign_key("fk_tariff_version_plan", "tariff_plan", ["plan"], ["plan"])
    op.create_table(
        "tariff_waiver",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.CheckConstraint("rule in ('late_notice','missing_notice','gap','price_unit')", name="ck_tariff_waiver_rule"),
        sa.CheckConstraint("trim(accepted_by) <> '' and trim(reason) <> ''", name="ck_tariff_waiver_signed"),
        sa.ForeignKeyConstraint(["version_id"], ["tariff_version.version_id"]),
        sa.PrimaryKeyConstraint("version_id", "rule"),
    )
    op.create_table(
        "tariff_tier",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("destination_group", sa.String(), nullable=False),
        sa.Column("from_minutes", sa.BigInteger(), nullable=False),
        sa.Column("price_per_minute_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_minutes > 0", name="ck_tariff_tier_from"),
        sa.CheckConstraint("price_per_minute_micros >= 0", name="ck_tariff_tier_price"),
        sa.CheckConstraint("destination_group <> ''", name="ck_tariff_tier_group"),
        sa.ForeignKeyConstraint(["version_id"], ["tariff_version.version_id"]),
        sa.PrimaryKeyConstraint("version_id", "destination_group", "from_minutes"),
    )


def _rates() -> None:
    categories = "call_category in ('*','direct','forwarded','campaign','incoming')"
    surcharges = "surcharge_per_call_micros >= 0 and surcharge_per_minute_micros >= 0"
    with op.batch_alter_table("tariff_rate", table_args=RATE_CHECKS) as rate:
        rate.add_column(sa.Column("call_category", sa.String(), nullable=False, server_default="*"))
        for amount in ("minimum_charge_micros", "surcharge_per_call_micros", "surcharge_per_minute_micros"):
            rate.add_column(sa.Column(amount, sa.BigInteger(), nullable=False, server_default="0"))
        rate.add_column(sa.Column("destination_group", sa.String()))
        rate.drop_constraint("uq_tariff_rate_start", type_="unique")
        rate.create_unique_constraint("uq_tariff_rate_start", [*RATE_KEY, "valid_from"])
        rate.create_check_constraint("ck_tariff_rate_call_category", categories)
        rate.create_check_constraint("ck_tariff_rate_minimum", "minimum_charge_micros >= 0")
        rate.create_check_constraint("ck_tariff_rate_surcharge", surcharges)
        rate.create_check_constraint("ck_tariff_rate_group", "destination_group <> ''")


def _allowances() -> None:
    op.create_table(
        "contract_allowance",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("destination_group", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minutes > 0", name="ck_contract_allowance_minutes"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_contract_allowance_dates"),
        sa.CheckConstraint("destination_group <> ''", name="ck_contract_allowance_group"),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.PrimaryKeyConstraint("contract_id", "destination_group", "valid_from"),
    )


def _exclude_overlaps() -> None:
    """As migration 0003 does, where btree_gist is there: two categories of calls may have two prices."""
    has = op.get_bind().exec_driver_sql("select count(*) from pg_extension where extname = 'btree_gist'").scalar()
    if not has:
        return
    op.execute("alter table tariff_rate drop constraint if exists ex_tariff_rate_validity")
    for table, columns in (("tariff_rate", RATE_KEY), ("contract_allowance", ("contract_id", "destination_group"))):
        keys = ", ".join(f"{column} with =" for column in columns)
        op.execute(
            f"alter table {table} add constraint ex_{table}_validity exclude using gist"
            f" ({keys}, daterange(valid_from, valid_to, '[)') with &&) deferrable initially deferred"
        )
