"""Every fault of a switch and of what lies between, against the real listener: what it costs, and no more."""

from __future__ import annotations

import json
import random
import re
from functools import partial

import pytest

from domain.errors import PermanentError
from ingest.esl_listener import EslListener
from tests.ingest.faults import cut, duplicated, frame, lying, pieces, reordered, restarted
from tests.ingest.faulty_switch import KILLED, FaultySwitch, Visitor

SEEDS = range(8)
BOOT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def rng(request):
    return random.Random(getattr(request, "param", 0))


@pytest.fixture(scope="session")
def bodies(captures, event_bodies):
    return event_bodies((captures / "short/json-subset.esl").read_bytes())


@pytest.fixture
def hear(listener, journalled):
    """The events and the notes of a listener that meets these visits and is stopped at the next."""

    def heard(*visits, **settings):
        ears: list[EslListener] = []

        def last(visitor):
            visitor.greet()
            ears[0].stop()
            visitor.hold()

        with FaultySwitch([*visits, last]) as switch:
            ears.append(listener(switch.port, reconnect=True, backoff_first_seconds=0.001, **settings))
            ears[0].run()
        records = journalled()
        events = [record.body for record in records if record.kind != "note"]
        return events, [json.loads(record.body) for record in records if record.kind == "note"]

    return heard


def visit(data, *then):
    """A client is greeted, hears the bytes, and then whatever comes."""

    def host(visitor):
        visitor.greet()
        visitor.say(data)
        for step in then:
            step(visitor)

    return host


def stream(said):
    return b"".join(map(frame, said))


def reasons(notes):
    return [note["reason"] for note in notes if note["note"] == "disconnected"]


def damage(notes):
    return [note for note in notes if note["note"] == "damage"]


@pytest.mark.parametrize("rng", SEEDS, indirect=True)
def test_a_stream_cut_anywhere_costs_the_event_it_is_cut_in(rng, bodies, hear):
    said = cut(rng, stream(bodies))
    whole = [body for place, body in enumerate(bodies) if len(stream(bodies[: place + 1])) <= len(said)]
    events, notes = hear(visit(said), visit(stream(bodies)))
    assert events == whole + bodies
    assert len(damage(notes)) == (said != stream(whole))


@pytest.mark.parametrize("rng", SEEDS, indirect=True)
def test_a_connection_reset_anywhere_costs_no_event_before_and_none_after(rng, bodies, hear):
    events, _ = hear(visit(cut(rng, stream(bodies)), Visitor.reset), visit(stream(bodies)))
    before = events[: -len(bodies)]
    assert before == bodies[: len(before)]
    assert events[-len(bodies) :] == bodies


@pytest.mark.parametrize("rng", SEEDS, indirect=True)
def test_duplicates_and_reorders_are_journalled_as_they_were_said(rng, bodies, hear):
    said = reordered(rng, duplicated(rng, bodies, percent=30))
    events, notes = hear(visit(stream(said)))
    assert events == said
    assert len(said) > len(bodies)
    assert damage(notes) == []


@pytest.mark.parametrize("rng", SEEDS, indirect=True)
def test_events_that_come_in_bits_with_pauses_are_whole(rng, bodies, hear):
    writes = list(pieces(rng, stream(bodies[:20]), longest=1_500))
    events, notes = hear(visit(b"", partial(Visitor.trickle, writes=writes, pause=0.001)))
    assert events == bodies[:20]
    assert damage(notes) == []


def test_a_switch_that_falls_silent_inside_an_event_is_given_up(bodies, hear):
    half = frame(bodies[1])[:-100]
    events, notes = hear(visit(frame(bodies[0]) + half, Visitor.hold), visit(stream(bodies)), heartbeat_seconds=0.3)
    assert events == [bodies[0], *bodies]
    assert "no HEARTBEAT in 0.3 s" in reasons(notes)[0]
    assert [note["reason"] for note in damage(notes)] == ["the stream ended inside a frame"]


def test_a_flood_is_journalled_to_the_last_event(hear):
    said = [b'{"Event-Name":"CUSTOM","Event-Sequence":"%d"}' % number for number in range(100_000)]
    events, _ = hear(visit(stream(said)), segment_bytes=1 << 20)
    assert events == said


@pytest.mark.parametrize("rng", SEEDS, indirect=True)
def test_a_length_that_lies_costs_its_own_event(rng, bodies, hear):
    liars = set(rng.sample(range(len(bodies)), 10))
    said = b"".join(lying(rng, body) if place in liars else frame(body) for place, body in enumerate(bodies))
    events, notes = hear(visit(said))
    assert events == [body for place, body in enumerate(bodies) if place not in liars]
    assert 1 <= len(damage(notes)) <= len(liars)


def test_a_switch_that_comes_back_on_another_boot_is_taken_up(bodies, hear):
    again = restarted(bodies, BOOT)
    events, _ = hear(visit(stream(bodies), Visitor.reset), visit(stream(again)))
    assert events[-len(again) :] == again
    boots = {boot for event in events for boot in re.findall(rb'"Core-UUID":"([0-9a-f-]+)"', event)}
    assert BOOT.encode() in boots
    assert len(boots) == 2


def test_a_listener_killed_for_lost_events_says_so_and_comes_back(bodies, hear):
    def kill(visitor):
        visitor.notice(KILLED)

    events, notes = hear(visit(stream(bodies[:3]), kill), visit(stream(bodies)))
    assert events == bodies[:3] + bodies
    assert "killed listener because of lost events" in reasons(notes)[0]


def test_a_refused_password_is_said_and_tried_again_in_its_own_time(bodies, hear):
    events, notes = hear(Visitor.refuse, visit(stream(bodies)), refused_seconds=0.001)
    assert events == bodies
    assert "refused the password" in reasons(notes)[0]


def test_a_refused_password_ends_a_listener_that_may_not_come_back(listener):
    with FaultySwitch([Visitor.refuse]) as switch, pytest.raises(PermanentError, match="refused the password"):
        listener(switch.port, reconnect=False).run()
    assert switch.commands == ["auth ClueCon"]


@pytest.mark.parametrize("fault", [cut, lying, lambda rng, data: list(pieces(rng, data, 9))])
def test_the_same_seed_gives_the_same_fault(fault):
    data = bytes(range(32, 127)) * 20
    assert fault(random.Random(3), data) == fault(random.Random(3), data)
    assert len({str(fault(random.Random(seed), data)) for seed in range(10)}) > 1
