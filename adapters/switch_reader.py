"""The ledger on one local day, read for the switch.

A customer is on the switch while a contract of theirs is in service, a number while it is assigned to such a
contract. A row that no longer applies (the route of a number that is somebody else's now) is left out. Rows that
contradict one another (a route to a queue that is not there) are refused together, before anything is written: what
the switch runs stays as it is until they are corrected.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, select

from adapters.ledger.store import Ledger
from adapters.ledger.tables import (
    CallQueue,
    Campaign,
    Contract,
    Customer,
    Gateway,
    NumberRoute,
    PhoneNumber,
    QueueAgent,
    QueueTier,
    SipAccount,
    Suspension,
    VoiceMenu,
    VoiceMenuChoice,
)
from adapters.switch_numbering import DialPlan, dial_plan, refuse_dialled_name
from adapters.switch_view import Choice, Menu, Number, Route, SwitchCustomer, SwitchView
from domain.errors import BadInput

Row = TypeVar("Row", bound=SQLModel)
OF_CUSTOMER: tuple[type[SQLModel], ...] = (
    CallQueue, Campaign, NumberRoute, QueueAgent, QueueTier, SipAccount, Suspension, VoiceMenu, VoiceMenuChoice,
)  # fmt: skip
TABLES: tuple[type[SQLModel], ...] = (*OF_CUSTOMER, Contract, Customer, Gateway, PhoneNumber)
# These go into contexts' names, dial strings and regular expressions: nothing in them may mean anything there. The
# imports ask for the same; a row may also have come by SQL.
CUSTOMER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
SIP_USER = re.compile(r"[A-Za-z0-9+._@-]+", re.ASCII)
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def read_view(ledger: Ledger, on: dt.date) -> SwitchView:
    """What the switch is to run on a local day.

    Raises:
        BadInput: rows that contradict one another, or cannot be written for a switch; all of them are listed.
    """
    with ledger.reading() as session:
        rows = {table: _all(session, table) for table in TABLES}
    reader = _Reader(rows, on)
    view = reader.view()
    if reader.problems:
        listed = "".join(f"\n  {problem}" for problem in sorted(set(reader.problems)))
        raise BadInput(f"the switch cannot run what the ledger says of it; correct these rows first:{listed}")
    return view


class _Reader:
    """One reading; ``problems`` collects what cannot be."""

    def __init__(self, rows: Mapping[type[SQLModel], list[Any]], on: dt.date) -> None:
        self.rows, self.on = rows, on
        self.problems: list[str] = []
        self.by_customer: dict[tuple[type[SQLModel], str], list[Any]] = defaultdict(list)
        for table in OF_CUSTOMER:
            for row in rows[table]:
                self.by_customer[table, row.customer_id].append(row)
        # Contracts in service, to whom they belong.
        self.owners = {
            contract.contract_id: contract.customer_id
            for contract in rows[Contract]
            if contract.started_on <= on and (contract.ended_on is None or on <= contract.ended_on)
        }
        self.numbers: dict[str, list[PhoneNumber]] = defaultdict(list)
        for number in rows[PhoneNumber]:
            if number.contract_id in self.owners and _in_force(number, on):
                self.numbers[self.owners[number.contract_id]].append(number)

    def view(self) -> SwitchView:
        present = set(self.owners.values())
        customers = sorted(
            (row for row in self.rows[Customer] if row.customer_id in present), key=lambda row: row.customer_id
        )
        plans = {country: dial_plan(country, self.on) for country in sorted({row.country for row in customers})}
        return SwitchView(
            customers=tuple(self.customer(row, plans[row.country]) for row in customers),
            gateways=self.gateways(),
            queues=self.of_all(CallQueue, present, "queue_name"),
            agents=self.of_all(QueueAgent, present, "user_name"),
            tiers=self.of_all(QueueTier, present, "queue_name", "user_name"),
            plans=tuple({plan.country: plan for plan in plans.values()}.values()),
        )

    def customer(self, customer: Customer, plan: DialPlan) -> SwitchCustomer:
        customer_id = customer.customer_id
        self.must(CUSTOMER_ID, customer_id, f"customer {customer_id!r}")
        numbers = sorted(self.numbers[customer_id], key=lambda row: row.number)
        owned = {row.number for row in numbers}
        campaigns = [row for row in self.of(Campaign, customer_id, "campaign_name") if row.number in owned]
        for campaign in campaigns:
            self.must(NAME, campaign.campaign_name, f"{customer_id} campaign {campaign.campaign_name!r}")
        campaign_of = {row.number: row.campaign_name for row in campaigns}
        routes = {
            row.number: self.route(row, plan, f"number {row.number}")
            for row in self.of(NumberRoute, customer_id, "number")
            if row.number in owned
        }
        return SwitchCustomer(
            customer_id=customer_id,
            plan=plan.country,
            is_suspended=self.is_suspended(customer_id),
            is_high_risk_allowed=customer.is_high_risk_allowed,
            accounts=self.accounts(customer_id, plan, owned),
            agents=tuple(row.user_name for row in self.of(QueueAgent, customer_id, "user_name")),
            numbers=tuple(
                Number(row.number, row.number_type, campaign_of.get(row.number), routes.get(row.number, Route()))
                for row in numbers
            ),
            campaigns=tuple(campaigns),
            menus=tuple(self.menu(row, plan) for row in self.of(VoiceMenu, customer_id, "menu_name")),
        )

    def is_suspended(self, customer_id: str) -> bool:
        return any(
            row.suspended_from <= self.on and (row.lifted_on is None or self.on < row.lifted_on)
            for row in self.of(Suspension, customer_id, "suspended_from")
        )

    def accounts(self, customer_id: str, plan: DialPlan, owned: set[str]) -> tuple[SipAccount, ...]:
        accounts = self.of(SipAccount, customer_id, "user_name")
        for account in accounts:
            what = f"{customer_id} account {account.user_name!r}"
            self.must(NAME, account.user_name, what)
            try:
                refuse_dialled_name(account.user_name, plan)
            except BadInput as error:
                self.problems.append(f"{what}: {error}")
            if account.caller_number not in owned:
                self.problems.append(f"{what}: it presents {account.caller_number}, not theirs on {self.on}")
        return tuple(accounts)

    def menu(self, menu: VoiceMenu, plan: DialPlan) -> Menu:
        what = f"{menu.customer_id} menu {menu.menu_name!r}"
        self.must(NAME, menu.menu_name, what)
        self.must(FILE_NAME, menu.greeting, f"{what}: greeting {menu.greeting!r}")
        choices = [
            row for row in self.of(VoiceMenuChoice, menu.customer_id, "digit") if row.menu_name == menu.menu_name
        ]
        return Menu(
            menu.menu_name,
            menu.greeting,
            tuple(Choice(row.digit, self.route(row, plan, f"menu {menu.menu_name}, {row.digit}")) for row in choices),
        )

    def route(self, row: NumberRoute | VoiceMenuChoice, plan: DialPlan, what: str) -> Route:
        """A destination, once it is sure that it exists."""
        route = Route(row.kind, row.destination, plan.type_of(row.destination) or "unknown")
        known: dict[str, tuple[list[str], type[SQLModel], str]] = {
            "accounts": (route.accounts, SipAccount, "user_name"),
            "queue": ([row.destination], CallQueue, "queue_name"),
            "menu": ([row.destination], VoiceMenu, "menu_name"),
        }
        if row.kind == "forward":
            self.must(E164, row.destination, f"{row.customer_id} {what}: forwarded to {row.destination!r}")
        else:
            names, table, column = known[row.kind]
            there = {getattr(other, column) for other in self.by_customer[table, row.customer_id]}
            for name in names:
                if name not in there:
                    self.problems.append(
                        f"{row.customer_id} {what}: it leads to {row.kind} {name!r}, which is not there"
                    )
        return route

    def gateways(self) -> tuple[Gateway, ...]:
        for gateway in self.rows[Gateway]:
            what = f"gateway {gateway.gateway_name!r}"
            self.must(NAME, gateway.gateway_name, what)
            self.must(HOST, gateway.proxy, f"{what}: proxy {gateway.proxy!r}")
            if gateway.user_name is not None:
                self.must(SIP_USER, gateway.user_name, f"{what}: user_name {gateway.user_name!r}")
            for network in gateway.networks.split():
                try:
                    ipaddress.ip_network(network)
                except ValueError as error:
                    self.problems.append(f"{what}: networks: {error}")
        return tuple(sorted(self.rows[Gateway], key=lambda row: (row.priority, row.gateway_name)))

    def of_all(self, table: type[Row], present: set[str], *names: str) -> tuple[Row, ...]:
        """A table's rows of customers on the switch, in the order of the names that know them."""
        rows = [row for row in self.rows[table] if row.customer_id in present]
        for row in rows:
            for name in names:
                self.must(NAME, getattr(row, name), f"{row.customer_id} {table.__tablename__} {getattr(row, name)!r}")
        return tuple(sorted(rows, key=lambda row: (row.customer_id, *(getattr(row, name) for name in names))))

    def of(self, table: type[Row], customer_id: str, order: str) -> list[Row]:
        return sorted(self.by_customer[table, customer_id], key=lambda row: getattr(row, order))

    def must(self, form: re.Pattern[str], text: str, what: str) -> None:
        if not form.fullmatch(text):
            self.problems.append(f"{what}: a switch cannot take it; write it like {form.pattern}")


def _in_force(number: PhoneNumber, on: dt.date) -> bool:
    return number.valid_from <= on and (number.valid_to is None or on < number.valid_to)


def _all(session: Session, table: type[SQLModel]) -> list[Any]:
    return list(session.exec(select(table)))
