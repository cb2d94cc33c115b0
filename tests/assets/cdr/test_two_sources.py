"""The event and the file are one leg: whichever came first counts, the other confirms, a difference is told."""

from __future__ import annotations

import itertools
from pathlib import Path

import orjson
import pytest

from assets.cdr.completeness import write_completeness
from assets.cdr.findings import file_findings, hangup_findings
from tests.assets.cdr.lab import HANGUP, OPENED_US, Body, Lab, Row, is_event

MONTH = "2026-11"
LATER_US = OPENED_US + 600_000_000
SOURCES = "select hangups, confirmed_hangups, heard_only, filed_only, files_suppressed from switch_days"


@pytest.fixture
def files(shared: Path) -> dict[str, list[Body]]:
    folder = shared / "freeswitch/captures"
    return {
        capture: [("cdr", path.read_bytes()) for path in sorted((folder / capture / "json_cdr").iterdir())]
        for capture in ("encode-false", "short", "mini", "sigkill")
    }


def facts(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "segment"} for row in rows]


def sources(lab: Lab) -> tuple[int, ...]:
    (row,) = lab.warehouse.read(SOURCES).to_pylist()
    return tuple(row.values())


def file_changed(body: Body, **variables: str) -> Body:
    cdr = orjson.loads(body[1])
    cdr["variables"] |= variables
    return "cdr", orjson.dumps(cdr) + b"\n"


@pytest.mark.parametrize("order", list(itertools.permutations(["esl", "cdr"])))
def test_a_leg_said_by_both_sources_is_one_call_record_whichever_came_first(lab, stream, files, order):
    said = {"esl": stream("encode-false/json-subset.esl"), "cdr": files["encode-false"]}
    for place, source in enumerate(order):
        lab.write_segment(said[source], OPENED_US + place * 600_000_000)
    records = lab.take()
    assert len(records) == 17  # the event of two legs had not come when the capture ended
    write_completeness(lab.warehouse)
    assert sources(lab) == (17, 15, 0, 2, 0)
    assert hangup_findings(lab.warehouse, MONTH) == []


def test_files_alone_bill_the_same_as_events_alone(tmp_path, stream, files):
    heard, filed = Lab(tmp_path / "heard"), Lab(tmp_path / "filed")
    events = heard.take(stream("encode-false/json-subset.esl"))
    legs = {row["leg_id"] for row in events}
    both = [row for row in filed.take(files["encode-false"]) if row["leg_id"] in legs]
    billed = ("leg_id", "call_id", "is_billable", "billed_seconds", "customer_id", "gateway", "answered_at", "ended_at",
              "origin_number", "destination_number", "direction", "disposition", "queue_name")  # fmt: skip
    assert [[row[name] for name in billed] for row in both] == [[row[name] for name in billed] for row in events]


def test_a_file_journalled_twice_is_one_leg(tmp_path, files):
    once, twice = Lab(tmp_path / "once"), Lab(tmp_path / "twice")
    expected = once.take(files["encode-false"])
    twice.write_segment(files["encode-false"])
    assert facts(twice.take(files["encode-false"])) == facts(expected)


def test_the_order_in_which_the_sources_land_makes_no_difference(tmp_path, stream, files):
    ways = []
    for order in itertools.permutations(range(3)):
        lab = Lab(tmp_path / "".join(map(str, order)))
        events = stream("encode-false/json-subset.esl")
        parts = [(events, OPENED_US), (files["encode-false"], LATER_US), (events[40:], LATER_US + 1_000_000)]
        segments = [lab.write_segment(bodies, at) for bodies, at in parts]
        moved = [segment.rename(segment.with_suffix(".aside")) for segment in segments]
        for place in order:
            moved[place].rename(segments[place])
            lab.land()
            lab.rebuild()
        ways.append(lab.records())
    assert all(way == ways[0] for way in ways)


def test_a_lost_event_is_made_good_by_its_file(lab, short, files):
    cut = [body for body in short if not is_event(body, HANGUP)]
    lab.write_segment(cut)
    records = lab.take(files["short"])
    found = write_completeness(lab.warehouse)
    # No file of the leg with process_cdr=false: it is missing, and no other.
    assert len(records) == 38
    assert [row["session_number"] for row in found.missing] == [33]


def test_withheld_files_and_events_are_named_exactly(lab, short, files):
    hidden = {"a5fdd84b-a440-430f-8671-0e0fcbc6827b", "e584da6c-8bd7-416c-bfc8-5611bbce9793"}
    kept = [b for b in (*short, *files["short"]) if not any(leg.encode() in b[1] and ends(b, leg) for leg in hidden)]
    lab.take(kept)
    found = write_completeness(lab.warehouse)
    assert {row["leg_id"] for row in found.missing} == hidden


def ends(body: Body, leg_id: str) -> bool:
    """Whether a body is the hang-up of that leg, as an event or as a file."""
    if body[0] == "cdr":
        return f'"uuid":"{leg_id}","session_id"'.encode() in body[1]
    return is_event(body, HANGUP, Unique_ID=leg_id)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer_uepoch": "1795374844979063"}, "answer_micros"),
        ({"end_uepoch": "1795374847999033"}, "end_micros"),
        ({"session_id": "200"}, "session_number"),
        ({"sip_gateway_name": "carrier2"}, "gateway_name"),
    ],
)
def test_sources_that_would_bill_differently_are_a_finding_with_both_values(lab, stream, files, changes, told):
    leg = next(body for body in files["encode-false"] if b'"session_id":"2"' in body[1])
    original = orjson.loads(leg[1])["variables"][next(iter(changes))]
    lab.write_segment(stream("encode-false/json-subset.esl"))
    before = lab.take()
    lab.write_segment([file_changed(leg, **changes)], LATER_US)
    assert lab.take() == before  # what was journalled first counts
    (finding,) = hangup_findings(lab.warehouse, MONTH)
    assert finding["details"]["sources"] == "esl json_cdr"
    assert set(finding["details"][told].split()) == {original, *changes.values()}


def test_encoded_files_are_a_finding_for_the_switch_and_for_each_leg_that_lost_values(lab, files):
    lab.take(files["short"])
    found = file_findings(lab.warehouse, MONTH)
    assert [row["details"]["values"] for row in found if "/" not in row["row_key"]] == ["38 files"]
    assert [row["details"]["values"] for row in found if "/" in row["row_key"]] == [
        "encode-values=true; lab_plus emptied; lab_cjk cut"
    ] * 3


def test_files_with_plain_values_are_no_finding(lab, files):
    lab.take(files["encode-false"])
    assert file_findings(lab.warehouse, MONTH) == []


def test_a_file_that_cannot_be_read_is_set_aside_and_the_others_land(lab, files):
    lab.write_segment([("cdr", b'{"broken"}\n'), *files["sigkill"]])
    (landed,) = lab.land()
    assert (landed.events, landed.rejected) == (1, 1)
