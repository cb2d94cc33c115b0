"""What the switch runs for a customer: telephones, queues, menus, where a number leads; and the operator's carriers.

Rows say what stands now, without dates: a telephone or a queue has no past that is billed. Suspensions do,
half-open local days ``[suspended_from, lifted_on)``. What a number or a contract is worth that day is in
``phone_number`` and ``contract``. ``adapters.switch_configuration`` renders all of it; no password stands here.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from adapters.ledger.words import one_of

DESTINATION_KINDS = ("accounts", "queue", "menu", "forward")
STRATEGIES = (
    "ring-all", "longest-idle-agent", "round-robin", "top-down", "agent-with-least-talk-time",
    "agent-with-fewest-calls", "sequentially-by-agent-order", "random",
)  # fmt: skip
TRANSPORTS = ("udp", "tcp", "tls")


class SipAccount(SQLModel, table=True):
    """A telephone, or a customer's own exchange, that registers with the switch."""

    __tablename__ = "sip_account"
    __table_args__ = (CheckConstraint("max_calls > 0", name="ck_sip_account_max_calls"),)

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    user_name: str = Field(primary_key=True)
    # Presented when the caller presents none of the customer's own numbers; always for emergency calls.
    caller_number: str
    # Outgoing calls at once: what a stolen password can cost is bounded here.
    max_calls: int = 2


class CallQueue(SQLModel, table=True):
    """A queue, ``<queue_name>@<customer_id>`` in events."""

    __tablename__ = "call_queue"
    __table_args__ = (
        CheckConstraint(one_of("strategy", STRATEGIES), name="ck_call_queue_strategy"),
        CheckConstraint("max_wait_seconds >= 0", name="ck_call_queue_max_wait"),
    )

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    queue_name: str = Field(primary_key=True)
    strategy: str = "longest-idle-agent"
    # 0: a caller waits as long as they like.
    max_wait_seconds: int = 0


class QueueAgent(SQLModel, table=True):
    """A telephone whose user answers queues, ``<user_name>@<customer_id>`` in events."""

    __tablename__ = "queue_agent"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "user_name"], ["sip_account.customer_id", "sip_account.user_name"]),
        CheckConstraint("ring_seconds > 0", name="ck_queue_agent_ring"),
        CheckConstraint("wrap_up_seconds >= 0", name="ck_queue_agent_wrap_up"),
    )

    customer_id: str = Field(primary_key=True)
    user_name: str = Field(primary_key=True)
    ring_seconds: int = 20
    wrap_up_seconds: int = 10


class QueueTier(SQLModel, table=True):
    """An agent in a queue: lower levels are asked first, positions order a level."""

    __tablename__ = "queue_tier"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "queue_name"], ["call_queue.customer_id", "call_queue.queue_name"]),
        ForeignKeyConstraint(["customer_id", "user_name"], ["queue_agent.customer_id", "queue_agent.user_name"]),
        CheckConstraint("level > 0 and position > 0", name="ck_queue_tier_order"),
    )

    customer_id: str = Field(primary_key=True)
    queue_name: str = Field(primary_key=True)
    user_name: str = Field(primary_key=True)
    level: int = 1
    position: int = 1


class VoiceMenu(SQLModel, table=True):
    """A recorded greeting that asks for a digit. ``greeting`` is a file in the customer's folder of sounds."""

    __tablename__ = "voice_menu"

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    menu_name: str = Field(primary_key=True)
    greeting: str


class VoiceMenuChoice(SQLModel, table=True):
    """Where a digit of a menu leads; destinations as in ``number_route``."""

    __tablename__ = "voice_menu_choice"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "menu_name"], ["voice_menu.customer_id", "voice_menu.menu_name"]),
        CheckConstraint("length(digit) = 1 and digit between '0' and '9'", name="ck_voice_menu_choice_digit"),
        CheckConstraint(one_of("kind", DESTINATION_KINDS), name="ck_voice_menu_choice_kind"),
    )

    customer_id: str = Field(primary_key=True)
    menu_name: str = Field(primary_key=True)
    digit: str = Field(primary_key=True)
    kind: str
    destination: str


class NumberRoute(SQLModel, table=True):
    """Where calls to a number go while it is the customer's; a number without a row is answered "unallocated".

    ``destination``: account names separated by commas (all ring), a queue, a menu, or a number in E.164.
    """

    __tablename__ = "number_route"
    __table_args__ = (CheckConstraint(one_of("kind", DESTINATION_KINDS), name="ck_number_route_kind"),)

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    number: str = Field(primary_key=True)
    kind: str
    destination: str


class Campaign(SQLModel, table=True):
    """A campaign and the number it presents; calls back to that number count as the campaign's."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("customer_id", "number", name="uq_campaign_number"),)

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    campaign_name: str = Field(primary_key=True)
    number: str


class Gateway(SQLModel, table=True):
    """A carrier: outgoing calls try them by priority, lowest first; incoming calls come from its networks only."""

    __tablename__ = "gateway"
    __table_args__ = (
        CheckConstraint(one_of("transport", TRANSPORTS), name="ck_gateway_transport"),
        CheckConstraint("priority > 0", name="ck_gateway_priority"),
    )

    gateway_name: str = Field(primary_key=True)
    # Host, or host:port.
    proxy: str
    transport: str = "udp"
    # The carrier's addresses, in CIDR, separated by spaces.
    networks: str
    # Set when the carrier wants us to register, or challenges calls.
    user_name: str | None = None
    priority: int
    takes_emergency_calls: bool = False


class Suspension(SQLModel, table=True):
    """Outgoing calls of a customer refused for a time (BILLING_RULES, art. 6.2 and 6.3)."""

    __tablename__ = "suspension"
    __table_args__ = (CheckConstraint("lifted_on is null or lifted_on > suspended_from", name="ck_suspension_dates"),)

    customer_id: str = Field(foreign_key="customer.customer_id", primary_key=True)
    suspended_from: dt.date = Field(primary_key=True)
    lifted_on: dt.date | None = None
    reason: str


TABLE_NAMES = frozenset(
    table.__tablename__
    for table in (
        SipAccount, CallQueue, QueueAgent, QueueTier, VoiceMenu, VoiceMenuChoice, NumberRoute, Campaign, Gateway,
        Suspension,
    )
)  # fmt: skip
