"""The tables people fill: who is billed, at which price, under which law.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _customers()
    _prices()


def _customers() -> None:
    op.create_table(
        "operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("legal_name", sa.String(), nullable=False),
        sa.Column("legal_form", sa.String(), nullable=False),
        sa.Column("capital_text", sa.String(), nullable=False),
        sa.Column("siren", sa.String(), nullable=False),
        sa.Column("rcs_city", sa.String(), nullable=False),
        sa.Column("vat_number", sa.String(), nullable=False),
        sa.Column("address_line", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("dispute_email", sa.String(), nullable=False),
        sa.Column("iban", sa.String()),
        sa.Column("bic", sa.String()),
        sa.CheckConstraint("id = 1", name="ck_operator_single"),
        sa.CheckConstraint("length(siren) = 9", name="ck_operator_siren"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "customer",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("legal_name", sa.String(), nullable=False),
        sa.Column("address_line", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("siren", sa.String()),
        sa.Column("vat_number", sa.String()),
        sa.Column("vat_territory", sa.String(), nullable=False),
        sa.Column("is_reseller", sa.Boolean(), nullable=False),
        sa.Column("order_reference", sa.String()),
        sa.Column("full_numbers_requested", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "country not in ('FR','GF','GP','MQ','RE','YT') or siren is not null", name="ck_customer_fr_siren"
        ),
        sa.CheckConstraint(
            "not is_reseller or vat_territory not in ('FR_MAINLAND','FR_DOM') or vat_number is not null",
            name="ck_customer_reseller_vat_number",
        ),
        sa.CheckConstraint("vat_territory <> 'EU' or vat_number is not null", name="ck_customer_eu_vat_number"),
        sa.CheckConstraint(
            "vat_territory in ('FR_MAINLAND','FR_DOM','FR_VAT_EXEMPT','EU','NON_EU')", name="ck_customer_vat_territory"
        ),
        sa.CheckConstraint("length(country) = 2", name="ck_customer_country"),
        sa.CheckConstraint("siren is null or length(siren) = 9", name="ck_customer_siren"),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_table(
        "contract",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("subscription_type", sa.String(), nullable=False),
        sa.Column("subscription_cents", sa.BigInteger(), nullable=False),
        sa.Column("users", sa.BigInteger(), nullable=False),
        sa.Column("user_cents", sa.BigInteger(), nullable=False),
        sa.Column("licences", sa.BigInteger(), nullable=False),
        sa.Column("licence_cents", sa.BigInteger(), nullable=False),
        sa.Column("tariff_plan", sa.String(), nullable=False),
        sa.Column("first_month_rule", sa.String(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.CheckConstraint("first_month_rule in ('prorata','full')", name="ck_contract_first_month_rule"),
        sa.CheckConstraint("ended_on is null or ended_on >= started_on", name="ck_contract_dates"),
        sa.CheckConstraint("payment_days between 0 and 60", name="ck_contract_payment_days"),
        sa.CheckConstraint(
            "subscription_cents >= 0 and user_cents >= 0 and licence_cents >= 0", name="ck_contract_prices"
        ),
        sa.CheckConstraint("users >= 0 and licences >= 0", name="ck_contract_quantities"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
        sa.PrimaryKeyConstraint("contract_id"),
    )
    op.create_index("ix_contract_customer_id", "contract", ["customer_id"])
    op.create_table(
        "phone_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("number_type", sa.String(), nullable=False),
        sa.Column("monthly_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.CheckConstraint("number like '+%' and length(number) between 4 and 16", name="ck_phone_number_e164"),
        sa.CheckConstraint(
            "number_type in ('fixed','mobile','free','shared','surcharged','emergency','short','special',"
            "'satellite','unknown')",
            name="ck_phone_number_type",
        ),
        sa.CheckConstraint("length(country) = 2", name="ck_phone_number_country"),
        sa.CheckConstraint("monthly_cents >= 0", name="ck_phone_number_price"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_phone_number_dates"),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", "valid_from", name="uq_phone_number_start"),
    )
    op.create_index("ix_phone_number_contract_id", "phone_number", ["contract_id"])
    op.create_index("ix_phone_number_number", "phone_number", ["number"])


def _prices() -> None:
    op.create_table(
        "tariff_version",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("notice_date", sa.Date(), nullable=False),
        sa.CheckConstraint("notice_date < valid_from", name="ck_tariff_version_notice"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_version_dates"),
        sa.PrimaryKeyConstraint("version_id"),
        sa.UniqueConstraint("plan", "valid_from", name="uq_tariff_version_start"),
    )
    op.create_index("ix_tariff_version_plan", "tariff_version", ["plan"])
    op.create_table(
        "tariff_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("origin_country", sa.String(), nullable=False),
        sa.Column("origin_number_type", sa.String(), nullable=False),
        sa.Column("destination_prefix", sa.String(), nullable=False),
        sa.Column("destination_country", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("price_per_minute_micros", sa.BigInteger(), nullable=False),
        sa.Column("connection_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("initial_seconds", sa.Integer(), nullable=False),
        sa.Column("increment_seconds", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.CheckConstraint("initial_seconds > 0 and increment_seconds > 0", name="ck_tariff_rate_increments"),
        sa.CheckConstraint("price_per_minute_micros >= 0 and connection_fee_micros >= 0", name="ck_tariff_rate_price"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_rate_dates"),
        sa.ForeignKeyConstraint(["version_id"], ["tariff_version.version_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "version_id",
            "origin_country",
            "origin_number_type",
            "destination_prefix",
            "valid_from",
            name="uq_tariff_rate_start",
        ),
    )
    op.create_index("ix_tariff_rate_version_id", "tariff_rate", ["version_id"])
    op.create_table(
        "legal_interest_rate",
        sa.Column("half_year", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("individuals_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("other_cases_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("source_status", sa.String(), nullable=False),
        sa.CheckConstraint("half_year like '____-S_'", name="ck_legal_interest_rate_half_year"),
        sa.CheckConstraint("ends_on > starts_on", name="ck_legal_interest_rate_dates"),
        sa.CheckConstraint(
            "individuals_basis_points >= 0 and other_cases_basis_points >= 0", name="ck_legal_interest_rate_rates"
        ),
        sa.PrimaryKeyConstraint("half_year"),
    )
    op.create_table(
        "late_payment_rule",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate_multiplier", sa.BigInteger(), nullable=False),
        sa.Column("indemnity_cents", sa.BigInteger(), nullable=False),
        sa.Column("year_days", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "rate_multiplier > 0 and indemnity_cents >= 0 and year_days > 0", name="ck_late_payment_rule_terms"
        ),
        sa.PrimaryKeyConstraint("valid_from"),
    )
    op.create_table(
        "vat_rule",
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("rate_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("mention", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(category = 'S' and rate_basis_points > 0) or (category <> 'S' and rate_basis_points = 0)",
            name="ck_vat_rule_rate",
        ),
        sa.CheckConstraint("category = 'S' or length(mention) > 0", name="ck_vat_rule_mention"),
        sa.CheckConstraint("category in ('S','AE','G','E','O')", name="ck_vat_rule_category"),
        sa.PrimaryKeyConstraint("territory", "valid_from"),
    )
