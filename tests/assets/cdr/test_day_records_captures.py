"""Each real carrier call of the captures is billed once, and no other leg is.

The calls are those of ``actions.log``. The expected seconds are worked out by hand from the answer and
end stamps of the carrier (B) leg's CHANNEL_HANGUP_COMPLETE, written here as microseconds of the hour.
"""

from __future__ import annotations

import datetime as dt

import pytest

from domain.rating import billed_seconds
from tests.assets.cdr.lab import STREAMS

# capture, label in actions.log, carrier leg's number dialled, answer, end, billed seconds, customer.
BILLED = [
    # Answered in full: 3.039981 s.
    ("short", "o_intl", "+442079460018", 1_795_372_163_978_932, 1_795_372_167_018_913, 4, "acct-1001"),
    # 2.039994 s.
    ("short", "o_accent", "+33698000003", 1_795_372_164_278_912, 1_795_372_166_318_906, 3, "acct-1002"),
    # 0.759941 s; its A leg was answered 20 ms later (0.739954 s).
    ("short", "o_special", "+14155550101", 1_795_372_164_578_960, 1_795_372_165_338_901, 1, "acct-1002"),
    # 1.519991 s, hung up by the callee.
    ("short", "o_calleebye", "+33698000111", 1_795_372_164_878_926, 1_795_372_166_398_917, 2, "acct-1001"),
    # 0.220007 s: a second begun is due.
    ("short", "o_subsec", "+33698000112", 1_795_372_164_878_926, 1_795_372_165_098_933, 1, "acct-1001"),
    # 1.259989 s, forwarded to a mobile by the owner of the number dialled, who pays (its A leg: 1.239991 s).
    ("short", "i_fwd", "+33698001234", 1_795_372_168_498_924, 1_795_372_169_758_913, 2, "acct-1001"),
    # 0.739949 s, a caller name that is not UTF-8.
    ("short", "o_latin1", "+33199000019", 1_795_372_169_698_959, 1_795_372_170_438_908, 1, "acct-1002"),
    # x_up was still up when the captures closed: no hang-up, nothing to bill yet.
    # 2.039987 s.
    ("mini", "o_accent", "+33698000003", 1_795_372_224_178_928, 1_795_372_226_218_915, 3, "acct-1002"),
    # 2.059970 s; billsec said 2.
    ("encode-false", "o_accent", "+33698000003", 1_795_374_844_939_063, 1_795_374_846_999_033, 3, "acct-1002"),
    # 4.160012 s: the switch was shut down during the call (listed as "channels up", +33698000055).
    ("shutdown", "x_up", "+33698000055", 1_795_372_573_348_449, 1_795_372_577_508_461, 5, "acct-1001"),
    # sigkill: its one hang-up is an IVR call; what was up when the switch died left no event.
]


@pytest.fixture
def recorded(lab, stream):
    """All five captures through one installation."""
    return lab.take(*(stream(name) for name in STREAMS))


def test_there_is_one_record_for_each_hang_up(recorded):
    assert len(recorded) == sum(STREAMS.values()) == 79


def test_the_carrier_calls_answered_are_billed_and_no_other_leg_is(recorded):
    billed = [row for row in recorded if row["is_billable"]]
    assert sorted(
        (row["dialed_number"], row["answered_at"], row["ended_at"], row["billed_seconds"], row["customer_id"])
        for row in billed
    ) == sorted(
        (dialed, utc(answer), utc(end), seconds, customer) for _, _, dialed, answer, end, seconds, customer in BILLED
    )
    assert {row["contract_id"] for row in billed} == {"ctr-1001-1", "ctr-1002-1"}
    assert all(row["gateway"] == "carrier1" and row["direction"] == "outgoing" for row in billed)


@pytest.mark.parametrize("call", BILLED, ids=lambda call: f"{call[0]}/{call[1]}")
def test_the_hand_worked_seconds_are_those_of_the_rating_rule(call):
    _, _, _, answer, end, seconds, _ = call
    assert billed_seconds(answer, end) == seconds


@pytest.mark.parametrize("capture", ["short", "mini", "encode-false"])
def test_each_billed_call_has_its_place_in_actions_log(lab, stream, placed, capture):
    """Its root leg began less than 200 ms after the call was placed, between the same two numbers."""
    records = {row["leg_id"]: row for row in lab.take(stream(f"{capture}/json-subset.esl"))}
    roots = [records[row["call_id"]] for row in records.values() if row["is_billable"]]
    calls = placed(capture)
    labels = []
    for root in sorted(roots, key=lambda row: row["session_number"]):
        (label,) = [
            label
            for label, (placed_us, caller, dialed) in calls.items()
            if (root["caller_number"], root["dialed_number"]) == (caller, dialed)
            and dt.timedelta() <= root["started_at"] - utc(placed_us) < dt.timedelta(milliseconds=200)
        ]
        labels.append(label)
    assert labels == [label for name, label, *_ in BILLED if name == capture]


def test_every_call_placed_is_a_call_of_the_records(lab, stream, placed):
    """Twenty-two calls were placed; the one still up has no record yet."""
    records = lab.take(stream("short/json-subset.esl"))
    roots = {(row["caller_number"], row["dialed_number"]) for row in records if row["leg_side"] == "A"}
    calls = {(caller, dialed) for label, (_, caller, dialed) in placed("short").items() if label != "x_up"}
    assert len(calls) == 21
    assert roots == calls


def utc(micros: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros)
