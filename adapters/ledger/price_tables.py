"""What prices and the law say, dated: tariffs, VAT, interest and the terms of late payment."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact


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
            "version_id",
            "origin_country",
            "origin_number_type",
            "destination_prefix",
            "valid_from",
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
    price_per_minute_micros: int = Field(sa_type=Exact)
    connection_fee_micros: int = Field(default=0, sa_type=Exact)
    initial_seconds: int = 1
    increment_seconds: int = 1
    valid_from: dt.date
    valid_to: dt.date | None = None


class LegalInterestRate(SQLModel, table=True):
    """The legal interest rate of a half-year, in hundredths of a percent (2.62 % is 262)."""

    __tablename__ = "legal_interest_rate"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ck_legal_interest_rate_dates"),
        CheckConstraint("half_year like '____-S_'", name="ck_legal_interest_rate_half_year"),
        CheckConstraint(
            "individuals_basis_points >= 0 and other_cases_basis_points >= 0", name="ck_legal_interest_rate_rates"
        ),
    )

    half_year: str = Field(primary_key=True)
    starts_on: dt.date
    # Last day, inclusive, as the decree says it.
    ends_on: dt.date
    individuals_basis_points: int = Field(sa_type=Exact)
    other_cases_basis_points: int = Field(sa_type=Exact)
    source_status: str


class LatePaymentRule(SQLModel, table=True):
    """The statutory terms of late payment in force from a date (C. com. L441-10, D441-5)."""

    __tablename__ = "late_payment_rule"
    __table_args__ = (
        CheckConstraint(
            "rate_multiplier > 0 and indemnity_cents >= 0 and year_days > 0", name="ck_late_payment_rule_terms"
        ),
    )

    valid_from: dt.date = Field(primary_key=True)
    rate_multiplier: int = Field(sa_type=Exact)
    indemnity_cents: int = Field(sa_type=Exact)
    year_days: int = Field(sa_type=Exact)


class VatRule(SQLModel, table=True):
    """VAT of a territory from a date: dated data, not code. ``reseller`` is its own territory."""

    __tablename__ = "vat_rule"
    __table_args__ = (
        CheckConstraint("category in ('S','AE','G','E','O')", name="ck_vat_rule_category"),
        CheckConstraint(
            "(category = 'S' and rate_basis_points > 0) or (category <> 'S' and rate_basis_points = 0)",
            name="ck_vat_rule_rate",
        ),
        # What is not taxed says why on the invoice; what is taxed has nothing to say.
        CheckConstraint("category = 'S' or length(mention) > 0", name="ck_vat_rule_mention"),
    )

    territory: str = Field(primary_key=True)
    valid_from: dt.date = Field(primary_key=True)
    # EN 16931 category code: S standard, AE reverse charge, G outside the EU, E exempt, O outside VAT.
    category: str
    rate_basis_points: int = Field(sa_type=Exact)
    mention: str
