"""What prices say, dated: plans, versions, rates, tiers, waivers, and the minutes a contract includes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact
from adapters.ledger.words import one_of

CALL_CATEGORIES = ("*", "direct", "forwarded", "campaign", "incoming")
WAIVED_RULES = ("late_notice", "missing_notice", "gap", "price_unit")
_SURCHARGES = "surcharge_per_call_micros >= 0 and surcharge_per_minute_micros >= 0"


class TariffPlan(SQLModel, table=True):
    """What a contract names. Where a plan has no price of its own for a prefix, its fallback's stands.

    A fallback has no fallback itself (``adapters.ledger.tariff_guards``).
    """

    __tablename__ = "tariff_plan"
    __table_args__ = (CheckConstraint("fallback_plan <> plan", name="ck_tariff_plan_fallback"),)

    plan: str = Field(primary_key=True)
    fallback_plan: str | None = Field(default=None, foreign_key="tariff_plan.plan")


class TariffVersion(SQLModel, table=True):
    """One dated edition of a tariff plan; customers were told on ``notice_date`` (art. 6.1).

    Without a notice, or with a late one, it rates calls only under a waiver (``TariffWaiver``).
    """

    __tablename__ = "tariff_version"
    __table_args__ = (
        UniqueConstraint("plan", "valid_from", name="uq_tariff_version_start"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_version_dates"),
        CheckConstraint("notice_date < valid_from", name="ck_tariff_version_notice"),
    )

    version_id: str = Field(primary_key=True)
    plan: str = Field(foreign_key="tariff_plan.plan", index=True)
    valid_from: dt.date
    valid_to: dt.date | None = None
    notice_date: dt.date | None = None
    # Who was told, and how: "all customers of the plan, e-mail of 28/11/2025".
    told_customers: str | None = None


class TariffWaiver(SQLModel, table=True):
    """A rule that a version breaks, and who answers for it."""

    __tablename__ = "tariff_waiver"
    __table_args__ = (
        CheckConstraint(one_of("rule", WAIVED_RULES), name="ck_tariff_waiver_rule"),
        CheckConstraint("trim(accepted_by) <> '' and trim(reason) <> ''", name="ck_tariff_waiver_signed"),
    )

    version_id: str = Field(foreign_key="tariff_version.version_id", primary_key=True)
    rule: str = Field(primary_key=True)
    accepted_by: str
    reason: str
    accepted_on: dt.date


class TariffRate(SQLModel, table=True):
    """The price of a minute from a kind of number to a prefix.

    ``origin_country``, ``origin_number_type`` and ``call_category`` may be ``*``; no ``*`` takes an incoming call.
    The prefix is E.164 digits without ``+``, or a country and a short number's digits: ``FR3639``.
    """

    __tablename__ = "tariff_rate"
    __table_args__ = (
        UniqueConstraint(
            "version_id",
            "origin_country",
            "origin_number_type",
            "destination_prefix",
            "call_category",
            "valid_from",
            name="uq_tariff_rate_start",
        ),
        CheckConstraint("price_per_minute_micros >= 0 and connection_fee_micros >= 0", name="ck_tariff_rate_price"),
        CheckConstraint("initial_seconds > 0 and increment_seconds > 0", name="ck_tariff_rate_increments"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_tariff_rate_dates"),
        CheckConstraint(one_of("call_category", CALL_CATEGORIES), name="ck_tariff_rate_call_category"),
        CheckConstraint("minimum_charge_micros >= 0", name="ck_tariff_rate_minimum"),
        CheckConstraint(_SURCHARGES, name="ck_tariff_rate_surcharge"),
        CheckConstraint("destination_group <> ''", name="ck_tariff_rate_group"),
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
    call_category: str = "*"
    # The least an answered call costs, connection fee included.
    minimum_charge_micros: int = Field(default=0, sa_type=Exact)
    # The service's own price (08, 118, 3xxx), an amount apart from the call's.
    surcharge_per_call_micros: int = Field(default=0, sa_type=Exact)
    surcharge_per_minute_micros: int = Field(default=0, sa_type=Exact)
    # What allowances and volume tiers count together; null is in none.
    destination_group: str | None = None


class TariffTier(SQLModel, table=True):
    """The price of a minute past so many minutes a month of a destination group."""

    __tablename__ = "tariff_tier"
    __table_args__ = (
        CheckConstraint("from_minutes > 0", name="ck_tariff_tier_from"),
        CheckConstraint("price_per_minute_micros >= 0", name="ck_tariff_tier_price"),
        CheckConstraint("destination_group <> ''", name="ck_tariff_tier_group"),
    )

    version_id: str = Field(foreign_key="tariff_version.version_id", primary_key=True)
    destination_group: str = Field(primary_key=True)
    from_minutes: int = Field(sa_type=Exact, primary_key=True)
    price_per_minute_micros: int = Field(sa_type=Exact)


class ContractAllowance(SQLModel, table=True):
    """Minutes a month that a contract includes, to one destination group."""

    __tablename__ = "contract_allowance"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="ck_contract_allowance_minutes"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ck_contract_allowance_dates"),
        CheckConstraint("destination_group <> ''", name="ck_contract_allowance_group"),
    )

    contract_id: str = Field(foreign_key="contract.contract_id", primary_key=True)
    destination_group: str = Field(primary_key=True)
    valid_from: dt.date = Field(primary_key=True)
    valid_to: dt.date | None = None
    minutes: int = Field(sa_type=Exact)
