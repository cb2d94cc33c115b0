"""Contracts through time: what changed of each, append-only, and the closed months that later closes caught up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact

# What each kind of event says; the other columns are null.
_SAYS = (
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
_WAIVED = (
    "(waived_by is null and waived_because is null) or (waived_by is not null and waived_because is not null"
    " and trim(waived_by) <> '' and trim(waived_because) <> '')"
)


class ContractEvent(SQLModel, table=True):
    """A dated change of a contract: who recorded it, when, on what reference. Never changed, never deleted.

    ``domain.contract_event`` says what the columns of each kind mean, and computes the charges from them.
    """

    __tablename__ = "contract_event"
    __table_args__ = (
        CheckConstraint(_SAYS, name="ck_contract_event_says"),
        CheckConstraint("sequence > 0 and (sequence = 1) = (kind = 'subscription')", name="ck_contract_event_sequence"),
        CheckConstraint("unit_cents >= 0", name="ck_contract_event_price"),
        CheckConstraint("first_month_rule in ('prorata','full')", name="ck_contract_event_first_month_rule"),
        CheckConstraint("known_month like '____-__'", name="ck_contract_event_known_month"),
        CheckConstraint(_WAIVED, name="ck_contract_event_waiver"),
        CheckConstraint("trim(recorded_by) <> ''", name="ck_contract_event_signed"),
    )

    contract_id: str = Field(foreign_key="contract.contract_id", primary_key=True)
    sequence: int = Field(primary_key=True)
    kind: str
    effective_on: dt.date
    # The first month whose close knew of it; null: it was recorded before any month closed.
    known_month: str | None = None
    item: str | None = None
    quantity: int | None = Field(default=None, sa_type=Exact)
    unit_cents: int | None = Field(default=None, sa_type=Exact)
    number: str | None = None
    country: str | None = None
    # Null: as the contract's.
    first_month_rule: str | None = None
    notice_date: dt.date | None = None
    waived_by: str | None = None
    waived_because: str | None = None
    recorded_by: str
    # Null: not known, as of what was there before events were kept.
    recorded_on: dt.date | None = None
    # The letter, the order form, the file it came from.
    reference: str | None = None


class CaughtUpMonth(SQLModel, table=True):
    """A closed month whose fixed part, or a part of it, a later close charged: once, on that document."""

    __tablename__ = "caught_up_month"
    __table_args__ = (CheckConstraint("month > charged_month", name="ck_caught_up_month_order"),)

    # The close that charged it.
    month: str = Field(foreign_key="billing_period.month", primary_key=True)
    contract_id: str = Field(foreign_key="contract.contract_id", primary_key=True)
    charged_month: str = Field(foreign_key="billing_period.month", primary_key=True)
    document_number: str = Field(foreign_key="issued_document.number")
