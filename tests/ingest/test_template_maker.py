"""Recorded calls as templates: filled with their own values they are themselves again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.call_event import read_event
from domain.errors import PermanentError
from domain.event_fields import FIELDS
from ingest.call_template import CallValues, Instant, Shape
from ingest.esl_protocol import decode_event
from ingest.simulated_calls import SHAPES
from ingest.template_maker import TICK_MICROS, TemplateMaker, load_templates, recorded_events

RECORDING = Path(__file__).parents[2] / "seeds" / "recorded_calls" / "twenty-two-calls.esl"
UNCHANGED = [shape for shape in SHAPES if not shape.changes]


@pytest.fixture(scope="module")
def events():
    return recorded_events(RECORDING.read_bytes())


def own_values(maker, template):
    """The values the recording itself has."""
    starts = (maker.group_starts[at.group] + at.ticks * TICK_MICROS for at in template.instants)
    return CallValues(
        boot_id="298b3af7-a462-4521-8107-9e969e85e28c",
        texts={role: text for text, role in maker.shape.roles.items()},
        uuids=maker.ids,
        sessions=maker.shape.sessions,
        stamps=[min(maker.recorded, key=lambda micros: abs(micros - start)) for start in starts],
        first_sequence=0,
    )


def without_sequence(body):
    return re.sub(rb'"Event-Sequence":"\d+"', b"", body)


def filled(shape, events, **options):
    maker = TemplateMaker(shape, events, **options)
    template = maker.make()
    return template.fill(own_values(maker, template))


@pytest.mark.parametrize("shape", UNCHANGED, ids=lambda shape: shape.name)
def test_a_recorded_call_filled_with_its_own_values_comes_out_byte_for_byte(events, event_bodies, shape):
    recorded = {without_sequence(body) for body in event_bodies(RECORDING.read_bytes())}
    bodies = [without_sequence(body) for _, body in filled(shape, events, lean=False)]
    assert len(bodies) >= 2
    assert all(body in recorded for body in bodies)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_lean_event_says_all_that_billing_reads(events, shape):
    """Of a hang-up, to the letter; session_number and the others stand there, bulky headers do not."""
    for (_, whole), (_, lean) in zip(filled(shape, events, lean=False), filled(shape, events, lean=True), strict=True):
        assert read_event(decode_event("json", lean)) == read_event(decode_event("json", whole))
        assert len(lean) < len(whole)


def test_no_header_billing_reads_is_bulky():
    from ingest.template_maker import BULKY

    assert [field.header for field in FIELDS if BULKY.match(field.header)] == []


def test_every_id_person_and_instant_of_a_call_is_replaced(events):
    shape = next(shape for shape in SHAPES if shape.name == "queue_answered")
    maker = TemplateMaker(shape, events, lean=False)
    template = maker.make()
    values = CallValues(
        boot_id="boot",
        texts={role: f"<{role}>" for role in shape.roles.values()},
        uuids=[f"uuid{index}" for index in range(template.uuids)],
        sessions=(901, 902),
        stamps=[2_000_000_000_000_000 + index * 20_000 for index in range(len(template.instants))],
        first_sequence=7_000_000,
    )
    text = b"".join(body for _, body in template.fill(values)).decode()
    media = re.sub(r"o=FreeSWITCH \d+ \d+", "", text)
    assert re.findall(r"17953\d{5}", media) == []
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) == []
    assert not any(
        word in text for word in ("acct-1001", "33639980001", "33170181020", "alice", "fslab1", "2026-11-22")
    )


def test_a_call_that_is_not_in_the_recording_is_a_permanent_error():
    with pytest.raises(PermanentError, match=r"no leg '99' for nothing.*came with the product"):
        load_templates(RECORDING, [Shape("nothing", (1, 99), {})], lean=True)


def test_instants_move_in_groups_and_keep_their_steps(events):
    shape = next(shape for shape in SHAPES if shape.name == "forwarded")
    template = TemplateMaker(shape, events, lean=True).make()
    assert template.phases == 2
    assert template.answer_lag_ticks == 1
    assert set(template.instants) >= {Instant(0, 0, 0), Instant(1, 1, 0), Instant(0, 1, 1), Instant(0, 2, 0)}
