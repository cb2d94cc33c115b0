"""Who sells and who is billed: the operator, customers, their order forms and their numbers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact


class Operator(SQLModel, table=True):
    """The seller, printed on every document. One row."""

    __tablename__ = "operator"
    __table_args__ = (
        CheckConstraint("id = 1", name="ck_operator_single"),
        CheckConstraint("length(siren) = 9", name="ck_operator_siren"),
    )

    id: int = Field(default=1, primary_key=True)
    legal_name: str
    legal_form: str
    # As printed: "161 214,20 €".
    capital_text: str
    siren: str
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
        # A reseller owes the tax itself (art. 283-2 octies): its number must be printed.
        CheckConstraint(
            "not is_reseller or vat_territory not in ('FR_MAINLAND','FR_DOM') or vat_number is not null",
            name="ck_customer_reseller_vat_number",
        ),
        # The overseas departments have ISO codes of their own and the same register of companies.
        CheckConstraint(
            "country not in ('FR','GF','GP','MQ','RE','YT') or siren is not null", name="ck_customer_fr_siren"
        ),
        CheckConstraint("siren is null or length(siren) = 9", name="ck_customer_siren"),
        CheckConstraint("length(country) = 2", name="ck_customer_country"),
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
    # Satellites and known-fraud ranges (domain.risky_ranges), which the switch refuses to everybody else.
    is_high_risk_allowed: bool = False


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
        CheckConstraint("daily_cap_cents > 0", name="ck_contract_daily_cap"),
        CheckConstraint("itemised_annex in ('none','pdf','pdf_csv')", name="ck_contract_itemised_annex"),
        # Sixty days from the invoice is the most the law allows between businesses (C. com. L441-10).
        CheckConstraint("payment_days between 0 and 60", name="ck_contract_payment_days"),
    )

    contract_id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.customer_id", index=True)
    subscription_type: str
    subscription_cents: int = Field(sa_type=Exact)
    users: int = Field(default=0, sa_type=Exact)
    user_cents: int = Field(default=0, sa_type=Exact)
    licences: int = Field(default=0, sa_type=Exact)
    licence_cents: int = Field(default=0, sa_type=Exact)
    tariff_plan: str = Field(foreign_key="tariff_plan.plan")
    first_month_rule: str = "prorata"
    payment_days: int = 30
    # The calls behind the usage lines: not given, on the PDF, or also as CSV for the customer's own tools.
    itemised_annex: str = "pdf"
    started_on: dt.date
    # Last day of service, inclusive; the month it falls in is due in full (art. 4.2).
    ended_on: dt.date | None = None
    # People are told when a day's calls come near it and past it, without VAT; no call is refused. None: no cap.
    daily_cap_cents: int | None = Field(default=None, sa_type=Exact)


class PhoneNumber(SQLModel, table=True):
    """A number assigned to a contract for a time: the number inventory."""

    __tablename__ = "phone_number"
    __table_args__ = (
        UniqueConstraint("number", "valid_from", name="uq_phone_number_start"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_phone_number_dates"),
        CheckConstraint("monthly_cents >= 0", name="ck_phone_number_price"),
        CheckConstraint("number like '+%' and length(number) between 4 and 16", name="ck_phone_number_e164"),
        CheckConstraint("length(country) = 2", name="ck_phone_number_country"),
        CheckConstraint(
            "number_type in ('fixed','mobile','free','shared','surcharged','emergency','short','special',"
            "'satellite','unknown')",
            name="ck_phone_number_type",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(index=True)
    contract_id: str = Field(foreign_key="contract.contract_id", index=True)
    country: str
    number_type: str
    monthly_cents: int = Field(sa_type=Exact)
    valid_from: dt.date
    valid_to: dt.date | None = None
