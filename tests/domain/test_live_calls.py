"""What goes on now, folded from the captures' events: at the end, and at every instant on the way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.live_calls import UNKNOWN, CustomerLoad, LiveCalls


def events_of(path):
    data = path.read_bytes()
    while data:
        head, _, data = data.partition(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\n"))
        length = int(headers.get("Content-Length", 0))
        if headers["Content-Type"] == "text/event-json":
            yield json.loads(data[:length].decode("latin-1"))
        data = data[length:]


@pytest.fixture(scope="module")
def events(shared):
    return list(events_of(shared / "freeswitch/captures/short/json-subset.esl"))


def load(customer, *, ringing=0, talking=0, waiting=0, longest=0, agents=None):
    return CustomerLoad(customer, ringing, talking, waiting, longest, agents or {})


def test_at_the_end_of_the_capture_one_call_is_up_and_two_agents_wait(events):
    live = LiveCalls()
    for event in events:
        live.apply(event)
    assert live.loads() == [load("acct-1001", talking=1, agents={"Waiting": 2})]


def test_the_legs_up_are_those_created_and_not_yet_hung_up(events):
    live = LiveCalls()
    up = set()
    for event in events:
        live.apply(event)
        if event["Event-Name"] == "CHANNEL_CREATE":
            up.add(event["Unique-ID"])
        elif event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":
            up.discard(event["Unique-ID"])
        assert live.legs.keys() == up


def test_a_leg_placed_for_another_is_no_call_of_its_own(events):
    """But for the instant in which the A leg is gone and its B leg is not."""
    live = LiveCalls()
    outlived: dict[str, set[int]] = {}
    for event in events:
        live.apply(event)
        for leg_id, leg in live.legs.items():
            if leg.originator and leg.originator not in live.legs:
                outlived.setdefault(leg_id, set()).add(live.last_us)
    placed = {leg["Unique-ID"] for leg in events if leg.get("Call-Direction") == "outbound"}
    assert outlived.keys() <= placed
    assert {len(instants) for instants in outlived.values()} == {1}


def test_members_wait_from_joining_to_an_agent_or_to_leaving(events):
    live = LiveCalls()
    seen = []
    for event in events:
        live.apply(event)
        seen.append((event.get("CC-Action"), {one.queue for one in live.waiting.values()}))
    queue = [step for step in seen if step[0] in ("member-queue-start", "bridge-agent-start", "member-queue-end")]
    assert queue == [
        ("member-queue-start", {"support@acct-1001"}),
        ("member-queue-start", {"support@acct-1001", "night@acct-1001"}),
        ("bridge-agent-start", {"night@acct-1001"}),
        ("member-queue-end", set()),
        ("member-queue-end", set()),
    ]


def test_an_agent_is_in_the_state_the_switch_last_said(events):
    live = LiveCalls()
    states = []
    for event in events:
        live.apply(event)
        if event.get("CC-Action") == "agent-state-change" and event["CC-Agent"].startswith("alice"):
            states.append(live.agents["alice@acct-1001"].state)
    assert states == ["Receiving", "In a queue call", "Waiting"]


def event(name, leg="leg-a", boot="boot-1", at=1_000_000, **fields):
    return {"Event-Name": name, "Core-UUID": boot, "Unique-ID": leg, "Event-Date-Timestamp": str(at), **fields}


def queue_event(action, at, member="leg-a"):
    custom = {"Event-Subclass": "callcenter::info", "CC-Action": action, "CC-Queue": "support@acct-1"}
    return event("CUSTOM", leg="", at=at, **custom, **{"CC-Member-Session-UUID": member})


def test_an_outgoing_call_that_rings_is_the_customer_s_its_carrier_leg_names():
    live = LiveCalls()
    live.apply(event("CHANNEL_CREATE"))
    assert live.loads() == [load(UNKNOWN, ringing=1)]
    live.apply(event("CHANNEL_CREATE", "leg-b", variable_account_id="acct-1", variable_originator="leg-a"))
    assert live.loads() == [load("acct-1", ringing=1)]


def test_a_new_boot_and_a_shutdown_take_every_call_with_them():
    for last in (event("HEARTBEAT", boot="boot-2"), event("SHUTDOWN")):
        live = LiveCalls()
        live.apply(event("CHANNEL_CREATE"))
        live.apply(queue_event("member-queue-start", 1))
        live.apply(last)
        assert live.loads() == []


def test_the_longest_wait_is_measured_to_the_last_word_of_the_switch():
    live = LiveCalls()
    live.apply(queue_event("member-queue-start", 5_000_000))
    live.apply(queue_event("member-queue-start", 9_000_000, "leg-b"))
    live.apply(event("HEARTBEAT", "", at=20_900_000))
    assert live.loads() == [load("acct-1", waiting=2, longest=15)]


def test_a_list_of_channels_says_what_is_up_and_keeps_what_was_known():
    live = LiveCalls()
    live.apply(event("CHANNEL_CREATE", variable_accountcode="acct-1"))
    live.apply(event("CHANNEL_CREATE", "leg-gone", variable_accountcode="acct-1"))
    rows = [
        {"uuid": "leg-a", "call_uuid": "leg-a", "accountcode": ""},
        {"uuid": "leg-b", "call_uuid": "leg-a", "accountcode": "acct-1", "callstate": "ACTIVE"},
        {"uuid": "leg-c", "call_uuid": "leg-c", "accountcode": "acct-2", "callstate": "ACTIVE", "created_epoch": "7"},
    ]
    live.list_channels(rows, 9_000_000)
    assert live.loads() == [load("acct-1", ringing=1), load("acct-2", talking=1)]
    live.list_channels([], 10_000_000)
    assert live.loads() == []


@given(st.lists(st.sampled_from(["CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"]), max_size=20))
def test_whatever_was_missed_a_leg_that_hung_up_is_not_up(names):
    live = LiveCalls()
    for name in names:
        live.apply(event(name))
    is_up = bool(names) and names[-1] != "CHANNEL_HANGUP_COMPLETE"
    assert bool(live.loads()) == is_up
