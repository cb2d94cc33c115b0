"""The ledger's tables: what must be unique and final, guarded by the database itself.

Dates are Europe/Paris days, validity is half-open ``[valid_from, valid_to)`` with a null end for
"still in force", amounts are integers of the unit in the column's name. Keys are the business's
own words (the switch's account code, the printed number), so that an analyst reads them.
Overlaps of validity cannot be excluded portably in SQLite: ``adapters.ledger.overlaps`` guards
them inside the writing transaction. Sources of the rules: BILLING_RULES.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class Operator(SQLModel, table=True):
    """The seller, printed on every document. One row."""

    __tablename__ = "operator"
    __table_args__ = (CheckConstraint("id = 1", name="ck_operator_single"),)

    id: int = Field(default=1, primary_key=True)
    legal_name: str
    legal_form: str
    capital_text: str
    siren: str = Field(min_length=9, max_length=9)
    rcs_city: str
    vat_number: str
    address_line: str
    postal_code: str
    city: str
    country: str = "FR"
    dispute_email: str
    iban: str | None = None
    bic: str | None = None


class Customer(SQLModel, table=True):
    """A billed party. ``customer_id`` is the account code the switch says (``acct-1001``)."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint(
            "vat_territory in ('FR_MAINLAND','FR_DOM','FR_VAT_EXEMPT','EU','NON_EU')",
            name="ck_customer_vat_territory",
        ),
        CheckConstraint("vat_territory <> 'EU' or vat_number is not null", name="ck_customer_eu_vat_number"),
        CheckConstraint("country <> 'FR' or siren is not null", name="ck_customer_fr_siren"),
    )

    customer_id: str = Field(primary_key=True)
    legal_name: str
    address_line: str
    postal_code: str
    city: str
    country: str
    email: str
    siren: str | None = None
    vat_number: str | None = None
    vat_territory: str
    is_reseller: bool = False
    order_reference: str | None = None
    full_numbers_requested: bool = False


class Contract(SQLModel, table=True):
    """An order form (bon de commande): what is charged each month, at which price."""

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint("first_month_rule in ('prorata','full')", name="ck_contract_first_month_rule"),
        CheckConstraint("users >= 0 and licences >= 0", name="ck_contract_quantities"),
        CheckConstraint(
            "subscription_cents >= 0 and user_cents >= 0 and licence_cents >= 0", name="ck_contract_prices"
        ),
        CheckConstraint("ended_on is null or ended_on >= started_on", name="ck_contract_dates"),
    )

    contract_id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.customer_id", index=True)
    subscription_type: str
    subscription_cents: int
    users: int = 0
    user_cents: int = 0
    licences: int = 0
    licence_cents: int = 0
    tariff_plan: str = "standard"
    first_month_rule: str = "prorata"
    payment_days: int = 30
    started_on: dt.date
    # Last day of service, inclusive; the month it falls in is due in full (art. 4.2).
    ended_on: dt.date | None = None


