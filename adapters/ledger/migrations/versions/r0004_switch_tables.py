"""The tables the switch's configuration is rendered from.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

DESTINATION_KINDS = "kind in ('accounts','queue','menu','forward')"


def upgrade() -> None:
    _accounts()
    _queues()
    _menus()
    _numbers()
    _carriers()


def _of_customer() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"]),
    ]


def _accounts() -> None:
    op.create_table(
        "sip_account",
        *_of_customer(),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("caller_number", sa.String(), nullable=False),
        sa.Column("max_calls", sa.Integer(), nullable=False),
        sa.CheckConstraint("max_calls > 0", name="ck_sip_account_max_calls"),
        sa.PrimaryKeyConstraint("customer_id", "user_name"),
    )


def _queues() -> None:
    op.create_table(
        "call_queue",
        *_of_customer(),
        sa.Column("queue_name", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("max_wait_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "strategy in ('ring-all','longest-idle-agent','round-robin','top-down','agent-with-least-talk-time',"
            "'agent-with-fewest-calls','sequentially-by-agent-order','random')",
            name="ck_call_queue_strategy",
        ),
        sa.CheckConstraint("max_wait_seconds >= 0", name="ck_call_queue_max_wait"),
        sa.PrimaryKeyConstraint("customer_id", "queue_name"),
    )
    op.create_table(
        "queue_agent",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("wrap_up_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("ring_seconds > 0", name="ck_queue_agent_ring"),
        sa.CheckConstraint("wrap_up_seconds >= 0", name="ck_queue_agent_wrap_up"),
        sa.ForeignKeyConstraint(["customer_id", "user_name"], ["sip_account.customer_id", "sip_account.user_name"]),
        sa.PrimaryKeyConstraint("customer_id", "user_name"),
    )
    op.create_table(
        "queue_tier",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("queue_name", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("level > 0 and position > 0", name="ck_queue_tier_order"),
        sa.ForeignKeyConstraint(["customer_id", "queue_name"], ["call_queue.customer_id", "call_queue.queue_name"]),
        sa.ForeignKeyConstraint(["customer_id", "user_name"], ["queue_agent.customer_id", "queue_agent.user_name"]),
        sa.PrimaryKeyConstraint("customer_id", "queue_name", "user_name"),
    )


def _menus() -> None:
    op.create_table(
        "voice_menu",
        *_of_customer(),
        sa.Column("menu_name", sa.String(), nullable=False),
        sa.Column("greeting", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "menu_name"),
    )
    op.create_table(
        "voice_menu_choice",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("menu_name", sa.String(), nullable=False),
        sa.Column("digit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.CheckConstraint("length(digit) = 1 and digit between '0' and '9'", name="ck_voice_menu_choice_digit"),
        sa.CheckConstraint(DESTINATION_KINDS, name="ck_voice_menu_choice_kind"),
        sa.ForeignKeyConstraint(["customer_id", "menu_name"], ["voice_menu.customer_id", "voice_menu.menu_name"]),
        sa.PrimaryKeyConstraint("customer_id", "menu_name", "digit"),
    )


def _numbers() -> None:
    op.create_table(
        "number_route",
        *_of_customer(),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.CheckConstraint(DESTINATION_KINDS, name="ck_number_route_kind"),
        sa.PrimaryKeyConstraint("customer_id", "number"),
    )
    op.create_table(
        "campaign",
        *_of_customer(),
        sa.Column("campaign_name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "campaign_name"),
        sa.UniqueConstraint("customer_id", "number", name="uq_campaign_number"),
    )


def _carriers() -> None:
    op.create_table(
        "gateway",
        sa.Column("gateway_name", sa.String(), nullable=False),
        sa.Column("proxy", sa.String(), nullable=False),
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column("networks", sa.String(), nullable=False),
        sa.Column("user_name", sa.String()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("takes_emergency_calls", sa.Boolean(), nullable=False),
        sa.CheckConstraint("transport in ('udp','tcp','tls')", name="ck_gateway_transport"),
        sa.CheckConstraint("priority > 0", name="ck_gateway_priority"),
        sa.PrimaryKeyConstraint("gateway_name"),
    )
    op.create_table(
        "suspension",
        *_of_customer(),
        sa.Column("suspended_from", sa.Date(), nullable=False),
        sa.Column("lifted_on", sa.Date()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("lifted_on is null or lifted_on > suspended_from", name="ck_suspension_dates"),
        sa.PrimaryKeyConstraint("customer_id", "suspended_from"),
    )
