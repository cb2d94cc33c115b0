"""Imports of what the switch runs: accounts, queues, menus, where numbers lead, carriers, suspensions.

One CSV per table, columns named as in ``adapters.ledger.switch_tables``, in the form of ``adapters.ledger.imports``.
A row is added or changes the one it names; with ``remove`` = yes it is taken away. A file is all or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select

from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_date, as_match, as_one_of, as_text, as_whole, as_yes_no
from adapters.ledger.merging import ImportReport, Rule, plan, refuse
from adapters.ledger.store import Ledger
from adapters.ledger.switch_tables import DESTINATION_KINDS, STRATEGIES, TRANSPORTS
from adapters.ledger.tables import (
    CallQueue,
    Campaign,
    Customer,
    Gateway,
    NumberRoute,
    QueueAgent,
    QueueTier,
    SipAccount,
    Suspension,
    VoiceMenu,
    VoiceMenuChoice,
)
from adapters.switch_numbering import dial_plan, refuse_dialled_name
from domain.errors import BadInput

# A name goes into SIP addresses, dial strings and regular expressions: nothing that means something there.
_NAME = as_match(r"[a-z0-9][a-z0-9_-]{0,39}", "a name of small letters, digits, '_' and '-'")
_E164 = as_match(r"\+[1-9][0-9]{6,14}", "a number in E.164, like +33170181001")
_OF_CUSTOMER = (Column("customer_id", as_text),)
_DESTINATION = (Column("kind", as_one_of(*DESTINATION_KINDS)), Column("destination", as_text))


@dataclass(frozen=True)
class SwitchFile:
    """A kind of file: its table, its columns, and what its rows refer to, by columns of the same name."""

    table: type[SQLModel]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    refers_to: tuple[tuple[type[SQLModel], tuple[str, ...]], ...] = ((Customer, ("customer_id",)),)


_ACCOUNT = (SipAccount, ("customer_id", "user_name"))
_QUEUE = (CallQueue, ("customer_id", "queue_name"))
_AGENT = (QueueAgent, ("customer_id", "user_name"))
_MENU = (VoiceMenu, ("customer_id", "menu_name"))

# By name of file, in the order in which one refers to another.
SWITCH_FILES: dict[str, SwitchFile] = {
    "gateways": SwitchFile(
        Gateway,
        ("gateway_name",),
        (
            Column("gateway_name", _NAME),
            Column("proxy", as_match(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", "a host, or host:port")),
            Column("transport", as_one_of(*TRANSPORTS), "udp"),
            Column("networks", as_text),
            Column("user_name", as_match(r"[A-Za-z0-9+._@-]+", "a SIP user"), None),
            Column("priority", as_whole),
            Column("takes_emergency_calls", as_yes_no, False),
        ),
        (),
    ),
    "sip_accounts": SwitchFile(
        SipAccount,
        _ACCOUNT[1],
        (*_OF_CUSTOMER, Column("user_name", _NAME), Column("caller_number", _E164), Column("max_calls", as_whole, 2)),
    ),
    "queues": SwitchFile(
        CallQueue,
        _QUEUE[1],
        (
            *_OF_CUSTOMER,
            Column("queue_name", _NAME),
            Column("strategy", as_one_of(*STRATEGIES), "longest-idle-agent"),
            Column("max_wait_seconds", as_whole, 0),
        ),
    ),
    "queue_agents": SwitchFile(
        QueueAgent,
        _AGENT[1],
        (
            *_OF_CUSTOMER,
            Column("user_name", _NAME),
            Column("ring_seconds", as_whole, 20),
            Column("wrap_up_seconds", as_whole, 10),
        ),
        (_ACCOUNT,),
    ),
    "queue_tiers": SwitchFile(
        QueueTier,
        ("customer_id", "queue_name", "user_name"),
        (
            *_OF_CUSTOMER,
            Column("queue_name", _NAME),
            Column("user_name", _NAME),
            Column("level", as_whole, 1),
            Column("position", as_whole, 1),
        ),
        (_QUEUE, _AGENT),
    ),
    "voice_menus": SwitchFile(
        VoiceMenu,
        _MENU[1],
        (
            *_OF_CUSTOMER,
            Column("menu_name", _NAME),
            Column("greeting", as_match(r"[A-Za-z0-9][A-Za-z0-9._-]*", "a file name")),
        ),
    ),
    "voice_menu_choices": SwitchFile(
        VoiceMenuChoice,
        ("customer_id", "menu_name", "digit"),
        (
            *_OF_CUSTOMER,
            Column("menu_name", _NAME),
            Column("digit", as_match(r"[0-9]", "one digit")),
            *_DESTINATION,
        ),
        (_MENU,),
    ),
    "number_routes": SwitchFile(
        NumberRoute, ("customer_id", "number"), (*_OF_CUSTOMER, Column("number", _E164), *_DESTINATION)
    ),
    "campaigns": SwitchFile(
        Campaign,
        ("customer_id", "campaign_name"),
        (*_OF_CUSTOMER, Column("campaign_name", _NAME), Column("number", _E164)),
    ),
    "suspensions": SwitchFile(
        Suspension,
        ("customer_id", "suspended_from"),
        (
            *_OF_CUSTOMER,
            Column("suspended_from", as_date),
            Column("lifted_on", as_date, None),
            Column("reason", as_text),
        ),
    ),
}
_REMOVE = Column("remove", as_yes_no, False)


def import_switch_file(ledger: Ledger, name: str, path: Path) -> ImportReport:
    """Take a file of ``SWITCH_FILES``. Importing it again changes nothing.

    Raises:
        ImportRefused: a row cannot be read, or refers to what is not in the ledger.
        PermanentError: a constraint refuses it, or a row to remove is still referred to.
    """
    kind = SWITCH_FILES[name]
    rows, problems = read_csv(path, (*kind.columns, _REMOVE))
    leaving = [row for row in rows if row.values.pop("remove")]
    staying = [row for row in rows if row not in leaving]
    with ledger.session() as session:
        merge = plan(session, Rule(kind.table, kind.key), staying)
        refuse(
            path, [*problems, *merge.problems, *_dangling(session, kind, staying), *_dialled(session, kind, staying)]
        )
        removed = _remove(session, kind, leaving)
        report = merge.apply(session)
    return ImportReport(report.accepted + removed, report.already_known + len(leaving) - removed)


def _dangling(session: Session, kind: SwitchFile, rows: Sequence[Row]) -> list[RowProblem]:
    """Rows that refer to what is not in the ledger."""
    problems = []
    for table, columns in kind.refers_to:
        known = {_key(row.model_dump(), columns) for row in session.exec(select(table))}
        for row in rows:
            key = _key(row.values, columns)
            if key not in known:
                named = " ".join(map(str, key))
                problems.append(RowProblem(row.number, f"{table.__tablename__} {named} is not in the ledger"))
    return problems


def _dialled(session: Session, kind: SwitchFile, rows: Sequence[Row]) -> list[RowProblem]:
    """Telephones named like a number of their customer's country, by the newest edition of its plan."""
    if kind.table is not SipAccount:
        return []
    problems = []
    countries = {row.customer_id: row.country for row in session.exec(select(Customer))}
    for row in rows:
        country = countries.get(row.values["customer_id"])
        if country is not None and row.values["user_name"].isdigit():
            try:
                refuse_dialled_name(row.values["user_name"], dial_plan(country, date.max))
            except BadInput as error:
                problems.append(RowProblem(row.number, str(error)))
    return problems


def _remove(session: Session, kind: SwitchFile, rows: Sequence[Row]) -> int:
    kept = {_key(row.model_dump(), kind.key): row for row in session.exec(select(kind.table))}
    found = [kept[key] for row in rows if (key := _key(row.values, kind.key)) in kept]
    for row in found:
        session.delete(row)
    session.flush()
    return len(found)


def _key(values: dict[str, Any], columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(values[column] for column in columns)
