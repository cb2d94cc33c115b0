"""One simulated call: which recorded call it repeats, how often each kind happens, who takes part."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.call_template import Shape
from ingest.simulated_world import (
    RINGING,
    TALK,
    UNANSWERED,
    WAITING,
    Forward,
    Quantiles,
    SimulatedCustomer,
    SimulatedQueue,
    draw,
)

MILLISECONDS_PER_TICK = 20
QUEUE_WEIGHT = 4  # of a queue's number among those the public calls, against 1

CALLER, CALLED = "+33170181001", "+33639980001"  # the customer's number and the public's in the recording
EVERYWHERE = {"fslab1": "switch", "acct-1001": "account"}
OUTGOING = {**EVERYWHERE, CALLER: "caller", "Jean Martin": "name", "mobile_fr": "number_type"}
INCOMING = {**EVERYWHERE, CALLED: "caller", "Client PSTN": "name"}

# On no answer the root leg says NORMAL_CLEARING: the truth is in these headers and on the other leg (FACTS.md).
UNANSWERED_ROOT_LEG = {
    "Hangup-Cause": "NORMAL_CLEARING",
    "variable_hangup_cause": "NORMAL_CLEARING",
    "variable_originate_disposition": "NO_ANSWER",
    "variable_originate_failed_cause": "NO_ANSWER",
    "variable_originate_causes": None,
    "variable_DIALSTATUS": "NOANSWER",
    "variable_last_bridge_hangup_cause": "NO_ANSWER",
    "variable_sip_hangup_disposition": "send_refuse",
    "variable_sip_invite_failure_status": "480",
    "variable_sip_invite_failure_phrase": "Temporarily Unavailable",
    "variable_sip_term_status": None,
    "variable_sip_term_cause": None,
    "variable_proto_specific_hangup_cause": None,
}
UNANSWERED_OTHER_LEG = {
    "Hangup-Cause": "NO_ANSWER",
    "variable_hangup_cause": "NO_ANSWER",
    "variable_hangup_cause_q850": "19",
    "variable_last_bridge_hangup_cause": None,
    "variable_last_bridge_proto_specific_hangup_cause": None,
}


@dataclass(frozen=True)
class Kind:
    """A kind of call: its recorded shape, how often it happens among its like, how long each phase lasts."""

    shape: Shape
    weight: int
    phases: tuple[Quantiles, ...]


def kind(
    name: str,
    weight: int,
    sessions: tuple[int, ...],
    roles: Mapping[str, str],
    *phases: Quantiles,
    changes: Mapping[int, Mapping[str, str | None]] | None = None,
) -> Kind:
    return Kind(Shape(name, sessions, roles, changes or {}), weight, phases)


OUTGOING_KINDS = (
    kind(
        "outgoing_caller_hangs_up",
        36,
        (1, 2),
        {**OUTGOING, "+442079460018": "callee", "international": "number_type"},
        RINGING,
        TALK,
    ),
    kind("outgoing_called_hangs_up", 36, (7, 8), {**OUTGOING, "+33698000111": "callee"}, RINGING, TALK),
    kind("outgoing_cancelled", 8, (15, 16), {**OUTGOING, "+33698000000": "callee"}, RINGING),
    kind(
        "outgoing_unanswered",
        11,
        (15, 16),
        {**OUTGOING, "+33698000000": "callee"},
        UNANSWERED,
        changes={0: UNANSWERED_ROOT_LEG, 1: UNANSWERED_OTHER_LEG},
    ),
    kind("outgoing_busy", 6, (11, 12), {**OUTGOING, "+33698000486": "callee"}),
    kind("outgoing_unknown_number", 3, (13, 14), {**OUTGOING, "+33698000404": "callee"}),
)
INCOMING_KINDS = (
    kind(
        "incoming_answered",
        80,
        (18, 19),
        {**INCOMING, "+33170181010": "number", "agent-alice": "agent_user"},
        RINGING,
        TALK,
    ),
    kind("incoming_menu", 12, (24,), {**INCOMING, "+33170181030": "number"}, TALK),
    kind("incoming_busy", 8, (26,), {**INCOMING, "+33170181032": "number"}, ((0, 900), (1000, 4_000))),
)
QUEUE_KINDS = (
    kind(
        "queue_answered",
        86,
        (20, 21),
        {
            **EVERYWHERE,
            CALLED: "caller",
            "+33170181020": "number",
            "Zoé Lefèvre": "name",
            "support@acct-1001": "queue",
            "alice@acct-1001": "agent",
            "agent-alice": "agent_user",
        },
        WAITING,
        TALK,
    ),
    kind(
        "queue_abandoned",
        14,
        (22, 23),
        {
            **EVERYWHERE,
            "+33639980003": "caller",
            "+33170181021": "number",
            "Client presse": "name",
            "night@acct-1001": "queue",
            "nobody@acct-1001": "agent",
            "agent-0000": "agent_user",
        },
        WAITING,
    ),
)
FORWARD_KINDS = (
    kind("forwarded", 1, (27, 28), {**INCOMING, "+33170181040": "number", "+33698001234": "callee"}, RINGING, TALK),
)
SHAPES = tuple(kind.shape for kind in (*OUTGOING_KINDS, *INCOMING_KINDS, *QUEUE_KINDS, *FORWARD_KINDS))

NAMES = ("Camille Bernard", "Éloïse Dupré", "Hugo Petit", "Inès Moreau", "Noël Lefèvre", "Zoé O'Brien", "Anonyme")


@dataclass(frozen=True)
class PlannedCall:
    """``start_micros`` from the day's midnight on; ``phase_ticks``: the length of each phase."""

    start_micros: int
    shape: str
    texts: Mapping[str, str]
    phase_ticks: tuple[int, ...]


