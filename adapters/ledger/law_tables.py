"""What the law says, dated: VAT, interest and the terms of late payment."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact


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
