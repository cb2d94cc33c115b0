"""What the switch's templates are given: customers in service with what is theirs, carriers, queues, dial plans."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers

from adapters.ledger.tables import CallQueue, Campaign, Gateway, QueueAgent, QueueTier, SipAccount
from adapters.switch_numbering import DialPlan

# A block is a hundred numbers: as many as a call may have to try.
BLOCK_DIGITS = 2


class Numbers(NamedTuple):
    """Numbers of one country code, and what follows it."""

    code: int
    national: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """Where a call goes: ``kind`` and ``destination`` of the ledger, or ``nowhere``."""

    kind: str = "nowhere"
    destination: str = ""
    # Of the number a call is forwarded to.
    number_type: str = ""

    @property
    def accounts(self) -> list[str]:
        """The telephones that ring together."""
        return [name.strip() for name in self.destination.split(",")]


class Number(NamedTuple):
    """A number that leads to a customer."""

    number: str
    number_type: str
    campaign: str | None
    route: Route


class Choice(NamedTuple):
    """A digit of a menu."""

    digit: str
    route: Route


class Menu(NamedTuple):
    """A greeting and the digits it offers."""

    menu_name: str
    greeting: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class SwitchCustomer:
    """A customer in service, and all that is theirs on the switch that day."""

    customer_id: str
    plan: str
    is_suspended: bool
    is_high_risk_allowed: bool
    accounts: tuple[SipAccount, ...]
    agents: tuple[str, ...]
    numbers: tuple[Number, ...]
    campaigns: tuple[Campaign, ...]
    menus: tuple[Menu, ...]

    @property
    def presented(self) -> list[Numbers]:
        """The numbers they may present, which are also those they call without a carrier."""
        groups: dict[int, list[str]] = defaultdict(list)
        for number in self.numbers:
            code = phonenumbers.parse(number.number, None).country_code or 0
            groups[code].append(number.number.removeprefix(f"+{code}"))
        return [Numbers(code, tuple(national)) for code, national in sorted(groups.items())]


@dataclass(frozen=True)
class SwitchView:
    """A day of the ledger, ready to be rendered; everything in a fixed order."""

    customers: tuple[SwitchCustomer, ...]
    gateways: tuple[Gateway, ...]
    queues: tuple[CallQueue, ...]
    agents: tuple[QueueAgent, ...]
    tiers: tuple[QueueTier, ...]
    plans: tuple[DialPlan, ...]

    @property
    def blocks(self) -> list[tuple[str, list[tuple[SwitchCustomer, Number]]]]:
        """Every number with its customer, by all its digits but the last two."""
        blocks: dict[str, list[tuple[SwitchCustomer, Number]]] = defaultdict(list)
        for customer in self.customers:
            for number in customer.numbers:
                blocks[number.number[:-BLOCK_DIGITS]].append((customer, number))
        return [(block, sorted(rows, key=lambda row: row[1].number)) for block, rows in sorted(blocks.items())]

    @property
    def emergency_gateways(self) -> list[Gateway]:
        """Those that take emergency calls, then all others: any way out is better than none."""
        return sorted(self.gateways, key=lambda gateway: not gateway.takes_emergency_calls)

    @property
    def account_names(self) -> list[str]:
        """Every telephone, ``alice@acct-1001``."""
        return [f"{row.user_name}@{customer.customer_id}" for customer in self.customers for row in customer.accounts]
