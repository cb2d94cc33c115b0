"""What is sent to whom, and how far it got: a queue that survives kills and says what happened."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint
from sqlmodel import Field, SQLModel

# A document, a tariff version, or a price event of a contract: one of them.
_SUBJECT = (
    "(event_sequence is null) = (contract_id is null)"
    " and (case when document_number is null then 0 else 1 end)"
    " + (case when tariff_version_id is null then 0 else 1 end)"
    " + (case when contract_id is null then 0 else 1 end) = 1"
)


class Delivery(SQLModel, table=True):
    """One document, or one price-change notice, to one recipient by one channel. Instants are naive UTC.

    ``delivery_id`` is a hash of channel, recipient and subject: the same thing is queued to the same address once.
    ``sending`` with a ``next_attempt_at`` in the past is an attempt whose process died.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("channel in ('email','folder')", name="ck_delivery_channel"),
        CheckConstraint("state in ('queued','sending','sent','bounced','failed')", name="ck_delivery_state"),
        CheckConstraint(_SUBJECT, name="ck_delivery_subject"),
        ForeignKeyConstraint(
            ["contract_id", "event_sequence"], ["contract_event.contract_id", "contract_event.sequence"]
        ),
        CheckConstraint("attempts >= 0 and round > 0", name="ck_delivery_attempts"),
        CheckConstraint("trim(recipient) <> ''", name="ck_delivery_recipient"),
        # What is over has no next attempt; what is not over has one.
        CheckConstraint("(state in ('queued','sending')) = (next_attempt_at is not null)", name="ck_delivery_next"),
    )

    delivery_id: str = Field(primary_key=True)
    channel: str
    # An e-mail address, or the name of the approved platform.
    recipient: str
    customer_id: str = Field(foreign_key="customer.customer_id")
    document_number: str | None = Field(default=None, foreign_key="issued_document.number", index=True)
    tariff_version_id: str | None = Field(default=None, foreign_key="tariff_version.version_id", index=True)
    contract_id: str | None = Field(default=None, index=True)
    # Of the contract's events: the price that is told.
    event_sequence: int | None = None
    state: str = "queued"
    # How many times a person asked for it: part of the Message-ID, which automatic retries share.
    round: int = 1
    attempts: int = 0
    queued_at: dt.datetime = Field(sa_type=DateTime)
    next_attempt_at: dt.datetime | None = Field(default=None, sa_type=DateTime, index=True)
    sent_at: dt.datetime | None = Field(default=None, sa_type=DateTime)
    message_id: str | None = Field(default=None, index=True)
    last_error: str | None = None

    @property
    def subject(self) -> str:
        """What it is of, as a person names it: a document's number, a tariff version, ``ctr-1001-1#5``."""
        if self.contract_id is not None and self.event_sequence is not None:
            return event_subject(self.contract_id, self.event_sequence)
        return self.document_number or str(self.tariff_version_id)


def event_subject(contract_id: str, sequence: int) -> str:
    """An event of a contract: ``ctr-1001-1#5``."""
    return f"{contract_id}#{sequence}"
