"""Segments to rows: each once, nothing good lost, nothing bad silent."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from assets.cdr import landing
from assets.cdr.landing import land_segment, pending_segments
from ingest.event_journal import SegmentPath, read_segment
from tests.assets.cdr.lab import DAY, OPENED_US, STREAMS, Lab, Row, changed, is_event, rows_of

EVENT_TABLES = ("call_events", "rejected_events", "landed_segments")


@pytest.mark.parametrize(("capture", "hangups"), STREAMS.items())
def test_every_hang_up_in_a_captures_bytes_lands(lab, stream, capture, hangups):
    lab.write_segment(stream(capture))
    (landed,) = lab.land()
    rows = lab.warehouse.read("select count(*) from call_events where event_name = 'CHANNEL_HANGUP_COMPLETE'")
    assert rows[0][0].as_py() == hangups
    assert (landed.rejected, landed.damaged) == (0, 0)


def test_a_landed_event_says_where_and_when_it_came_from(lab, short):
    segment = lab.write_segment(short)
    lab.land()
    event = lab.warehouse.read("select * from call_events order by record_number limit 1").to_pylist()[0]
    assert (event["segment"], event["record_number"]) == (segment.stem, 0)
    assert event["received_at"] == dt.datetime(2026, 11, 22, 18, 29, 24)
    assert (event["event_name"], event["switch_name"]) == ("CHANNEL_CREATE", "fslab1")
    assert event["event_at"] == dt.datetime(2026, 11, 22, 18, 29, 23, 658911)
    assert (event["month"], event["record_date"]) == ("2026-11", DAY)


def test_a_segment_is_taken_once(lab, short):
    lab.write_segment(short)
    assert len(lab.land()) == 1
    before = lab.files(*EVENT_TABLES)
    assert lab.land() == []
    assert lab.files(*EVENT_TABLES) == before


def test_only_sealed_segments_are_taken(lab, short):
    sealed = lab.write_segment(short)
    sealed.rename(sealed.with_suffix(".open"))
    assert lab.land() == []


def test_the_marker_says_what_landed(lab, short):
    lab.write_segment(short)
    lab.land()
    marker = lab.warehouse.read("select * from landed_segments").to_pylist()[0]
    kept = lab.warehouse.read("select count(*) from call_events")[0][0].as_py()
    assert (marker["records"], marker["events"], marker["landed_dates"]) == (len(short), kept, "2026-11-22")


@pytest.mark.parametrize("survivor", ["call_events", "rejected_events"])
def test_a_crash_before_the_marker_costs_a_second_landing_with_the_same_bytes(lab, short, monkeypatch, survivor):
    lab.write_segment([*short, ("json", b'{"Event-Name":"CHANNEL_ANSWER"}')])
    replace = lab.warehouse.replace

    def until_killed(table, *rows, **places):
        written = replace(table, *rows, **places)
        if table == survivor:
            raise KeyboardInterrupt
        return written

    monkeypatch.setattr(lab.warehouse, "replace", until_killed)
    with pytest.raises(KeyboardInterrupt):
        lab.land()
    monkeypatch.undo()
    written = lab.files(survivor)
    assert written
    assert lab.files("landed_segments") == {}
    assert len(lab.land()) == 1
    assert lab.files(survivor) == written


def test_segments_landed_three_times_in_any_order_give_the_same_files(tmp_path, short):
    once, often = Lab(tmp_path / "once"), Lab(tmp_path / "often")
    for lab in (once, often):
        for start in range(0, len(short), 25):
            lab.write_segment(short[start : start + 25])
    once.land()
    segments = pending_segments(often.warehouse, often.journal) * 3
    random.Random(7).shuffle(segments)
    with often.warehouse.connect(tables=()) as connection:
        for segment in segments:
            land_segment(often.warehouse, connection, segment, often.quarantine)
    assert often.files(*EVENT_TABLES) == once.files(*EVENT_TABLES)


def test_a_segment_over_midnight_gives_a_file_for_each_local_day(lab, short):
    midnight_us = 1_795_388_400_000_000  # 2026-11-23 in Paris
    hangup = next(body for body in short if is_event(body, "CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound"))
    bodies = [
        changed(hangup, {"variable_answer_uepoch": str(answer), "variable_end_uepoch": str(midnight_us + 5_000_000)})
        for answer in (midnight_us - 1, midnight_us)
    ]
    lab.write_segment(bodies)
    (landed,) = lab.land()
    assert landed.dates == (dt.date(2026, 11, 22), dt.date(2026, 11, 23))
    names = [path.name.partition("--")[0] for path in lab.warehouse.files("call_events")]
    assert names == ["2026-11-22", "2026-11-23"]


def test_events_of_two_months_stand_in_two_months(lab, short):
    first_of_december_us = 1_796_079_600_000_000
    hangup = next(body for body in short if is_event(body, "CHANNEL_HANGUP_COMPLETE"))
    answered = {"variable_answer_uepoch": str(first_of_december_us), "variable_end_uepoch": str(first_of_december_us)}
    lab.write_segment([hangup, changed(hangup, answered)])
    lab.land()
    assert [path.parent.name for path in lab.warehouse.files("call_events")] == ["month=2026-11", "month=2026-12"]
    # The marker stands once, in the month the segment was opened in.
    assert [path.parent.name for path in lab.warehouse.files("landed_segments")] == ["month=2026-11"]


def rejected(lab: Lab) -> list[Row]:
    return rows_of(lab.warehouse.read("select * from rejected_events order by record_number nulls last"))


def test_what_cannot_be_read_is_set_aside_with_its_reason_and_the_good_beside_it_lands(lab, short):
    hangup = next(body for body in short if is_event(body, "CHANNEL_HANGUP_COMPLETE"))
    bad = [
        changed(hangup, {"Unique-ID": None}),
        changed(hangup, {"variable_end_uepoch": "late"}),
        changed(hangup, {"variable_answer_uepoch": "1795372163000000"}),
        ("json", hangup[1][:-20]),
        ("plain", b"Event-Name: CHANNEL_ANSWER\nnonsense\n\n"),
    ]
    lab.write_segment([*bad, hangup])
    (landed,) = lab.land()
    assert (landed.events, landed.rejected, landed.damaged) == (1, 5, 0)
    rows = rejected(lab)
    assert [row["event_name"] for row in rows] == ["CHANNEL_HANGUP_COMPLETE"] * 4 + ["CHANNEL_ANSWER"]
    reasons = [str(row["reason"]) for row in rows]
    assert reasons[0] == "no Unique-ID"
    assert reasons[1] == "variable_end_uepoch is 'late', not a number"
    assert "was not answered at 1795372163000000" in reasons[2]
    assert "is not JSON" in reasons[3]
    assert "is not a line of a plain event" in reasons[4]
    assert rows[1]["received_at"] == dt.datetime(2026, 11, 22, 18, 29, 24, 1)
    assert str(rows[0]["body_excerpt"]).startswith('{"Event-Name":"CHANNEL_HANGUP_COMPLETE"')
    assert not lab.quarantine.exists()


def test_bytes_the_listener_could_not_frame_are_set_aside_too(lab, short):
    note = b'{"note": "damage", "offset": 9, "length": 4, "reason": "garbage", "excerpt_base64": "YWJjZA=="}'
    lab.write_segment([("note", b'{"note": "connected", "address": "x"}'), ("note", note), ("note", b"{"), *short])
    (landed,) = lab.land()
    assert landed.rejected == 2
    damage, unreadable = rejected(lab)
    assert damage["reason"] == "damage in the switch's stream, 4 bytes: garbage"
    assert damage["body_excerpt"] == "abcd"
    assert "a note that cannot be read" in str(unreadable["reason"])


def spoil(segment: Path) -> None:
    """Flip a byte inside the tenth record's body."""
    data = bytearray(segment.read_bytes())
    place = -1
    for _ in range(10):
        place = data.index(b'{"Event-Name"', place + 1)
    data[place + 40] ^= 1
    segment.write_bytes(data)


