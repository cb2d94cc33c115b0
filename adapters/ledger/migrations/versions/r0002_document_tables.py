"""The tables that are final: closed months, document numbers, issued documents, payments.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _periods_and_series()
    _documents()
    _lines_and_payments()


def _periods_and_series() -> None:
    op.create_table(
        "billing_period",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("issue_date", sa.Date()),
        sa.Column("closed_calls_sha256", sa.String()),
        sa.CheckConstraint(
            "(state = 'open' and issue_date is null and closed_calls_sha256 is null)"
            " or (state = 'closed' and issue_date is not null and closed_calls_sha256 is not null)",
            name="ck_billing_period_closed",
        ),
        sa.CheckConstraint("month like '____-__'", name="ck_billing_period_month"),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "document_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("last_issue_date", sa.Date()),
        sa.CheckConstraint("series in ('FA','ND','AV')", name="ck_document_series_series"),
        sa.CheckConstraint("(last_sequence = 0) = (last_issue_date is null)", name="ck_document_series_date"),
        sa.CheckConstraint("last_sequence >= 0", name="ck_document_series_sequence"),
        sa.PrimaryKeyConstraint("series", "year"),
    )


def _documents() -> None:
    op.create_table(
        "issued_document",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("corrects_number", sa.String()),
        sa.Column("credit_reason", sa.String()),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note' and credit_reason is not null and credit_reason in ('error','gesture'))"
            " or (kind <> 'credit_note' and credit_reason is null)",
            name="ck_issued_document_reason",
        ),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (corrects_number is not null)", name="ck_issued_document_corrects"
        ),
        sa.CheckConstraint(
            "(kind = 'invoice' and series = 'FA') or (kind = 'debit_note' and series = 'ND')"
            " or (kind = 'credit_note' and series = 'AV')",
            name="ck_issued_document_kind",
        ),
        sa.CheckConstraint("kind <> 'debit_note' or vat_cents = 0", name="ck_issued_document_debit_note_vat"),
        sa.CheckConstraint("due_date >= issue_date", name="ck_issued_document_dates"),
        sa.CheckConstraint("length(sha256) = 64", name="ck_issued_document_sha256"),
        sa.CheckConstraint("sequence > 0", name="ck_issued_document_sequence"),
        sa.CheckConstraint("total_cents = net_cents + vat_cents and total_cents >= 0", name="ck_issued_document_total"),
        sa.ForeignKeyConstraint(["corrects_number"], ["issued_document.number"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
        sa.ForeignKeyConstraint(["month"], ["billing_period.month"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("series", "year", "sequence", name="uq_issued_document_sequence"),
    )
    op.create_index("ix_issued_document_customer_id", "issued_document", ["customer_id"])
    op.create_index("ix_issued_document_month", "issued_document", ["month"])
    op.create_index(
        "uq_issued_document_month",
        "issued_document",
        ["customer_id", "month", "kind"],
        unique=True,
        sqlite_where=sa.text("kind <> 'credit_note'"),
        postgresql_where=sa.text("kind <> 'credit_note'"),
    )


def _lines_and_payments() -> None:
    op.create_table(
        "issued_document_line",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_price_micros", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_category", sa.String(), nullable=False),
        sa.Column("vat_rate_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("about_number", sa.String()),
        sa.CheckConstraint(
            "(kind in ('penalty','indemnity')) = (about_number is not null)", name="ck_issued_document_line_about"
        ),
        sa.CheckConstraint(
            "kind in ('subscription','usage','penalty','indemnity')", name="ck_issued_document_line_kind"
        ),
        sa.CheckConstraint("vat_category in ('S','AE','G','E','O')", name="ck_issued_document_line_vat_category"),
        sa.CheckConstraint("line_number > 0", name="ck_issued_document_line_number"),
        sa.ForeignKeyConstraint(["about_number"], ["issued_document.number"]),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.contract_id"]),
        sa.ForeignKeyConstraint(["number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint("number", "line_number"),
    )
    op.create_table(
        "payment",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name="ck_payment_amount"),
        sa.ForeignKeyConstraint(["document_number"], ["issued_document.number"]),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_payment_document_number", "payment", ["document_number"])
