"""What goes on now, folded from the switch's events: calls up, members waiting, agents by state.

Pure: events in the order they were journalled go in, counts come out. A call is a leg nobody here
originated, so a bridged call counts once. Field meanings: FACTS.md, "Legs", "Queues".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.call_event import CREATE, EVENT_STAMP, HANGUP, QUEUE_SUBCLASS

EventMapping = Mapping[str, str | list[str]]

UNKNOWN = "unknown"
MICROS_PER_SECOND = 1_000_000
# Any of these names the leg this one was made for.
ORIGINATORS = (
    "variable_originator",
    "variable_originating_leg_uuid",
    "Other-Leg-Unique-ID",
    "variable_cc_member_session_uuid",
)


@dataclass(frozen=True)
class LiveLeg:
    """A leg that is up. Stamps in microseconds; ``answered_us`` None while it rings."""

    boot: str
    customer: str
    originator: str
    began_us: int
    answered_us: int | None = None


@dataclass(frozen=True)
class Waiting:
    """A member of a queue nobody has answered yet."""

    boot: str
    queue: str
    joined_us: int


@dataclass(frozen=True)
class Agent:
    """What an agent does, in the switch's words: ``Waiting``, ``Receiving``, ``In a queue call``, ``Idle``."""

    state: str
    status: str
    since_us: int


@dataclass(frozen=True)
class CustomerLoad:
    """One customer now: calls by stage, members waiting and for how long the first of them, agents by state."""

    customer: str
    ringing: int
    talking: int
    waiting: int
    longest_wait_seconds: int
    agents: dict[str, int]


@dataclass
class LiveCalls:
    """The state of one switch; ``apply`` and ``list_channels`` move it on."""

    boot: str = ""
    last_us: int = 0
    legs: dict[str, LiveLeg] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    def apply(self, event: EventMapping) -> None:
        """Take one event; those that change nothing here are passed over."""
        name = text(event, "Event-Name")
        boot = text(event, "Core-UUID")
        stamp_us = number(text(event, EVENT_STAMP))
        self.last_us = max(self.last_us, stamp_us)
        if boot and boot != self.boot:
            self._restart(boot)
        leg_id = text(event, "Unique-ID")
        if name == "SHUTDOWN":
            self._restart(boot)
        elif name == HANGUP:
            self.legs.pop(leg_id, None)
            self.waiting.pop(leg_id, None)
        elif name == CREATE:
            self.legs[leg_id] = LiveLeg(boot, account(event), originator_of(event), stamp_us)
        elif name == "CHANNEL_ANSWER":
            leg = self.legs.get(leg_id) or LiveLeg(boot, account(event), originator_of(event), stamp_us)
            # The dialplan names the account after the leg began.
            customer = account(event) if account(event) != UNKNOWN else leg.customer
            self.legs[leg_id] = replace(leg, customer=customer, answered_us=stamp_us)
        elif name == "CUSTOM" and text(event, "Event-Subclass") == QUEUE_SUBCLASS:
            self._apply_queue(event, boot, stamp_us)

    def _restart(self, boot: str) -> None:
        """A new boot: the legs and queues of the old one went with it. Agents keep their last word."""
        self.boot = boot
        self.legs.clear()
        self.waiting.clear()

    def _apply_queue(self, event: EventMapping, boot: str, stamp_us: int) -> None:
        action, member = text(event, "CC-Action"), text(event, "CC-Member-Session-UUID")
        if action == "member-queue-start":
            self.waiting[member] = Waiting(boot, text(event, "CC-Queue"), stamp_us)
        elif action in ("bridge-agent-start", "member-queue-end"):
            self.waiting.pop(member, None)
        elif action in ("agent-state-change", "agent-status-change"):
            agent = text(event, "CC-Agent")
            before = self.agents.get(agent, Agent(UNKNOWN, UNKNOWN, stamp_us))
            state = text(event, "CC-Agent-State") or before.state
            self.agents[agent] = Agent(state, text(event, "CC-Agent-Status") or before.status, stamp_us)

    def list_channels(self, rows: Iterable[Mapping[str, str]], at_us: int) -> None:
        """What ``show channels`` lists is what is up: legs it does not know are gone, new ones are taken."""
        self.last_us = max(self.last_us, at_us)
        listed = {}
        for row in rows:
            known = self.legs.get(row["uuid"])
            listed[row["uuid"]] = known or listed_leg(row, self.boot)
        self.legs = listed
        self.waiting = {member: one for member, one in self.waiting.items() if member in listed}

    def loads(self) -> list[CustomerLoad]:
        """Every customer with something going on, by name."""
        calls = [(self._customer(leg), leg) for leg in self.legs.values() if leg.originator not in self.legs]
        customers = {customer for customer, _ in calls}
        customers |= {owner(one.queue) for one in self.waiting.values()} | {owner(name) for name in self.agents}
        return [self._load(customer, [leg for of, leg in calls if of == customer]) for customer in sorted(customers)]

    def _customer(self, leg: LiveLeg) -> str:
        """Before its answer an outgoing call's account stands on the leg made for it only."""
        if leg.customer != UNKNOWN:
            return leg.customer
        made_for = (other for other in self.legs.values() if self.legs.get(other.originator) is leg)
        return next((other.customer for other in made_for if other.customer != UNKNOWN), UNKNOWN)

    def _load(self, customer: str, calls: list[LiveLeg]) -> CustomerLoad:
        waits = [one.joined_us for one in self.waiting.values() if owner(one.queue) == customer]
        agents: dict[str, int] = {}
        for name, agent in sorted(self.agents.items()):
            if owner(name) == customer:
                agents[agent.state] = agents.get(agent.state, 0) + 1
        talking = sum(leg.answered_us is not None for leg in calls)
        longest = (self.last_us - min(waits)) // MICROS_PER_SECOND if waits else 0
        return CustomerLoad(customer, len(calls) - talking, talking, len(waits), max(0, longest), agents)


def listed_leg(row: Mapping[str, str], boot: str) -> LiveLeg:
    began_us = number(row.get("created_epoch", "")) * MICROS_PER_SECOND
    is_up = row.get("callstate", "") not in ("DOWN", "DIALING", "RINGING", "EARLY")
    call = row.get("call_uuid", "")
    customer = row.get("accountcode", "") or UNKNOWN
    return LiveLeg(boot, customer, "" if call == row["uuid"] else call, began_us, began_us if is_up else None)


def text(event: EventMapping, header: str) -> str:
    value = event.get(header, "")
    if isinstance(value, list):
        return value[0] if value else ""
    return value


def number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def account(event: EventMapping) -> str:
    return text(event, "variable_accountcode") or text(event, "variable_account_id") or UNKNOWN


def originator_of(event: EventMapping) -> str:
    return next((found for header in ORIGINATORS if (found := text(event, header))), "")


def owner(name: str) -> str:
    """Queues and agents are named ``<name>@<account>``."""
    return name.rpartition("@")[2] if "@" in name else UNKNOWN
