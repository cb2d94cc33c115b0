"""The fields billing takes from a switch event, and why an event is set aside."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from domain.call_event import EVENT_COLUMNS, read_event
from domain.errors import BadInput
from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser, decode_event

SUBSETS = {
    "short/json-subset.esl": 37,
    "mini/json-subset.esl": 15,
    "encode-false/json-subset.esl": 15,
    "sigkill/plain-subset.esl": 1,
    "shutdown/plain-subset.esl": 11,
}


def capture_events(path: Path):
    for item in FrameParser().feed(path.read_bytes()):
        if isinstance(item, Frame) and item.content_type in EVENT_KINDS:
            yield decode_event(EVENT_KINDS[item.content_type], item.body)


@pytest.fixture
def hangup(shared: Path):
    """The hang-up of o_intl's carrier leg, to be spoiled."""
    events = capture_events(shared / "freeswitch/captures/short/json-subset.esl")
    return next(
        event
        for event in events
        if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"
        and event["Caller-Destination-Number"] == "+442079460018"
        and event["Call-Direction"] == "outbound"
    )


def fields(event) -> dict[str, object]:
    values = read_event(event)
    assert values is not None
    return dict(zip(EVENT_COLUMNS, values, strict=True))


@pytest.mark.parametrize(("capture", "hangups"), SUBSETS.items())
def test_every_event_of_the_captures_is_kept_or_none_of_billings_business(shared, capture, hangups):
    kept: Counter[str] = Counter()
    for event in capture_events(shared / "freeswitch/captures" / capture):
        if read_event(event) is not None:
            kept[str(event["Event-Name"])] += 1
    assert kept["CHANNEL_HANGUP_COMPLETE"] == hangups
    legs = {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "CUSTOM"}
    assert set(kept) == legs | ({"SHUTDOWN"} if capture.startswith("shutdown") else set())


def test_a_heartbeat_says_how_many_legs_there_were_and_that_none_is_up():
    said = {"Core-UUID": "boot", "FreeSWITCH-Switchname": "fs1", "Event-Date-Timestamp": "1795374974380008"}
    values = read_event({"Event-Name": "HEARTBEAT", **said, "Session-Since-Startup": "2", "Session-Count": "0"})
    heartbeat = dict(zip(EVENT_COLUMNS, values or (), strict=True))
    assert (heartbeat["boot_id"], heartbeat["leg_id"], heartbeat["event_micros"]) == ("boot", None, 1795374974380008)
    assert (heartbeat["legs_counted"], heartbeat["legs_in_progress"]) == (2, 0)


def test_plain_and_json_of_the_same_calls_give_the_same_fields(shared):
    folder = shared / "freeswitch/captures/mini"
    spoken = [
        sorted(repr(read_event(event)) for event in capture_events(folder / name))
        for name in ("json-subset.esl", "plain-subset.esl")
    ]
    assert spoken[0] == spoken[1]


def test_a_hang_up_is_read_to_the_microsecond(hangup):
    read = fields(hangup)
    assert (read["start_micros"], read["answer_micros"], read["end_micros"]) == (
        1_795_372_163_658_911,
        1_795_372_163_978_932,
        1_795_372_167_018_913,
    )
    assert read["gateway_name"] == "carrier1"
    assert read["session_number"] == 2
    assert read["record_date"] == dt.date(2026, 11, 22)


def test_a_hang_up_counts_on_the_paris_day_of_its_answer(hangup):
    midnight = 1_795_388_400_000_000  # 2026-11-22T23:00Z, midnight in Paris
    hangup |= {"variable_answer_uepoch": str(midnight - 1), "variable_end_uepoch": str(midnight + 1)}
    assert fields(hangup)["record_date"] == dt.date(2026, 11, 22)
    hangup |= {"variable_answer_uepoch": str(midnight)}
    assert fields(hangup)["record_date"] == dt.date(2026, 11, 23)


def test_a_leg_never_answered_counts_on_the_day_it_ended(hangup):
    hangup |= {"variable_answer_uepoch": "0", "variable_end_uepoch": "1795388400000000"}
    read = fields(hangup)
    assert read["answer_micros"] is None
    assert read["record_date"] == dt.date(2026, 11, 23)


def test_the_first_value_of_an_array_counts(hangup):
    hangup["variable_transfer_history"] = ["1795372167:a:uuid_br:b", "1795372168:c:bl_xfer:7001"]
    assert fields(hangup)["transfer_history"] == "1795372167:a:uuid_br:b"


def test_a_queue_event_belongs_to_the_waiting_members_leg(shared):
    events = capture_events(shared / "freeswitch/captures/short/json-subset.esl")
    offering = next(event for event in events if event.get("CC-Action") == "agent-offering")
    assert "Unique-ID" not in offering
    read = fields(offering)
    assert read["leg_id"] == offering["CC-Member-Session-UUID"]
    assert (read["cc_queue"], read["cc_agent"]) == ("support@acct-1001", "alice@acct-1001")


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"Unique-ID": None}, "no Unique-ID"),
        ({"Core-UUID": None}, "no Core-UUID"),
        ({"Event-Name": None}, "no Event-Name"),
        ({"Event-Date-Timestamp": "soon"}, "Event-Date-Timestamp is 'soon', not a number"),
        ({"variable_answer_uepoch": "12:30"}, "variable_answer_uepoch is '12:30', not a number"),
        ({"variable_answer_uepoch": "-5"}, "variable_answer_uepoch is '-5', not a number"),
        ({"variable_end_uepoch": None}, "no variable_end_uepoch"),
        ({"variable_end_uepoch": "0"}, "no variable_end_uepoch"),
        ({"variable_end_uepoch": "1795372167"}, "variable_end_uepoch is 1795372167: not microseconds"),
        ({"variable_end_uepoch": "1795372163000000"}, "ended at 1795372163000000 was not answered at"),
        ({"variable_answer_uepoch": "1795372163000000"}, "was not answered at 1795372163000000"),
        ({"variable_answer_uepoch": "0", "variable_end_uepoch": "1795372163000000"}, "ended .* before it began"),
        ({"variable_session_id": "٣"}, "variable_session_id is '٣', not a number"),
        ({"variable_sip_term_status": "9" * 19}, "not a number"),
    ],
)
def test_an_event_that_cannot_be_read_says_why(hangup, spoiled, reason):
    event = {name: value for name, value in (hangup | spoiled).items() if value is not None}
    with pytest.raises(BadInput, match=reason):
        read_event(event)
