"""A switch that ran this configuration: its own words, and what the platform makes of them."""

from __future__ import annotations

import datetime as dt
import lzma
import re
from pathlib import Path

import pytest

from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser, decode_event
from tests.assets.cdr.lab import Lab

CAPTURES = Path(__file__).parent / "captures"
HANGUP = "CHANNEL_HANGUP_COMPLETE"


class Capture:
    """What the switch said while calls were placed, one after the other."""

    def __init__(self, name):
        items = FrameParser().feed(lzma.decompress((CAPTURES / f"{name}.esl.xz").read_bytes()))
        frames = [item for item in items if isinstance(item, Frame)]
        assert len(frames) == len(items), "the stream is whole"
        kinds = [(EVENT_KINDS.get(frame.content_type), frame.body) for frame in frames]
        self.bodies = [(kind, body) for kind, body in kinds if kind]
        hangups = [
            event for event in map(decode_event, *zip(*self.bodies, strict=True)) if event["Event-Name"] == HANGUP
        ]
        self.legs = sorted(hangups, key=lambda event: int(str(event["variable_session_id"])))
        log = (CAPTURES / f"{name}.actions.log").read_text()
        lines = re.findall(r"^(\d+)\.(\d+) place (\S+)", log, re.MULTILINE)
        self.placed = {label: int(seconds + millis) * 1000 for seconds, millis, label in lines}

    def of_call(self, label):
        """The legs of a call, by session number: those that began after it was placed and before the next one was."""
        begins = self.placed[label]
        ends = min((at for at in self.placed.values() if at > begins), default=1 << 62)
        return [leg for leg in self.legs if begins <= int(str(leg.get("variable_start_uepoch", 0))) < ends]


@pytest.fixture(scope="module")
def configured():
    return Capture("configured")


@pytest.fixture(scope="module")
def help_and_hidden():
    return Capture("help")


@pytest.fixture(scope="module")
def attended():
    return Capture("attended")


@pytest.fixture
def bodies(configured):
    return configured.bodies


@pytest.fixture
def legs(configured):
    return configured.legs


@pytest.fixture
def of_call(configured):
    return configured.of_call


def said(leg, *names):
    return tuple(leg.get(f"variable_{name}") for name in names)


def test_every_leg_but_a_refused_one_says_whose_it_is(legs):
    """FACTS.md: queue agents' legs had no account, and B legs had what the A leg exported and no more."""
    born = [leg for leg in legs if "variable_start_uepoch" in leg]
    assert {said(leg, "account_id", "accountcode") for leg in born} == {("acct-1001", "acct-1001")}
    assert all(said(leg, "call_direction") != (None,) for leg in born)


def test_the_carriers_leg_has_gateway_direction_type_and_campaign(of_call):
    a_leg, b_leg = of_call("o_campaign")
    assert said(b_leg, "sip_gateway_name", "sofia_profile_name") == ("carrier1", "external")
    for leg in (a_leg, b_leg):
        assert said(leg, "call_direction", "number_type", "campaign") == ("outbound", "mobile", "rentree")
        assert leg["Caller-Caller-ID-Number"] == "+33170181031"


def test_a_forwarded_call_has_a_direction_for_each_leg(of_call):
    a_leg, b_leg = of_call("i_forward")
    assert (said(a_leg, "call_direction"), said(b_leg, "call_direction")) == (("inbound",), ("outbound",))
    assert b_leg["Caller-Caller-ID-Number"] == "+33639980001"


def test_a_leg_sent_on_by_refer_keeps_its_direction_and_number(of_call):
    a_leg, agent, b_leg = of_call("i_refer")
    assert said(a_leg, "call_direction", "sip_req_user") == ("inbound", "+33170181010")
    assert "/customer-acct-1001/XML" in a_leg["variable_transfer_history"]
    assert said(agent, "call_direction", "sofia_profile_name") == ("inbound", "internal")
    assert said(b_leg, "call_direction", "sip_gateway_name") == ("outbound", "carrier1")
    assert b_leg["Caller-Caller-ID-Number"] == "+33170181010"


def test_an_agents_leg_has_account_and_campaign(of_call):
    member, agent = of_call("i_campaign_queue")
    assert said(member, "cc_side", "cc_agent", "cc_cause") == ("member", "alice@acct-1001", "answered")
    assert said(agent, "cc_side", "account_id", "campaign") == ("agent", "acct-1001", "rentree")


def test_a_suspended_customer_is_refused_by_name_and_still_helped(of_call):
    (refused,) = of_call("o_suspended")
    assert (refused["Hangup-Cause"], refused["variable_hangup_cause_q850"]) == ("OUTGOING_CALL_BARRED", "52")
    assert said(refused, "call_direction", "account_id") == ("outbound", "acct-1001")
    (forwarded,) = of_call("i_suspended_forward")
    assert forwarded["Hangup-Cause"] == "OUTGOING_CALL_BARRED"
    helped, carrier = of_call("o_suspended_112")
    assert said(helped, "number_type") == said(carrier, "number_type") == ("emergency",)
    assert int(carrier["variable_billusec"]) > 0
    called, telephone = of_call("i_suspended")
    assert int(called["variable_billusec"]) > 0 < int(telephone["variable_billusec"])


def test_session_numbers_are_missing_only_where_a_carrier_was_down(legs):
    """A gateway that is down takes a number and leaves no leg; the caller's leg says so."""
    numbers = [int(leg["variable_session_id"]) for leg in legs]
    missing = set(range(numbers[0], numbers[-1] + 1)) - set(numbers)
    down = sum(str(leg.get("variable_carriers_tried", "")).count("=GATEWAY_DOWN") for leg in legs)
    assert len(missing) == down == 1