@dataclass(frozen=True)
class Caller:
    """A customer as it calls and is called: the numbers it dials, the public that dials it."""

    customer: SimulatedCustomer
    contacts: Sequence[str]
    public: Sequence[str]

    @cached_property
    def lines(self) -> dict[str, SimulatedQueue | Forward]:
        """The numbers that lead to a queue or leave again."""
        queues = {queue.number: queue for queue in self.customer.queues}
        return {**queues, **{forward.number: forward for forward in self.customer.forwards}}

    def plan(self, rng: random.Random, date: dt.date, start_micros: int) -> PlannedCall | None:
        """A call of that day; None when none of the customer's numbers is in use."""
        numbers = [number.number for number in self.customer.numbers if number.is_in_use(date)]
        if not numbers:
            return None
        is_incoming = not self.contacts or rng.randrange(100) < self.customer.incoming_percent
        kinds, texts = self._incoming(rng, numbers) if is_incoming else self._outgoing(rng, numbers)
        chosen = rng.choices(kinds, [kind.weight for kind in kinds])[0]
        ticks = tuple(draw(rng, quantiles) // MILLISECONDS_PER_TICK for quantiles in chosen.phases)
        texts |= {"account": self.customer.customer_id}
        return PlannedCall(start_micros, chosen.shape.name, texts, ticks)

    def _outgoing(self, rng: random.Random, numbers: list[str]) -> tuple[Sequence[Kind], dict[str, str]]:
        own = [number for number in numbers if number not in self.lines] or numbers
        callee = rng.choice(self.contacts)
        campaigns = self.customer.campaigns
        return OUTGOING_KINDS, {
            "caller": rng.choice(own),
            "callee": callee,
            "name": self.customer.name,
            "number_type": number_type(callee),
            "campaign": rng.choice(campaigns) if campaigns and rng.randrange(100) < 60 else "",
        }

    def _incoming(self, rng: random.Random, numbers: list[str]) -> tuple[Sequence[Kind], dict[str, str]]:
        weights = [QUEUE_WEIGHT if isinstance(self.lines.get(number), SimulatedQueue) else 1 for number in numbers]
        number = rng.choices(numbers, weights)[0]
        line = self.lines.get(number)
        texts = {"caller": rng.choice(self.public), "number": number, "name": rng.choice(NAMES)}
        if isinstance(line, SimulatedQueue):
            agent = rng.choice(line.agents)
            account = self.customer.customer_id
            return QUEUE_KINDS, texts | {
                "queue": f"{line.name}@{account}",
                "agent": f"{agent}@{account}",
                "agent_user": agent,
            }
        if isinstance(line, Forward):
            return FORWARD_KINDS, texts | {"callee": line.to}
        return INCOMING_KINDS, texts | {"agent_user": f"poste-{rng.randrange(1, 10)}"}


def number_type(callee: str) -> str:
    """The dialplan's own word for a destination."""
    if callee.startswith(("+336", "+337")):
        return "mobile_fr"
    return "fixed_fr" if callee.startswith("+33") else "international"