class PhoneNumber(SQLModel, table=True):
    """A number assigned to a contract for a time: the number inventory."""

    __tablename__ = "phone_number"
    __table_args__ = (
        UniqueConstraint("number", "valid_from", name="uq_phone_number_start"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_phone_number_dates"),
        CheckConstraint("monthly_cents >= 0", name="ck_phone_number_price"),
        CheckConstraint("number like '+%'", name="ck_phone_number_e164"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(index=True)
    contract_id: str = Field(foreign_key="contract.contract_id", index=True)
    country: str
    number_type: str
    monthly_cents: int
    valid_from: dt.date
    valid_to: dt.date | None = None


class TariffVersion(SQLModel, table=True):
    """One dated edition of a tariff plan; customers were told on ``notice_date`` (art. 6.1)."""

    __tablename__ = "tariff_version"
    __table_args__ = (
        UniqueConstraint("plan", "valid_from", name="uq_tariff_version_start"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_version_dates"),
        CheckConstraint("notice_date < valid_from", name="ck_tariff_version_notice"),
    )

    version_id: str = Field(primary_key=True)
    plan: str = Field(index=True)
    valid_from: dt.date
    valid_to: dt.date | None = None
    notice_date: dt.date


class TariffRate(SQLModel, table=True):
    """The price of a minute from a kind of number to a destination prefix.

    ``origin_country`` and ``origin_number_type`` may be ``*``. The prefix is E.164 digits without ``+``.
    """

    __tablename__ = "tariff_rate"
    __table_args__ = (
        UniqueConstraint(
            "version_id", "origin_country", "origin_number_type", "destination_prefix", "valid_from",
            name="uq_tariff_rate_start",
        ),
        CheckConstraint("price_per_minute_micros >= 0 and connection_fee_micros >= 0", name="ck_tariff_rate_price"),
        CheckConstraint("initial_seconds > 0 and increment_seconds > 0", name="ck_tariff_rate_increments"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_rate_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    version_id: str = Field(foreign_key="tariff_version.version_id", index=True)
    origin_country: str = "*"
    origin_number_type: str = "*"
    destination_prefix: str
    destination_country: str
    # What the invoice line says, in French: "Royaume-Uni - mobiles".
    category: str
    price_per_minute_micros: int
    connection_fee_micros: int = 0
    initial_seconds: int = 1
    increment_seconds: int = 1
    valid_from: dt.date
    valid_to: dt.date | None = None


class LegalInterestRate(SQLModel, table=True):
    """The legal interest rate of a half-year, in hundredths of a percent (2.62 % is 262)."""

    __tablename__ = "legal_interest_rate"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="ck_legal_interest_rate_dates"),)

    half_year: str = Field(primary_key=True)
    starts_on: dt.date
    ends_on: dt.date
    individuals_basis_points: int
    other_cases_basis_points: int
    source_status: str


class LatePaymentRule(SQLModel, table=True):
    """The statutory terms of late payment in force from a date (C. com. L441-10, D441-5)."""

    __tablename__ = "late_payment_rule"

    valid_from: dt.date = Field(primary_key=True)
    rate_multiplier: int
    indemnity_cents: int
    year_days: int


class VatRule(SQLModel, table=True):
    """VAT of a territory from a date: dated data, not code. ``reseller`` is its own territory."""

    __tablename__ = "vat_rule"
    __table_args__ = (CheckConstraint("rate_basis_points >= 0", name="ck_vat_rule_rate"),)

    territory: str = Field(primary_key=True)
    valid_from: dt.date = Field(primary_key=True)
    # EN 16931 category code: S standard, AE reverse charge, G outside the EU, E exempt.
    category: str
    rate_basis_points: int
    mention: str


class BillingPeriod(SQLModel, table=True):
    """The state of a month. Closing happens in the transaction that issues its documents."""

    __tablename__ = "billing_period"
    __table_args__ = (
        CheckConstraint("state in ('open','closed')", name="ck_billing_period_state"),
        CheckConstraint(
            "(state = 'open' and issue_date is null) or (state = 'closed' and issue_date is not null)",
            name="ck_billing_period_closed",
        ),
    )

    month: str = Field(primary_key=True)
    state: str = "open"
    issue_date: dt.date | None = None
    # sha256 of closed_calls/month=.../data.parquet: which calls the month took when it closed.
    closed_calls_sha256: str | None = None


class DocumentSeries(SQLModel, table=True):
    """The last number given out in a series of a year; the row is locked while a number is allotted."""

    __tablename__ = "document_series"
    __table_args__ = (CheckConstraint("last_sequence >= 0", name="ck_document_series_sequence"),)

    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last_sequence: int = 0
    last_issue_date: dt.date | None = None


class IssuedDocument(SQLModel, table=True):
    """A numbered legal document. Never changed: a correction is another document that cites it."""

    __tablename__ = "issued_document"
    __table_args__ = (
        UniqueConstraint("series", "year", "sequence", name="uq_issued_document_sequence"),
        CheckConstraint("kind in ('invoice','debit_note','credit_note')", name="ck_issued_document_kind"),
        CheckConstraint("total_cents = net_cents + vat_cents", name="ck_issued_document_total"),
        CheckConstraint(
            "(kind = 'credit_note') = (corrects_number is not null)", name="ck_issued_document_corrects"
        ),
        CheckConstraint(
            "credit_reason is null or credit_reason in ('error','gesture')", name="ck_issued_document_reason"
        ),
    )

    number: str = Field(primary_key=True)
    series: str
    year: int
    sequence: int
    kind: str
    customer_id: str = Field(foreign_key="customer.customer_id", index=True)
    month: str = Field(foreign_key="billing_period.month", index=True)
    issue_date: dt.date
    due_date: dt.date
    net_cents: int
    vat_cents: int
    total_cents: int
    corrects_number: str | None = Field(default=None, foreign_key="issued_document.number")
    credit_reason: str | None = None
    # The whole document as canonical JSON (parties as they were, lines, taxes): what is rendered.
    payload: str
    sha256: str


class IssuedDocumentLine(SQLModel, table=True):
    """A line of an issued document."""

    __tablename__ = "issued_document_line"

    number: str = Field(foreign_key="issued_document.number", primary_key=True)
    line_number: int = Field(primary_key=True)
    contract_id: str | None = Field(default=None, foreign_key="contract.contract_id")
    kind: str
    label: str
    # Exact decimal text, as printed: "3", "12.5000".
    quantity: str
    unit: str
    unit_price_micros: int
    amount_cents: int
    vat_category: str
    vat_rate_basis_points: int
    # For penalties: the invoice the line is about.
    about_number: str | None = Field(default=None, foreign_key="issued_document.number")


class Payment(SQLModel, table=True):
    """Money that reached the operator's account for a document, on its value date."""

    __tablename__ = "payment"
    __table_args__ = (CheckConstraint("amount_cents > 0", name="ck_payment_amount"),)

    # The bank's own reference: a statement imported twice pays once.
    reference: str = Field(primary_key=True)
    document_number: str = Field(foreign_key="issued_document.number", index=True)
    value_date: dt.date
    amount_cents: int