def test_a_corrupt_segment_lands_its_good_records_and_is_kept_aside_with_the_reasons(lab, short):
    segment = lab.write_segment(short)
    spoil(segment)
    (landed,) = lab.land()
    assert (landed.records, landed.damaged) == (len(short) - 1, 2)
    reasons = " | ".join(str(row["reason"]) for row in rejected(lab))
    assert "a record does not match its CRC (byte" in reasons
    assert "the manifest says records" in reasons
    assert all(row["record_number"] is None for row in rejected(lab))
    kept = sorted(path.name for path in lab.quarantine.iterdir())
    assert kept == [f"{segment.stem}{suffix}" for suffix in (".esl", ".esl.reason.txt", ".json")]
    assert (lab.quarantine / segment.name).read_bytes() == segment.read_bytes()
    # It says who called whom: for its owner only, like the journal.
    assert (lab.quarantine / segment.name).stat().st_mode & 0o777 == 0o600
    assert "does not match its CRC" in (lab.quarantine / f"{segment.name}.reason.txt").read_text()


def test_a_file_that_is_no_segment_is_named_and_stops_nothing(lab, short):
    lab.write_segment(short)
    (lab.journal / "notes.esl").write_bytes(b"\x00\x01 not a journal")
    landed = {segment.name: segment for segment in lab.land()}
    assert landed["notes"].events == 0
    assert landed["notes"].damaged == 2
    assert sum(segment.events for segment in landed.values()) == 122
    assert lab.land() == []


def test_a_month_of_segments_is_read_one_at_a_time(lab, short, monkeypatch):
    for _ in range(3):
        lab.write_segment(short[:10])
    held: list[str] = []

    def watched(segment):
        held.append(segment.name)
        return read_segment(segment)

    monkeypatch.setattr(landing, "read_segment", watched)
    landing_segments = landing.land_segments(lab.warehouse, lab.journal, lab.quarantine)
    next(landing_segments)
    assert len(held) == 1
    assert len(list(landing_segments)) == 2


def test_a_foreign_name_is_filed_under_the_month_of_its_first_record(lab, short):
    lab.write_segment(short, received_us=OPENED_US).rename(lab.journal / "copy of a segment.esl")
    (landed,) = lab.land()
    assert landed.month == "2026-11"
    assert landed.events == 122
    assert landed.damaged == 1  # its manifest is missing


def test_pending_segments_are_the_oldest_first(lab, short):
    later = lab.write_segment(short[:5], received_us=OPENED_US + 60_000_000)
    earlier = lab.write_segment(short[5:9], received_us=OPENED_US)
    assert pending_segments(lab.warehouse, lab.journal) == [SegmentPath.of(earlier), SegmentPath.of(later)]