def test_a_call_with_a_wrong_password_is_a_leg_without_start_or_number(legs):
    (refused,) = [leg for leg in legs if "variable_start_uepoch" not in leg]
    assert refused["Hangup-Cause"] == "CALL_REJECTED"
    assert "Caller-Destination-Number" not in refused
    assert "variable_end_uepoch" not in refused


def test_each_answered_carrier_call_is_billed_once_to_its_number_and_no_other_leg(tmp_path, bodies):
    records = Lab(tmp_path).take(bodies)
    billed = [
        (record["origin_number"], record["destination_number"] or record["dialed_number"], record["campaign"])
        for record in records
        if record["is_billable"]
    ]
    assert billed == [
        ("+33170181031", "+33639981113", "rentree"),
        ("+33170181001", "+33639981114", None),
        ("+33170181010", "+33639981114", None),
        ("+33170181040", "+33639981234", None),
    ]
    (helped,) = [record for record in records if record["dialed_number"] == "112" and record["is_carrier_leg"]]
    assert (helped["disposition"], helped["called_digits"], helped["is_billable"]) == ("answered", "FR112", False)
    forwards = [r for r in records if r["call_category"] == "forwarded" and r["is_billable"]]
    campaigns = [r for r in records if r["call_category"] == "campaign" and r["is_billable"]]
    assert [r["origin_number"] for r in forwards] == ["+33170181010", "+33170181040"]  # a transfer and a forward
    assert [r["origin_number"] for r in campaigns] == ["+33170181031"]
    assert {record["customer_id"] for record in records if record["is_billable"]} == {"acct-1001"}
    assert {record["record_date"] for record in records} == {dt.date(2026, 11, 22)}
    incoming = [record for record in records if record["direction"] == "incoming"]
    assert [record["dialed_number"] for record in incoming] == [
        "+33170181010", "+33170181040", "+33170181031", "+33170181040", "+33170181001",
    ]  # fmt: skip


def test_a_call_sent_on_to_help_stays_incoming_and_keeps_who_called(help_and_hidden):
    a_leg, agent, b_leg = help_and_hidden.of_call("i_refer112")
    assert said(a_leg, "call_direction", "number_type") == ("inbound", "fixed")
    assert a_leg["Caller-Caller-ID-Number"] == "+33639980001"
    assert said(agent, "call_direction") == ("inbound",)
    assert said(b_leg, "call_direction", "number_type", "sip_gateway_name") == ("outbound", "emergency", "carrier1")
    assert b_leg["Caller-Caller-ID-Number"] == "+33170181010", "help is given the number whose address is known"


def test_a_hidden_number_is_in_the_call_record_and_on_no_telephone(help_and_hidden):
    for call in ("i_hidden", "i_hidden_queue"):
        a_leg, telephone = help_and_hidden.of_call(call)
        assert (a_leg["Caller-Caller-ID-Number"], a_leg["Caller-Privacy-Hide-Number"]) == ("+33639980009", "true")
        assert "+33639980009" not in telephone["variable_sip_full_from"]


def test_help_that_a_carrier_refuses_is_asked_of_the_next(help_and_hidden):
    a_leg, refused, helped = help_and_hidden.of_call("o_help_refused")
    assert said(a_leg, "carriers_tried") == ("carrier1=CALL_REJECTED ",)
    assert (refused["Hangup-Cause"], int(helped["variable_billusec"]) > 0) == ("CALL_REJECTED", True)
    assert said(helped, "sip_gateway_name", "number_type") == ("carrier2", "emergency")


def test_who_called_and_who_was_called_are_in_the_records_of_help_and_of_hidden_calls(tmp_path, help_and_hidden):
    records = Lab(tmp_path).take(help_and_hidden.bodies)
    incoming = [
        (r["caller_number"], r["dialed_number"], r["customer_id"]) for r in records if r["direction"] == "incoming"
    ]
    assert incoming == [
        ("+33639980001", "+33170181010", "acct-1001"),
        ("+33639980009", "+33170181010", "acct-1001"),
        ("+33639980009", "+33170181020", "acct-1001"),
    ]
    helped = [r for r in records if r["is_carrier_leg"] and r["direction"] == "outgoing"]
    assert [(r["dialed_number"], r["disposition"]) for r in helped] == [
        ("112", "answered"), ("18", "failed"), ("18", "answered"),
    ]  # fmt: skip
    assert not any(r["is_billable"] for r in records)


def test_callees_a_telephone_joins_are_billed_each_once_to_their_own_end_from_its_number(tmp_path, attended):
    """After REFER with Replaces the switch gives the legs it joined another caller: a callee, a colleague by name."""
    joined = [leg for label in attended.placed for leg in attended.of_call(label) if said(leg, "sip_gateway_name")[0]]
    assert {leg["Caller-Caller-ID-Number"] for leg in joined} == {"+33639981111", "alice"}
    billed = [record for record in Lab(tmp_path).take(attended.bodies) if record["is_billable"]]
    assert sorted((r["origin_number"], r["destination_number"], r["customer_id"]) for r in billed) == [
        ("+33170181001", "+33639981111", "acct-1001"),
        ("+33170181001", "+33639982222", "acct-1001"),
        ("+33170181001", "+33639982222", "acct-1001"),
    ]
    # They talked for three seconds after the telephone that joined them was gone.
    assert all(record["billed_seconds"] >= 4 for record in billed)
