"""The switch's CDR files say what its events said; what encode-values harms is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.call_event import EVENT_COLUMNS, read_event
from domain.errors import BadInput
from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser, decode_event
from ingest.json_cdr import CdrReading, decode_cdr

# What a file cannot know of the other leg, and its own instant: it is written a tick of 20 ms before the event.
NOT_IN_FILES = {"other_leg_direction", "event_micros"}


def values(event) -> dict[str, object]:
    return dict(zip(EVENT_COLUMNS, read_event(event) or (), strict=True))


def files(shared: Path, capture: str) -> list[CdrReading]:
    folder = shared / "freeswitch/captures" / capture / "json_cdr"
    return [decode_cdr(path.read_bytes()) for path in sorted(folder.iterdir())]


def hangups(shared: Path, stream: str) -> dict[object, dict[str, object]]:
    items = FrameParser().feed((shared / "freeswitch/captures" / stream).read_bytes())
    frames = [item for item in items if isinstance(item, Frame) and item.content_type in EVENT_KINDS]
    events = [decode_event(EVENT_KINDS[frame.content_type], frame.body) for frame in frames]
    ends = [values(event) for event in events if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"]
    return {end["leg_id"]: end for end in ends}


@pytest.mark.parametrize(
    ("capture", "stream", "both", "only_filed"),
    [
        ("encode-false", "encode-false/json-subset.esl", 15, 2),
        ("short", "short/json-subset.esl", 36, 2),
        ("mini", "mini/json-subset.esl", 15, 2),
        ("sigkill", "sigkill/plain-subset.esl", 1, 0),
    ],
)
def test_a_file_says_every_field_that_its_event_says(shared, capture, stream, both, only_filed):
    heard = hangups(shared, stream)
    filed = [values(file.event) for file in files(shared, capture)]
    pairs = [(file, heard[file["leg_id"]]) for file in filed if file["leg_id"] in heard]
    assert (len(pairs), len(filed) - len(pairs)) == (both, only_filed)
    for file, event in pairs:
        assert {name for name in EVENT_COLUMNS if file[name] != event[name]} <= NOT_IN_FILES


def test_only_process_cdr_false_has_no_file(shared):
    filed = {values(file.event)["leg_id"] for file in files(shared, "short")}
    (unfiled,) = [end for leg_id, end in hangups(shared, "short/json-subset.esl").items() if leg_id not in filed]
    assert unfiled["process_cdr"] == "false"


def test_files_with_encoded_values_are_recognised_and_their_harm_named(shared):
    flaws = [file.flaws for file in files(shared, "short")]
    assert len(flaws) == flaws.count("encode-values=true") + 3
    assert flaws.count("encode-values=true; lab_plus emptied; lab_cjk cut") == 3


def test_files_with_plain_values_have_no_flaw(shared):
    readings = files(shared, "encode-false")
    assert {file.flaws for file in readings} == {None}
    assert {file.event["variable_lab_plus"] for file in readings if "variable_lab_plus" in file.event} == {"+"}


def test_a_value_of_a_telephone_in_latin_1_is_not_taken_for_a_cut_one(shared):
    names = {file.event.get("variable_sip_from_display") for file in files(shared, "short")}
    assert "Éloïse" in names


@pytest.mark.parametrize("body", [b'{"variables":', b"[1]\n", b'{"variables": 3}\n'])
def test_what_is_no_cdr_file_is_refused(body):
    with pytest.raises(BadInput, match="set it aside"):
        decode_cdr(body)
