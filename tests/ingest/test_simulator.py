"""Simulated months as the platform will read them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from domain.calendar import Month, instant_from_micros, local_date
from domain.errors import PermanentError
from ingest.esl_protocol import decode_event
from ingest.event_journal import read_segment, sealed_segments
from ingest.simulator import (
    Destination,
    Forward,
    SimulatedCustomer,
    SimulatedNumber,
    SimulatedQueue,
    SimulatedWorld,
    simulate,
)

OCTOBER = Month(2026, 10)
RECORDING = Path(__file__).parents[2] / "seeds" / "recorded_calls" / "twenty-two-calls.esl"
CENTRE = SimulatedCustomer(
    "acct-1001",
    "Centre d'Appels Imaginaire",
    tuple(SimulatedNumber(f"+3319900000{digit}") for digit in range(4)),
    120,
    (Destination("+4477009", 5, 1), Destination("+3363998", 4, 9)),
    incoming_percent=50,
    queues=(SimulatedQueue("ventes", "+33199000001", ("alice", "bob")),),
    forwards=(Forward("+33199000002", "+33639981234"),),
    campaigns=("Relance été",),
)
NEWCOMER = SimulatedCustomer(
    "acct-1002",
    "Cabinet",
    (SimulatedNumber("+33199000009", dt.date(2026, 10, 12)),),
    40,
    (Destination("+3363998", 4, 1),),
)
WORLD = SimulatedWorld((CENTRE, NEWCOMER), RECORDING)


def digest(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def october(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    return folder, simulate(WORLD, [OCTOBER], folder, seed=7)


@pytest.fixture(scope="module")
def records(october):
    readings = [read_segment(segment) for segment in sealed_segments(october[0])]
    assert [damage for reading in readings for damage in reading.damage] == []
    return [record for reading in readings for record in reading.records]


@pytest.fixture(scope="module")
def events(records):
    return [decode_event(record.kind, record.body) for record in records]


@pytest.fixture(scope="module")
def hangups(events):
    return {event["Unique-ID"]: event for event in events if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"}


def root_legs(hangups):
    return [leg for leg in hangups.values() if int(leg["variable_session_id"]) and leg["Call-Direction"] == "inbound"]


def test_the_same_world_and_seed_give_the_same_bytes(october, tmp_path):
    simulate(WORLD, [OCTOBER], tmp_path, seed=7)
    assert digest(tmp_path) == digest(october[0])


def test_another_seed_gives_another_month(october, tmp_path):
    simulate(WORLD, [OCTOBER], tmp_path, seed=8)
    assert not {*digest(tmp_path).values()} & {
        value for name, value in digest(october[0]).items() if name.endswith((".esl", ".json"))
    }


def test_a_month_does_not_depend_on_the_months_before(october, tmp_path):
    simulate(WORLD, [OCTOBER.previous, OCTOBER], tmp_path, seed=7)
    records = [record for segment in sealed_segments(tmp_path) for record in read_segment(segment).records]
    alone = [record for segment in sealed_segments(october[0]) for record in read_segment(segment).records]
    assert records[-len(alone) :] == alone


def test_the_counts_are_those_of_the_journal(october, events, hangups):
    _, result = october
    assert result.events == len(events)
    assert result.legs == len(hangups)
    assert result.calls == len(root_legs(hangups)) == result.shapes.total()
    assert result.segments == 31
    assert len(result.shapes) == 12  # every kind of call happened


def test_the_boot_shuts_down_with_its_month(events):
    last = events[-1]
    assert last["Event-Name"] == "SHUTDOWN"
    end = dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC)
    assert 0 < int(end.timestamp()) * 1_000_000 - int(last["Event-Date-Timestamp"]) < 10_000
    assert "SHUTDOWN" not in {event["Event-Name"] for event in events[:-1]}


def test_sessions_count_without_a_gap_within_the_boot(events, hangups):
    assert sorted(int(leg["variable_session_id"]) for leg in hangups.values()) == list(range(1, len(hangups) + 1))
    assert len({event["Core-UUID"] for event in events}) == 1


def test_each_leg_is_created_and_hung_up_once_and_answered_when_its_hang_up_says_so(events, hangups):
    seen = Counter(
        (event["Event-Name"], event["Unique-ID"])
        for event in events
        if event["Event-Name"] not in ("CUSTOM", "SHUTDOWN")
    )
    assert set(seen.values()) == {1}
    for leg, hangup in hangups.items():
        assert ("CHANNEL_CREATE", leg) in seen
        assert (("CHANNEL_ANSWER", leg) in seen) == (hangup["variable_answer_uepoch"] != "0")


def test_every_call_begins_and_ends_within_its_month_and_a_segment_is_a_local_day(october, records):
    assert all(OCTOBER.start_at < instant_from_micros(record.received_us) < OCTOBER.end_at for record in records)
    for segment in sealed_segments(october[0]):
        days = {local_date(instant_from_micros(record.received_us)) for record in read_segment(segment).records}
        assert len(days) == 1


def test_records_stand_in_the_order_of_their_events(records, events):
    assert [record.received_us for record in records] == sorted(record.received_us for record in records)
    assert all(
        record.received_us - int(event["Event-Date-Timestamp"]) == 1_500
        for record, event in zip(records, events, strict=True)
    )


def test_durations_are_what_the_stamps_say(hangups):
    for leg in hangups.values():
        answer, end = int(leg["variable_answer_uepoch"]), int(leg["variable_end_uepoch"])
        assert int(leg["variable_billusec"]) == (end - answer if answer else 0)
        assert int(leg["variable_billsec"]) == (end // 10**6 - answer // 10**6 if answer else 0)
        assert int(leg["variable_start_uepoch"]) <= (answer or end) <= end


def test_the_two_legs_differ_by_up_to_60_ms_in_most_calls(hangups):
    apart = [
        abs(int(leg["variable_billusec"]) - int(hangups[str(leg["variable_originator"])]["variable_billusec"]))
        for leg in hangups.values()
        if leg.get("variable_originator") in hangups and leg["variable_billusec"] != "0"
    ]
    assert len(apart) > 1000
    assert max(apart) < 60_100
    assert 0.65 < sum(difference > 1_000 for difference in apart) / len(apart) < 0.85


def test_stamps_sit_on_a_20_ms_grid(hangups):
    phases = Counter(int(leg["variable_end_uepoch"]) % 20_000 for leg in hangups.values())
    assert max(phases) - min(phases) <= 60 or len(phases) <= 61


def test_queue_members_carry_the_wait_a_queue_kpi_needs(hangups):
    members = [leg for leg in hangups.values() if leg.get("variable_cc_side") == "member"]
    served = [leg for leg in members if "variable_cc_queue_answered_epoch" in leg]
    left = [leg for leg in members if "variable_cc_queue_canceled_epoch" in leg]
    assert len(served) + len(left) == len(members) > 100
    assert {leg["variable_cc_queue"] for leg in members} == {"ventes@acct-1001"}
    assert {leg["variable_cc_agent"] for leg in served} == {"alice@acct-1001", "bob@acct-1001"}
    assert {leg["variable_cc_cancel_reason"] for leg in left} == {"BREAK_OUT"}
    for leg in served:
        assert int(leg["variable_cc_queue_joined_epoch"]) <= int(leg["variable_cc_queue_answered_epoch"])
    for leg in left:
        assert int(leg["variable_cc_queue_joined_epoch"]) < int(leg["variable_cc_queue_canceled_epoch"])


def test_a_queue_s_times_agree_between_its_events_and_the_hang_up(events, hangups):
    for event in events:
        if event.get("CC-Action") == "member-queue-end" and event["CC-Cause"] == "Terminated":
            leg = hangups[event["CC-Member-Session-UUID"]]
            assert event["CC-Member-Joined-Time"] == leg["variable_cc_queue_joined_epoch"]
            assert event["CC-Agent-Answered-Time"] == leg["variable_cc_queue_answered_epoch"]


def test_a_forwarded_call_leaves_again_to_the_forward_s_number(hangups):
    out = [leg for leg in hangups.values() if leg["Caller-Destination-Number"] == "+33639981234"]
    assert out
    for leg in out:
        assert leg["variable_sip_gateway_name"] == "carrier1"
        assert hangups[leg["variable_originator"]]["Caller-Destination-Number"] == "+33199000002"


def test_an_unanswered_call_tells_the_truth_on_its_other_leg_only(hangups):
    unanswered = [leg for leg in hangups.values() if leg["Hangup-Cause"] == "NO_ANSWER"]
    assert unanswered
    for leg in unanswered:
        root = hangups[leg["variable_originator"]]
        assert root["Hangup-Cause"] == "NORMAL_CLEARING"
        assert root["variable_originate_disposition"] == "NO_ANSWER"
        assert root["variable_answer_uepoch"] == "0"


def test_a_campaign_is_on_both_legs_of_its_calls(hangups):
    in_campaign = [leg for leg in hangups.values() if leg.get("variable_campaign") == "Relance été"]
    assert len(in_campaign) > 500
    for leg in in_campaign:
        assert leg["variable_export_vars"].endswith(",campaign")
        if "variable_originator" in leg:
            assert hangups[leg["variable_originator"]]["variable_campaign"] == "Relance été"


def test_a_number_not_in_use_yet_neither_calls_nor_is_called(hangups):
    days = [
        local_date(instant_from_micros(int(leg["variable_start_uepoch"])))
        for leg in hangups.values()
        if leg.get("variable_account_id") == "acct-1002"
    ]
    assert min(days) == dt.date(2026, 10, 12)


def test_most_calls_are_made_in_business_hours(hangups):
    hours = Counter(
        (instant_from_micros(int(leg["variable_start_uepoch"])) + dt.timedelta(hours=2)).hour
        for leg in hangups.values()
    )
    assert sum(hours[hour] for hour in range(8, 19)) > 0.9 * hours.total()


def test_whole_events_have_the_keys_of_the_recording(tmp_path):
    small = SimulatedCustomer("acct-1", "Un", (SimulatedNumber("+33199000001"),), 3, (Destination("+3363998", 4, 1),))
    world = SimulatedWorld((small,), RECORDING, lean=False)
    simulate(world, [OCTOBER], tmp_path, seed=1)
    (first, *_) = sealed_segments(tmp_path)
    sizes = [len(record.body) for record in read_segment(first).records if b"HANGUP_COMPLETE" in record.body[:60]]
    assert min(sizes) > 6_000


def test_progress_is_told_by_day(tmp_path):
    told = []
    simulate(SimulatedWorld((), RECORDING), [OCTOBER, OCTOBER.next], tmp_path, 1, lambda *done: told.append(done))
    assert told == [(day, 61) for day in range(1, 62)]


def test_a_month_simulated_twice_into_one_journal_is_refused(october):
    with pytest.raises(PermanentError, match=r"fssim1 would have two pasts"):
        simulate(WORLD, [OCTOBER.next, OCTOBER], october[0], seed=7)


def test_another_month_may_be_added(october, tmp_path):
    simulate(WORLD, [OCTOBER], tmp_path, seed=7)
    simulate(WORLD, [OCTOBER.next], tmp_path, seed=7)
    assert len(sealed_segments(tmp_path)) == 61
