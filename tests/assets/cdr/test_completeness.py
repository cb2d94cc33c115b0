"""The proof on a recorded switch: what landed is whole, what is withheld is named, the dead leave a list."""

from __future__ import annotations

import datetime as dt
import lzma
import random
from pathlib import Path

import orjson
import pytest

from assets.cdr.completeness import Completeness, write_completeness
from assets.cdr.switch_days import refresh_switch_days
from assets.cdr.unaccounted import calls_left
from domain.calendar import Month
from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser, decode_event
from tests.assets.cdr.lab import DAY, HANGUP, Body, Lab, Row, alter, changed, is_event

TELEPHONY_CAPTURES = Path(__file__).parents[2] / "telephony" / "captures"
KILLED = "4c095871-6f02-4421-ac02-bdd459703fdd"
SHORT = "298b3af7-a462-4521-8107-9e969e85e28c"


def prove(lab: Lab, *segments: list[Body]) -> Completeness:
    for bodies in segments:
        lab.write_segment(bodies)
    lab.land()
    return write_completeness(lab.warehouse)


def brief(rows: list[Row]) -> list[tuple[int, str]]:
    return [(row["session_number"], row["explanation"]) for row in rows]


def without(bodies: list[Body], *numbers: int, name: str | None = HANGUP) -> list[Body]:
    """The stream with the events of these legs withheld; of any name for ``name=None``."""
    texts = {str(number) for number in numbers}
    return [b for b in bodies if not (is_event(b, name) and decode_event(*b).get("variable_session_id") in texts)]


def heartbeat(body: Body, count: int, up: int, at: int) -> Body:
    """A HEARTBEAT of the boot that a body is of."""
    event = decode_event(*body)
    said = {name: event[name] for name in ("Core-UUID", "FreeSWITCH-Switchname")}
    counts = {"Session-Since-Startup": str(count), "Session-Count": str(up)}
    return "json", orjson.dumps({"Event-Name": "HEARTBEAT", **said, "Event-Date-Timestamp": str(at), **counts})


@pytest.fixture
def long_call(shared) -> list[Body]:
    data = lzma.decompress((shared / "freeswitch/captures/misc/long-call-heartbeat-hold-all.esl.xz").read_bytes())
    frames = [item for item in FrameParser().feed(data) if isinstance(item, Frame)]
    return [(EVENT_KINDS[f.content_type], f.body) for f in frames if f.content_type in EVENT_KINDS]


def test_the_twenty_two_calls_are_whole_but_for_the_one_still_up(lab, short):
    found = prove(lab, short)
    (boot,) = found.boots
    assert (boot["first_number"], boot["last_number"], boot["expected_legs"], boot["landed_legs"]) == (1, 39, 39, 37)
    assert brief(found.missing) == [(38, "in_progress"), (39, "in_progress")]
    assert found.unfinished == []
    assert boot["is_complete"]


def test_withheld_legs_are_named_exactly_with_when_they_began(lab, short):
    found = prove(lab, without(short, 9, 10, 24, name=None))
    lost = [row for row in found.missing if row["explanation"] == "lost"]
    assert [row["session_number"] for row in lost] == [9, 10, 24]
    assert not found.boots[0]["is_complete"]
    # The eighth leg began at 18:29:24.558940, the eleventh at 18:29:25.158935.
    assert {row["earliest_start_at"] for row in lost[:2]} == {dt.datetime(2026, 11, 22, 18, 29, 24, 558940)}
    assert {row["latest_start_at"] for row in lost[:2]} == {dt.datetime(2026, 11, 22, 18, 29, 25, 158935)}


