"""Every constraint of the switch's tables, violated once on each database."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel, select

from adapters.ledger import tables as t
from adapters.ledger.switch_tables import TABLE_NAMES
from domain.errors import PermanentError

DAY = dt.date(2026, 10, 1)
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name in TABLE_NAMES]

# What the rows below refer to, in the order in which one refers to another.
FURNITURE: list[SQLModel] = [
    t.SipAccount(customer_id="acct-1001", user_name="alice", caller_number="+33170181001"),
    t.SipAccount(customer_id="acct-1001", user_name="bob", caller_number="+33170181001"),
    t.CallQueue(customer_id="acct-1001", queue_name="support"),
    t.QueueAgent(customer_id="acct-1001", user_name="alice"),
    t.VoiceMenu(customer_id="acct-1001", menu_name="accueil", greeting="accueil.wav"),
    t.Campaign(customer_id="acct-1001", campaign_name="rentree", number="+33170181031"),
]
ACCOUNT = {"customer_id": "acct-1001"}
# A good row of each table: every test changes one thing.
GOOD: dict[type[SQLModel], dict[str, Any]] = {
    t.SipAccount: ACCOUNT | {"user_name": "carol", "caller_number": "+33170181001"},
    t.CallQueue: ACCOUNT | {"queue_name": "night"},
    t.QueueAgent: ACCOUNT | {"user_name": "bob"},
    t.QueueTier: ACCOUNT | {"queue_name": "support", "user_name": "alice"},
    t.VoiceMenu: ACCOUNT | {"menu_name": "nuit", "greeting": "nuit.wav"},
    t.VoiceMenuChoice: ACCOUNT | {"menu_name": "accueil", "digit": "1", "kind": "queue", "destination": "support"},
    t.NumberRoute: ACCOUNT | {"number": "+33170181020", "kind": "queue", "destination": "support"},
    t.Campaign: ACCOUNT | {"campaign_name": "relance", "number": "+33170181032"},
    t.Gateway: {"gateway_name": "carrier1", "proxy": "sip.carrier1.example", "networks": "192.0.2.0/28", "priority": 1},
    t.Suspension: ACCOUNT | {"suspended_from": DAY, "reason": "FA-2026-000001 unpaid"},
}
# Constraint, table, what makes a good row bad.
VIOLATIONS: list[tuple[str, type[SQLModel], dict[str, Any]]] = [
    ("ck_sip_account_max_calls", t.SipAccount, {"max_calls": 0}),
    ("ck_call_queue_strategy", t.CallQueue, {"strategy": "by-mood"}),
    ("ck_call_queue_max_wait", t.CallQueue, {"max_wait_seconds": -1}),
    ("ck_queue_agent_ring", t.QueueAgent, {"ring_seconds": 0}),
    ("ck_queue_agent_wrap_up", t.QueueAgent, {"wrap_up_seconds": -1}),
    ("ck_queue_tier_order", t.QueueTier, {"level": 0}),
    ("ck_queue_tier_order", t.QueueTier, {"position": 0}),
    ("ck_voice_menu_choice_digit", t.VoiceMenuChoice, {"digit": "12"}),
    ("ck_voice_menu_choice_digit", t.VoiceMenuChoice, {"digit": "x"}),
    ("ck_voice_menu_choice_kind", t.VoiceMenuChoice, {"kind": "voicemail"}),
    ("ck_number_route_kind", t.NumberRoute, {"kind": "voicemail"}),
    ("uq_campaign_number", t.Campaign, {"number": "+33170181031"}),
    ("ck_gateway_transport", t.Gateway, {"transport": "sctp"}),
    ("ck_gateway_priority", t.Gateway, {"priority": 0}),
    ("ck_suspension_dates", t.Suspension, {"lifted_on": DAY}),
    *(("foreign key", table, {"customer_id": "acct-9999"}) for table in GOOD if table is not t.Gateway),
    ("foreign key", t.QueueAgent, {"user_name": "dave"}),
    ("foreign key", t.QueueTier, {"queue_name": "day"}),
    ("foreign key", t.QueueTier, {"user_name": "bob"}),
    ("foreign key", t.VoiceMenuChoice, {"menu_name": "jour"}),
]


@pytest.fixture
def furnished(customers):
    """A ledger where every good row can be added."""
    with customers.session() as session:
        for row in FURNITURE:
            session.add(type(row)(**row.model_dump()))
            session.flush()
    return customers


@pytest.mark.parametrize("table", GOOD, ids=lambda table: table.__tablename__)
def test_a_good_row_is_kept(furnished, table):
    with furnished.session() as session:
        session.add(table(**GOOD[table]))
    with furnished.reading() as session:
        kept = [row.model_dump() for row in session.exec(select(table))]
    assert any(row | GOOD[table] == row for row in kept)


@pytest.mark.parametrize(("constraint", "table", "change"), VIOLATIONS, ids=lambda value: str(value)[:60])
def test_a_bad_row_is_refused(furnished, constraint, table, change):
    # SQLite names a unique constraint by its columns.
    spoken = {"uq_campaign_number": "campaign.customer_id, campaign.number"}.get(constraint, constraint)
    with pytest.raises(PermanentError, match=f"(?i){constraint}|{re.escape(spoken)}"), furnished.session() as session:
        session.add(table(**GOOD[table] | change))


def test_every_table_of_the_switch_has_a_good_row():
    assert {table.__tablename__ for table in GOOD} == {table.name for table in TABLES} == TABLE_NAMES


def test_every_constraint_has_a_test_that_violates_it():
    declared = {
        str(constraint.name)
        for table in TABLES
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }
    assert declared - {name for name, _, _ in VIOLATIONS} == set()


def test_every_foreign_key_has_a_test_that_violates_it():
    declared = {(table.name, column.name) for table in TABLES for column in table.columns if column.foreign_keys}
    violated = {
        (str(table.__tablename__), column)
        for name, table, change in VIOLATIONS
        if name == "foreign key"
        for column in change
    }
    assert declared - violated == set()
