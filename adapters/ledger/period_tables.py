"""Who did what to a month, and who let one close all the same: written once, for the audit trail."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field, SQLModel


class PeriodEvent(SQLModel, table=True):
    """A month was frozen, unfrozen or closed: by whom, when, why. Written in the transaction that did it."""

    __tablename__ = "period_event"
    __table_args__ = (
        CheckConstraint("month like '____-__'", name="ck_period_event_month"),
        CheckConstraint("rank > 0", name="ck_period_event_rank"),
        CheckConstraint("event in ('frozen','unfrozen','closed')", name="ck_period_event_event"),
        # Who takes a freeze back says why; freezing and closing are what a month is for.
        CheckConstraint(
            "trim(decided_by) <> '' and (event <> 'unfrozen' or (because is not null and trim(because) <> ''))",
            name="ck_period_event_signed",
        ),
        CheckConstraint(
            "(event = 'unfrozen') = (facts_sha256 is null) and (facts_sha256 is null or length(facts_sha256) = 64)",
            name="ck_period_event_facts",
        ),
    )

    month: str = Field(primary_key=True)
    # Of the month's events, from 1: two of one instant still have an order.
    rank: int = Field(primary_key=True)
    event: str
    decided_by: str
    because: str | None = None
    # UTC.
    decided_at: dt.datetime = Field(sa_type=DateTime)
    # sha256 of what the month charged when it froze; of the calls it took when it closed.
    facts_sha256: str | None = None


class CloseOverride(SQLModel, table=True):
    """A month may close though a gate is shut: for exactly these facts, by whose word, why. Others need another row."""

    __tablename__ = "close_override"
    __table_args__ = (
        CheckConstraint("month like '____-__'", name="ck_close_override_month"),
        CheckConstraint("trim(gate) <> ''", name="ck_close_override_gate"),
        CheckConstraint("length(facts_sha256) = 64", name="ck_close_override_sha256"),
        CheckConstraint("facts > 0", name="ck_close_override_facts"),
        CheckConstraint("trim(decided_by) <> '' and trim(because) <> ''", name="ck_close_override_signed"),
    )

    month: str = Field(primary_key=True)
    # The check that blocks.
    gate: str = Field(primary_key=True)
    # sha256 of exactly what was wrong: should one row more be found, nobody has answered for that.
    facts_sha256: str = Field(primary_key=True)
    facts: int
    # What they were, in words: the findings themselves go when they are mended.
    summary: str
    decided_by: str
    because: str
    # UTC.
    decided_at: dt.datetime = Field(sa_type=DateTime)