def test_what_lands_later_is_missing_no_more_in_whatever_order(lab, short):
    parts = [short[start : start + 20] for start in range(0, len(short), 20)]
    random.Random(3).shuffle(parts)
    for part in parts[:-1]:
        found = prove(lab, part)
    assert len(found.missing) > 2
    assert brief(prove(lab, parts[-1]).missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_listener_that_came_late_claims_from_the_first_leg_it_heard(lab, stream):
    (boot,) = prove(lab, stream("mini/json-subset.esl")).boots
    assert (boot["first_number"], boot["last_number"], boot["legs_before_listening"]) == (40, 56, 39)
    assert boot["is_complete"]


def test_the_channels_up_when_a_switch_was_killed_are_listed_with_their_last_proof_of_life(lab, stream, shared):
    found = prove(lab, stream("sigkill/plain-subset.esl"), stream("shutdown/plain-subset.esl"))
    assert found.unfinished == []  # the killed one was heard last: it may still be alive
    found = prove(lab, stream("encode-false/json-subset.esl"))
    log = (shared / "freeswitch/captures/sigkill/actions.log").read_text()
    up = orjson.loads(log.partition("channels up ")[2].partition("\n")[0])
    assert {row["leg_id"] for row in found.unfinished} == {leg_id for leg_id, *_ in up}
    assert len(found.unfinished) == 10
    answered = {row["leg_id"] for row in found.unfinished if row["answered_at"]}
    assert {leg_id for leg_id, _, _, state in up if state == "ACTIVE"} == answered
    carrier = next(row for row in found.unfinished if row["session_number"] == 3)
    assert (carrier["gateway"], carrier["dialed_number"]) == ("carrier1", "+33698000055")
    assert carrier["last_alive_event"] == "CHANNEL_ANSWER"
    assert carrier["last_alive_at"] == dt.datetime(2026, 11, 22, 18, 37, 2, 779199)


def test_a_person_answers_for_each_call_a_dead_switch_left_that_would_have_been_billed(lab, stream):
    found = prove(lab, stream("sigkill/plain-subset.esl"), stream("encode-false/json-subset.esl"))
    billable = {row["session_number"] for row in found.unfinished if row["gateway"] and row["answered_at"]}
    assert 3 in billable
    assert len(billable) < len(found.unfinished)
    left = calls_left(lab.warehouse, Month(2026, 11))
    assert {row["row_key"] for row in left} == {f"{KILLED}/{number}" for number in billable}
    assert calls_left(lab.warehouse, Month(2026, 10)) == []


def test_a_leg_left_by_a_dead_switch_is_never_a_call_record(lab, stream):
    records = lab.take(stream("sigkill/plain-subset.esl"), stream("encode-false/json-subset.esl"))
    assert [row["session_number"] for row in records if row["boot_id"] == KILLED] == [1]


def test_a_switch_that_shut_down_left_nothing(lab, stream):
    (boot,) = prove(lab, stream("shutdown/plain-subset.esl")).boots
    assert (boot["died_of"], boot["landed_legs"], boot["expected_legs"]) == ("shutdown", 11, 11)


def test_a_session_heartbeat_is_the_last_proof_of_life(lab, long_call, stream):
    cut = without(long_call, 1)
    cut = [body for body in cut if not is_event(body, "HEARTBEAT")]
    # The other boot was two minutes earlier; here it is the switch started again an hour later.
    later = [(kind, body.replace(b"17953748", b"17953788")) for kind, body in stream("encode-false/json-subset.esl")]
    found = prove(lab, cut, later)
    (leg,) = [row for row in found.unfinished if row["boot_id"].startswith("7eedae01")]
    assert (leg["session_number"], leg["last_alive_event"]) == (1, "SESSION_HEARTBEAT")
    assert leg["last_alive_at"] == dt.datetime(2026, 11, 22, 19, 16, 2, 380002)


def test_an_idle_heartbeat_proves_that_a_hang_up_was_lost(lab, long_call):
    found = prove(lab, without(long_call, 2))
    assert brief(found.missing) == brief(found.unfinished) == [(2, "hangup_lost")]
    assert not found.boots[0]["is_complete"]


def test_a_heartbeat_that_counted_more_than_was_heard_bounds_the_tail(lab, short):
    at = 1_795_372_175_000_000
    found = prove(lab, [*short, heartbeat(short[0], 41, 2, at)])
    assert brief(found.missing)[2:] == [(40, "lost"), (41, "lost")]
    assert found.missing[-1]["latest_start_at"] == dt.datetime(2026, 11, 22, 18, 29, 35)


def test_a_leg_up_for_more_than_a_day_lost_its_hang_up(lab, short):
    a_day_later = 1_795_372_175_000_000 + 86_400_000_000
    found = prove(lab, [*short, heartbeat(short[0], 39, 2, a_day_later)])
    assert brief(found.missing) == [(38, "hangup_lost"), (39, "hangup_lost")]


def listing(*legs: str) -> Body:
    """The listener's note of the legs that are up."""
    return "note", orjson.dumps({"note": "channels", "row_count": len(legs), "rows": [{"uuid": leg} for leg in legs]})


CONNECTED: Body = ("note", b'{"note": "connected", "address": "x"}')
LISTED_US = 1_795_372_200_000_000
UP = ("6685fe9a-b39b-4962-8664-7aa9ee5ec6c3", "7a6749d8-50ca-4420-b84d-15dcde881774")


def prove_listed(lab: Lab, short: list[Body], listed: list[Body], minutes_later: int = 2) -> Completeness:
    """The twenty-two calls; a listing after them; a heartbeat so much later."""
    lab.write_segment(short)
    lab.write_segment([CONNECTED, heartbeat(short[0], 39, 2, LISTED_US), *listed], LISTED_US)
    later_us = LISTED_US + minutes_later * 60_000_000
    lab.write_segment([heartbeat(short[0], 39, 2, later_us)], later_us)
    lab.land()
    return write_completeness(lab.warehouse)


def test_a_leg_its_switch_does_not_list_any_more_lost_its_hang_up(lab, short):
    found = prove_listed(lab, short, [listing(UP[1])])
    assert brief(found.missing) == [(38, "hangup_lost"), (39, "in_progress")]


def test_a_listing_is_judged_once_a_hang_up_on_its_way_would_have_come(lab, short):
    found = prove_listed(lab, short, [listing()], minutes_later=0)
    assert brief(found.missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_leg_journalled_after_a_listing_had_begun_after_it_whatever_the_clocks_say(lab, short):
    # The listener's clock, or its lag, is half a minute ahead of the switch's: these legs began at 18:29:31.
    began = [body for body in short if is_event(body, None) and decode_event(*body).get("Unique-ID") in UP]
    found = prove_listed(lab, without(short, 38, 39, name=None), [listing(), *began])
    assert brief(found.missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_listing_of_another_journal_judges_no_leg(lab, short):
    # The switch was given another name: the old journal's numbers are higher than those of the new one.
    lab.write_segment([heartbeat(short[0], 0, 0, LISTED_US - 60_000_000)], LISTED_US - 60_000_000, switch="old")
    at = LISTED_US - 40_000_000
    lab.write_segment([CONNECTED, heartbeat(short[0], 0, 0, at), listing()], at, switch="old")
    lab.write_segment(short)
    lab.write_segment([heartbeat(short[0], 39, 2, LISTED_US + 120_000_000)], LISTED_US + 120_000_000)
    assert brief(prove(lab).missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_listing_a_minute_old_by_the_switch_s_clock_alone_is_not_judged(lab, short):
    lab.write_segment(short)
    ahead = heartbeat(short[0], 39, 2, LISTED_US + 120_000_000)
    lab.write_segment([CONNECTED, listing(), ahead], LISTED_US)
    assert brief(prove(lab).missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_listing_that_failed_proves_nothing(lab, short):
    found = prove_listed(lab, short, [("note", b'{"note": "channels", "error": "no list"}')])
    assert brief(found.missing) == [(38, "in_progress"), (39, "in_progress")]


def test_a_listing_is_of_the_boot_of_its_connection(lab, short, stream):
    lab.write_segment(short)
    # The switch starts again: its new boot lists no channel, and the old one's were left by a dead switch.
    later = [(kind, body.replace(b"17953748", b"17953788")) for kind, body in stream("encode-false/json-subset.esl")]
    lab.write_segment([short[-1], CONNECTED, listing(), *later], LISTED_US)
    lab.land()
    found = write_completeness(lab.warehouse)
    assert [row["explanation"] for row in found.missing if row["boot_id"] == SHORT] == ["left_by_dead_switch"] * 2


def test_a_day_on_which_a_boot_was_only_asked_for_its_channels_is_no_day_of_it(lab, short):
    tomorrow_us = LISTED_US + 86_400_000_000
    lab.write_segment(short)
    lab.write_segment([short[-1], CONNECTED, listing(*UP)], tomorrow_us)
    lab.land()
    assert len(write_completeness(lab.warehouse).boots) == 1
    assert lab.warehouse.read("select record_date from switch_days")["record_date"].to_pylist() == [DAY]


def test_being_listed_is_a_proof_of_life(lab, short, stream):
    prove_listed(lab, short, [listing(*UP)])
    later = [(kind, body.replace(b"17953748", b"17953788")) for kind, body in stream("encode-false/json-subset.esl")]
    found = prove(lab, later)
    assert {(row["last_alive_event"], row["last_alive_at"]) for row in found.unfinished} == {
        ("CHANNELS", dt.datetime(2026, 11, 22, 18, 30, 0, 2))
    }


def test_two_switches_that_say_one_name_are_two_by_their_journals(lab, short, stream):
    other = stream("encode-false/json-subset.esl")
    # They live side by side: what one says stands between what the other says.
    lab.write_segment([*short[:100]])
    lab.write_segment([(kind, body.replace(b"17953748", b"17953721")) for kind, body in other], switch="fs2")
    found = prove(lab, short[100:])
    assert [(boot["switch_name"], boot["died_of"], boot["lost_legs"]) for boot in found.boots] == [
        ("fs2", None, 0),
        ("fslab1", None, 0),
    ]


def test_a_switch_s_events_and_its_files_are_of_one_switch(lab, stream, shared):
    folder = shared / "freeswitch/captures/encode-false/json_cdr"
    files = [("cdr", path.read_bytes()) for path in sorted(folder.iterdir())]
    lab.write_segment(files, switch="fslab1.cdr")
    found = prove(lab, stream("encode-false/json-subset.esl"))
    assert [boot["switch_name"] for boot in found.boots] == ["fslab1"]


def test_calls_of_a_switch_that_never_came_back_are_left_once_others_outlived_it_by_a_day(lab, stream):
    found = prove(lab, stream("sigkill/plain-subset.esl"))
    assert {row["explanation"] for row in found.missing} == {"in_progress"}
    lives_on = changed(heartbeat(stream("encode-false/json-subset.esl")[0], 0, 0, LISTED_US + 90_000_000_000), {})
    lab.write_segment([lives_on], LISTED_US, switch="fs2")
    found = prove(lab)
    assert {row["explanation"] for row in found.missing} == {"left_by_dead_switch"}
    assert {boot["died_of"] for boot in found.boots} == {None, "silence"}
    assert len(found.unfinished) == 10


def test_legs_of_a_boot_heard_long_after_it_began_are_lost_since_then(lab, short, stream):
    prove(lab, short)
    at = LISTED_US + 13 * 86_400_000_000
    uptime = {"Uptime-msec": str(12 * 86_400_000)}
    found = prove(lab, [changed(heartbeat(stream("encode-false/json-subset.esl")[0], 7, 0, at), uptime)])
    lost = [row for row in found.missing if row["explanation"] == "lost"]
    assert {(row["month"], row["last_month"], row["earliest_start_at"]) for row in lost} == {
        ("2026-11", "2026-12", dt.datetime(2026, 11, 23, 18, 30))
    }


def test_process_cdr_false_is_counted_and_is_no_loss(lab, short):
    prove(lab, short)
    (day,) = lab.warehouse.read("select * from switch_days").to_pylist()
    assert (day["hangups"], day["heard_only"], day["files_suppressed"]) == (37, 37, 1)


def test_only_days_whose_segments_changed_are_read_again(lab, short):
    prove(lab, short[:50])
    assert refresh_switch_days(lab.warehouse) == []
    before = lab.files("switch_days", "cdr_completeness", "missing_legs", "unfinished_legs")
    write_completeness(lab.warehouse)
    assert lab.files("switch_days", "cdr_completeness", "missing_legs", "unfinished_legs") == before
    lab.write_segment(short[50:])
    lab.land()
    assert refresh_switch_days(lab.warehouse) == [DAY]


@pytest.fixture
def configured() -> list[Body]:
    """A switch that ran our configuration: leg 196 was refused for its password, a gateway that was down took 200."""
    data = lzma.decompress((TELEPHONY_CAPTURES / "configured.esl.xz").read_bytes())
    frames = [item for item in FrameParser().feed(data) if isinstance(item, Frame)]
    return [(EVENT_KINDS[f.content_type], f.body) for f in frames if f.content_type in EVENT_KINDS]


def test_a_number_taken_by_a_gateway_that_was_down_is_said_to_be_that_and_keeps_no_month_open(lab, configured):
    found = prove(lab, configured)
    assert brief(found.missing) == [(200, "gateway_down")]
    (boot,) = found.boots
    assert (boot["gateway_down_legs"], boot["lost_legs"], boot["is_complete"]) == (1, 0, True)


def test_a_leg_lost_beside_a_gateway_that_was_down_is_still_counted(lab, configured):
    found = prove(lab, without(configured, 199, name=None))
    assert [why for _, why in brief(found.missing)] == ["gateway_down", "lost"]
    assert not found.boots[0]["is_complete"]


def test_without_the_callers_word_a_gateways_number_is_lost(lab, configured):
    mute = [changed(body, {"variable_carriers_tried": None}) for body in configured]
    assert brief(prove(lab, mute).missing) == [(200, "lost")]


def test_a_leg_refused_for_its_password_is_counted_and_is_no_error(lab, configured):
    (boot,) = prove(lab, configured).boots
    assert lab.warehouse.files("rejected_events") == []
    (day,) = lab.warehouse.read("select hangups, refused_legs from switch_days").to_pylist()
    assert (day["hangups"], day["refused_legs"]) == (boot["landed_legs"] - 1, 1)
    lab.rebuild()
    assert len(lab.records()) == day["hangups"]


def test_a_hang_up_that_lacks_its_start_for_another_reason_is_still_an_error(lab, configured):
    maimed = alter(configured, {"variable_start_uepoch": None}, variable_session_id="197")
    prove(lab, maimed)
    (rejected,) = lab.warehouse.read("select reason from rejected_events").to_pylist()
    assert "variable_start_uepoch" in rejected["reason"]
