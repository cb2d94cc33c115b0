"""Whose call, which leg, how it ended: the traps of FACTS.md, on the recorded calls."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from domain.inventory import Assignment, NumberInventory
from tests.assets.cdr.lab import DAY, Body, Lab, Row, alter, call, changed, hangup, is_event

INTL, FORWARDED, TRANSFERRED, FORKED = "+442079460018", "+33170181040", "+33170181070", "+33170181050"
QUEUED, ABANDONED, BUSY = "+33170181020", "+33170181021", "+33698000486"
A_DAY_US = 86_400_000_000


def by_side(records: list[Row]) -> tuple[Row, Row]:
    """The A and the B leg of a call with two legs."""
    a_leg, b_leg = sorted(records, key=lambda row: row["leg_side"])
    assert (a_leg["leg_side"], b_leg["leg_side"]) == ("A", "B")
    assert b_leg["originating_leg_id"] == b_leg["call_id"] == a_leg["call_id"] == a_leg["leg_id"]
    return a_leg, b_leg


def test_a_customers_call_is_an_internal_leg_and_an_outgoing_carrier_leg_that_bills(lab, short):
    phone, carrier = by_side(lab.take(call(short, INTL)))
    assert (phone["direction"], phone["is_carrier_leg"], phone["is_billable"]) == ("internal", False, False)
    assert (carrier["direction"], carrier["is_carrier_leg"], carrier["is_billable"]) == ("outgoing", True, True)
    assert (carrier["origin_number"], carrier["origin_country"], carrier["origin_number_type"]) == (
        "+33170181001",
        "FR",
        "fixed",
    )
    assert (carrier["destination_number"], carrier["destination_country"], carrier["destination_number_type"]) == (
        INTL,
        "GB",
        "fixed",
    )
    assert carrier["customer_id"] == phone["customer_id"] == "acct-1001"


def dial(bodies: list[Body], number: str) -> list[Body]:
    """The same call to another number, as a telephone dials it."""
    dialled = {"Caller-Destination-Number": number, "variable_sip_req_user": number, "variable_sip_to_user": number}
    return [changed(body, dialled) for body in bodies]


@pytest.mark.parametrize(
    ("dialled", "called_digits", "is_billable"),
    [
        (INTL, "442079460018", True),
        ("0698000111", "33698000111", True),
        ("0692123456", "262692123456", True),
        ("118712", "FR118712", True),
        ("3639", "FR3639", True),
        ("+331023", "FR1023", True),
        ("0892123456", "33892123456", True),
        ("112", "FR112", False),
        ("116000", "FR116000", False),
        ("3114", "FR3114", False),
        ("0800123456", "33800123456", False),
        ("*99*", None, True),
        ("+18005551234", "18005551234", True),
    ],
)
def test_a_call_to_a_number_free_to_the_caller_bills_nothing_and_a_short_number_has_digits_to_rate(
    lab, short, dialled, called_digits, is_billable
):
    _, carrier = by_side(lab.take(dial(call(short, INTL), dialled)))
    assert (carrier["called_digits"], carrier["is_billable"]) == (called_digits, is_billable)
    assert carrier["billed_seconds"] == 4


def test_a_call_is_direct_unless_a_forward_a_campaign_or_a_carrier_made_it(lab, short):
    phone, carrier = by_side(lab.take(call(short, INTL)))
    assert (phone["call_category"], carrier["call_category"]) == ("direct", "direct")


def test_a_campaigns_carrier_leg_says_so(lab, short):
    phone, carrier = by_side(lab.take(alter(call(short, INTL), {"variable_campaign": "autumn"})))
    assert (phone["call_category"], carrier["call_category"]) == ("direct", "campaign")


def test_a_forward_is_forwarded_even_from_a_number_of_a_campaign(lab, short):
    incoming, outgoing = by_side(lab.take(alter(call(short, FORWARDED), {"variable_campaign": "autumn"})))
    assert (incoming["call_category"], outgoing["call_category"]) == ("incoming", "forwarded")


def test_times_are_exact_and_utc(lab, short):
    _, carrier = by_side(lab.take(call(short, INTL)))
    assert carrier["started_at"] == dt.datetime(2026, 11, 22, 18, 29, 23, 658911)
    assert carrier["answered_at"] == dt.datetime(2026, 11, 22, 18, 29, 23, 978932)
    assert carrier["ended_at"] == dt.datetime(2026, 11, 22, 18, 29, 27, 18913)
    assert (carrier["talk_micros"], carrier["ring_micros"]) == (3_039_981, 320_021)
    assert (carrier["record_date"], carrier["month"]) == (DAY, "2026-11")


def test_a_forwarded_call_bills_its_carrier_leg_once_to_the_owner_of_the_number_dialled(lab, short):
    incoming, outgoing = by_side(lab.take(call(short, FORWARDED)))
    assert (incoming["direction"], incoming["is_billable"]) == ("incoming", False)
    assert (outgoing["direction"], outgoing["is_billable"]) == ("outgoing", True)
    assert outgoing["caller_number"] == "+33639980001"
    assert (outgoing["origin_number"], outgoing["customer_id"]) == (FORWARDED, "acct-1001")
    assert outgoing["destination_number"] == "+33698001234"
    assert (incoming["origin_number"], incoming["destination_number"]) == ("+33639980001", FORWARDED)


def test_a_transferred_did_leg_keeps_the_number_that_was_dialled(lab, short):
    incoming, agent = by_side(lab.take(call(short, TRANSFERRED)))
    assert (incoming["direction"], incoming["dialed_number"]) == ("incoming", TRANSFERRED)
    assert (agent["direction"], agent["dialed_number"]) == ("internal", "agent-alice")
    assert [incoming["customer_id"], agent["customer_id"]] == ["acct-1001"] * 2
    assert not incoming["is_billable"]
    assert not agent["is_billable"]


@pytest.mark.parametrize("rdnis", [FORWARDED, "7001"], ids=["once", "twice"])
def test_a_did_leg_that_ended_looking_outbound_is_not_billed_beside_the_real_carrier_leg(lab, short, rdnis):
    bodies = alter(
        call(short, FORWARDED),
        {
            "Caller-Destination-Number": "+33698001234",
            "Caller-RDNIS": rdnis,
            "variable_transfer_history": "1795372168:x:bl_xfer:+33698001234/public/XML",
            "variable_call_direction": "outbound",
            "variable_accountcode": "acct-1002",
        },
        Call_Direction="inbound",
    )
    incoming, outgoing = by_side(lab.take(bodies))
    assert (incoming["direction"], incoming["dialed_number"], incoming["is_billable"]) == ("incoming", FORWARDED, False)
    assert incoming["customer_id"] == outgoing["customer_id"] == "acct-1001"
    assert (outgoing["is_billable"], outgoing["origin_number"]) == (True, FORWARDED)


def test_the_number_dialled_is_found_without_the_request_uri(lab, short):
    """From the leg's creation, or, when that was not heard, from RDNIS."""
    transferred = {"variable_sip_req_user": None, "variable_sip_to_user": None}
    bodies = [changed(body, transferred) for body in call(short, TRANSFERRED)]
    incoming, _ = by_side(lab.take(bodies))
    assert incoming["dialed_number"] == TRANSFERRED


def test_rdnis_gives_the_number_dialled_when_the_creation_was_not_heard(lab, short):
    transferred = {"variable_sip_req_user": None, "variable_sip_to_user": None}
    bodies = [changed(b, transferred) for b in call(short, TRANSFERRED) if is_event(b, "CHANNEL_HANGUP_COMPLETE")]
    incoming, _ = by_side(lab.take(bodies))
    assert (incoming["dialed_number"], incoming["customer_id"]) == (TRANSFERRED, "acct-1001")


def test_a_transferred_outgoing_leg_keeps_the_number_it_called(lab, short):
    bodies = alter(
        call(short, INTL),
        {"Caller-Destination-Number": "7001", "Caller-RDNIS": INTL, "variable_transfer_history": "x"},
        Call_Direction="outbound",
    )
    _, carrier = by_side(lab.take(bodies))
    assert (carrier["destination_number"], carrier["is_billable"]) == (INTL, True)


def test_a_deflected_leg_is_a_call_that_came_in_and_ended(lab, short):
    bodies = alter(call(short, "+33170181030"), {"Hangup-Cause": "BLIND_TRANSFER"})
    (incoming,) = lab.take(bodies)
    assert (incoming["direction"], incoming["disposition"]) == ("incoming", "answered")
    assert (incoming["hangup_cause"], incoming["is_billable"]) == ("BLIND_TRANSFER", False)


def test_of_a_fork_one_leg_is_answered_and_the_other_lost_the_race(lab, short):
    records = lab.take(call(short, FORKED))
    assert [(row["dialed_number"], row["disposition"]) for row in records] == [
        (FORKED, "answered"),
        ("agent-0000", "cancelled"),
        ("agent-bob", "answered"),
    ]
    assert {row["call_id"] for row in records} == {records[0]["leg_id"]}
    assert not any(row["is_billable"] for row in records)


def test_of_a_fork_to_two_mobiles_the_answered_one_alone_is_billed(lab, short):
    bodies = alter(call(short, FORKED), {"variable_sip_gateway_name": "carrier1"}, Call_Direction="outbound")
    records = lab.take(bodies)
    assert [row["is_carrier_leg"] for row in records] == [True, True, True]
    assert [(row["dialed_number"], row["billed_seconds"]) for row in records if row["is_billable"]] == [
        ("agent-bob", 2)
    ]


def test_a_failed_first_carrier_is_not_billed_beside_the_second(lab, short):
    bodies = call(short, INTL)
    outgoing = hangup(bodies, "outbound")
    failed = changed(
        outgoing,
        {
            "Unique-ID": "00000000-0000-4000-8000-000000000001",
            "variable_sip_gateway_name": "carrier0",
            "variable_answer_uepoch": "0",
            "Hangup-Cause": "NORMAL_TEMPORARY_FAILURE",
            "variable_sip_invite_failure_status": "503",
        },
    )
    records = lab.take([failed, *bodies])
    carriers = {row["gateway"]: (row["disposition"], row["is_billable"]) for row in records if row["is_carrier_leg"]}
    assert carriers == {"carrier0": ("failed", False), "carrier1": ("answered", True)}


def test_legs_are_linked_by_originator_whatever_channel_call_uuid_says(lab, short):
    bodies = [changed(body, {"Channel-Call-UUID": "somebody-else"}) for body in call(short, INTL)]
    phone, carrier = by_side(lab.take(bodies))
    assert carrier["call_id"] == phone["leg_id"]


def test_a_queues_agent_leg_is_linked_to_the_member_it_serves(lab, short):
    member, agent = by_side(lab.take(call(short, QUEUED)))
    assert (member["queue_name"], member["agent_name"]) == ("support@acct-1001", "alice@acct-1001")
    assert member["queue_joined_at"] == dt.datetime(2026, 11, 22, 18, 29, 26)
    assert member["queue_answered_at"] == dt.datetime(2026, 11, 22, 18, 29, 27)
    assert member["queue_left_at"] is None
    assert member["disposition"] == "answered"
    assert (agent["queue_name"], agent["agent_name"]) == ("support@acct-1001", "alice@acct-1001")
    assert agent["queue_joined_at"] is None
    assert agent["customer_id"] == "acct-1001"
    assert agent["account_code"] is None


def test_a_caller_who_left_the_queue_unserved_abandoned_it(lab, short):
    member, agent = by_side(lab.take(call(short, ABANDONED)))
    assert (member["queue_name"], member["disposition"]) == ("night@acct-1001", "abandoned_in_queue")
    assert member["queue_left_at"] - member["queue_joined_at"] == dt.timedelta(seconds=2)
    assert (member["queue_answered_at"], member["agent_name"]) == (None, None)
    assert (agent["disposition"], agent["agent_name"]) == ("cancelled", "nobody@acct-1001")


def test_a_queue_agent_reached_on_a_mobile_is_billed_to_the_owner_of_the_number_dialled(lab, short):
    mobile = {"variable_sip_gateway_name": "carrier1", "Caller-Destination-Number": "+33698000001"}
    bodies = alter(call(short, QUEUED), mobile, Call_Direction="outbound")
    _, agent = by_side(lab.take(bodies))
    assert (agent["is_billable"], agent["customer_id"], agent["origin_number"]) == (True, "acct-1001", QUEUED)


def test_a_call_through_loopback_has_four_legs_and_bills_one(lab, short):
    """DID -> loopback-a | loopback-b -> carrier: the halves are linked by other_loopback_leg_uuid."""
    bodies = call(short, FORWARDED)
    incoming, outgoing = hangup(bodies, "inbound"), hangup(bodies, "outbound")
    did_leg = "fc058749-bc89-4150-8792-f8be8bc54708"
    no_gateway: dict[str, str | None] = {"variable_sip_gateway_name": None, "variable_sofia_profile_name": None}
    loopback_a = changed(
        outgoing,
        {**no_gateway, "Unique-ID": "loop-a", "Channel-Name": "loopback/x-a", "variable_loopback_leg": "A"},
    )
    loopback_b = changed(
        outgoing,
        {
            "Unique-ID": "loop-b",
            "Call-Direction": "inbound",
            "Channel-Name": "loopback/+33698001234-b",
            "variable_loopback_leg": "B",
            "variable_other_loopback_leg_uuid": "loop-a",
            "variable_originator": None,
            "variable_originating_leg_uuid": None,
            **no_gateway,
        },
    )
    carrier = changed(outgoing, {"variable_originator": "loop-b", "variable_originating_leg_uuid": "loop-b"})
    records = lab.take([carrier, loopback_b, loopback_a, incoming])
    assert {row["call_id"] for row in records} == {did_leg}
    (billed,) = [row for row in records if row["is_billable"]]
    assert (billed["customer_id"], billed["origin_number"]) == ("acct-1001", FORWARDED)
    assert [row["direction"] for row in records if row["leg_id"].startswith("loop")] == ["internal", "internal"]


@pytest.mark.parametrize(
    "told",
    [
        {"variable_originate_disposition": "NO_USER_RESPONSE"},
        {"variable_originate_disposition": None, "variable_last_bridge_hangup_cause": "NO_USER_RESPONSE"},
        {
            "variable_originate_disposition": None,
            "variable_last_bridge_hangup_cause": None,
            "variable_sip_invite_failure_status": "480",
        },
        {
            "variable_originate_disposition": None,
            "variable_last_bridge_hangup_cause": None,
            "variable_sip_invite_failure_status": None,
        },
    ],
    ids=["originate_disposition", "last_bridge_hangup_cause", "sip_invite_failure_status", "the B leg"],
)
def test_on_480_the_a_leg_says_normal_clearing_and_is_still_not_answered(lab, short, told):
    b_leg = {"Hangup-Cause": "NO_USER_RESPONSE", "variable_sip_invite_failure_status": "480"}
    bodies = alter(call(short, BUSY), b_leg, Call_Direction="outbound")
    bodies = alter(bodies, {"Hangup-Cause": "NORMAL_CLEARING", **told}, Call_Direction="inbound")
    phone, carrier = by_side(lab.take(bodies))
    assert (phone["disposition"], phone["hangup_cause"]) == ("no_answer", "NORMAL_CLEARING")
    assert (carrier["disposition"], carrier["sip_status"]) == ("no_answer", 480)
    assert (phone["billed_seconds"], carrier["billed_seconds"]) == (0, 0)


def test_busy_unallocated_cancelled_and_unrouted_calls_say_so(lab, short):
    lab.take(short)
    told = {
        dialed: {(row["disposition"], row["sip_status"]) for row in lab.records(f"dialed_number = '{dialed}'")}
        for dialed in (BUSY, "+33698000404", "+33698000000", "*99*", "+33170181032", "+33170181099")
    }
    assert told == {
        BUSY: {("busy", 486)},
        "+33698000404": {("failed", 404)},
        "+33698000000": {("cancelled", 487)},
        "*99*": {("failed", None)},
        "+33170181032": {("busy", None)},
        "+33170181099": {("failed", None)},
    }


def test_a_call_without_a_cdr_file_has_its_record(lab, short):
    """process_cdr=false suppresses the json_cdr file, not the event."""
    (incoming,) = lab.take(call(short, "+33170181083"))
    assert incoming["disposition"] == "answered"


def test_a_leg_answered_and_ended_on_the_same_tick_bills_one_second(lab, short):
    same_tick = {"variable_end_uepoch": "1795372163978932"}
    _, carrier = by_side(lab.take(alter(call(short, INTL), same_tick, Call_Direction="outbound")))
    assert (carrier["billed_seconds"], carrier["talk_micros"], carrier["is_billable"]) == (1, 0, True)


# Whose number it was


def moved(number: str, on: dt.date) -> NumberInventory:
    """The number was ctr-old's until ``on``, then ctr-new's."""
    return NumberInventory(
        [
            Assignment(number, "ctr-old", "acct-old", dt.date(2026, 1, 1), on),
            Assignment(number, "ctr-new", "acct-new", on),
        ]
    )


@pytest.mark.parametrize(("on", "contract"), [(DAY, "ctr-new"), (DAY + dt.timedelta(1), "ctr-old")])
def test_a_number_that_moved_is_whoevers_it_was_on_the_calls_own_day(lab, short, on, contract):
    lab.sources = replace(lab.sources, inventory=moved("+33170181001", on))
    _, carrier = by_side(lab.take(call(short, INTL)))
    assert carrier["contract_id"] == contract


def test_a_call_of_a_number_nobody_has_stays_billable_and_nobodys(lab, short):
    lab.sources = replace(lab.sources, inventory=NumberInventory([]))
    _, carrier = by_side(lab.take(call(short, INTL)))
    assert (carrier["is_billable"], carrier["customer_id"], carrier["contract_id"]) == (True, None, None)
    assert carrier["account_code"] == "acct-1001"
    assert carrier["origin_number"] == "+33170181001"


def test_a_withheld_caller_number_is_found_by_ani_then_by_the_sip_from_user(lab, short):
    hidden = {"Caller-Caller-ID-Number": "anonymous"}
    bodies = [changed(body, hidden) for body in call(short, INTL)]
    _, carrier = by_side(lab.take(bodies))
    assert (carrier["caller_number"], carrier["origin_number"]) == ("anonymous", "+33170181001")
    assert carrier["customer_id"] == "acct-1001"


def test_a_number_written_nationally_is_the_same_number(lab, short):
    bodies = [
        changed(body, {"Caller-Caller-ID-Number": "0170181001", "Caller-ANI": None, "variable_sip_from_user": None})
        for body in call(short, INTL)
    ]
    _, carrier = by_side(lab.take(bodies))
    assert (carrier["customer_id"], carrier["origin_number"]) == ("acct-1001", "+33170181001")


def test_an_unknown_did_is_nobodys_and_never_its_callers(lab, short):
    inventory = NumberInventory([Assignment("+33639980001", "ctr-caller", "acct-caller", dt.date(2026, 1, 1))])
    lab.sources = replace(lab.sources, inventory=inventory)
    _, outgoing = by_side(lab.take(call(short, FORWARDED)))
    assert (outgoing["is_billable"], outgoing["customer_id"]) == (True, None)


def test_a_customers_call_to_another_customer_who_sends_it_on_is_paid_by_that_one(lab, short):
    """As i_fwd, but called from a customer's phone (internal profile): the forwarder pays the mobile leg."""
    from_phone = {
        "variable_sofia_profile_name": "internal",
        "Channel-Name": "sofia/internal/+33170182001@lab.invalid",
        "Caller-Caller-ID-Number": "+33170182001",
        "Caller-ANI": "+33170182001",
        "variable_sip_from_user": "+33170182001",
    }
    bodies = alter(call(short, FORWARDED), from_phone, event=None, Call_Direction="inbound")
    phone, carrier = by_side(lab.take(bodies))
    assert (phone["direction"], phone["customer_id"]) == ("internal", "acct-1002")
    assert (carrier["customer_id"], carrier["origin_number"]) == ("acct-1001", FORWARDED)
    assert carrier["call_category"] == "forwarded"


def test_a_click_to_call_leg_has_no_originator_and_is_billed_by_its_caller_number(lab, short):
    (outgoing,) = [
        body for body in call(short, INTL) if is_event(body, "CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound")
    ]
    alone = {"variable_originator": None, "variable_originating_leg_uuid": None, "Other-Leg-Unique-ID": None}
    (record,) = lab.take([changed(outgoing, alone)])
    assert (record["leg_side"], record["call_id"]) == ("A", record["leg_id"])
    assert (record["is_billable"], record["customer_id"]) == (True, "acct-1001")


# Legs told of late, twice, or not at all


def test_a_forwards_owner_is_found_when_only_the_carrier_legs_hang_up_was_heard(lab, short):
    (outgoing,) = [
        body for body in call(short, FORWARDED) if is_event(body, "CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound")
    ]
    (record,) = lab.take([outgoing])
    assert (record["customer_id"], record["origin_number"]) == ("acct-1001", FORWARDED)


def test_a_forwards_owner_is_found_from_a_creation_two_days_before(lab, short):
    bodies = [b for b in call(short, FORWARDED) if not is_event(b, "CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound")]
    create = next(body for body in bodies if is_event(body, "CHANNEL_CREATE", Call_Direction="inbound"))
    outgoing = hangup(bodies, "outbound")
    two_days_before = {"Event-Date-Timestamp": str(1_795_372_168_178_934 - 2 * A_DAY_US)}
    unknown = {"Other-Leg-Unique-ID": None}
    (record,) = lab.take([changed(create, two_days_before)], [changed(outgoing, unknown)])
    assert (record["customer_id"], record["origin_number"]) == ("acct-1001", FORWARDED)


def test_two_hang_ups_of_a_leg_make_one_record_of_the_earlier(lab, short):
    (outgoing,) = [
        body for body in call(short, INTL) if is_event(body, "CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound")
    ]
    later = changed(outgoing, {"variable_end_uepoch": "1795372199018913", "Event-Date-Timestamp": "1795372199018913"})
    (record,) = lab.take([later], [outgoing], [outgoing])
    assert record["billed_seconds"] == 4


def test_a_leg_told_of_on_two_days_counts_on_the_first(lab, short):
    (outgoing,) = [
        body for body in call(short, INTL) if is_event(body, "CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound")
    ]
    next_day = changed(
        outgoing,
        {
            "variable_answer_uepoch": str(1_795_372_163_978_932 + A_DAY_US),
            "variable_end_uepoch": str(1_795_372_167_018_913 + A_DAY_US),
        },
    )
    (record,) = lab.take([next_day], [outgoing])
    assert record["record_date"] == DAY


def test_the_same_leg_id_of_two_boots_is_two_legs(lab, short):
    bodies = call(short, INTL)
    other_boot = [changed(body, {"Core-UUID": "another-boot"}) for body in bodies]
    records = lab.take(bodies + other_boot)
    assert [row["boot_id"] == "another-boot" for row in records].count(True) == 2
    assert sum(row["is_billable"] for row in records) == 2


def test_a_record_file_is_sorted_by_when_its_legs_counted(lab: Lab, short):
    lab.take(short)
    rows = lab.warehouse.read("select coalesce(answered_at, ended_at) as at, boot_id, leg_id from call_detail_records")
    keys = [tuple(row.values()) for row in rows.to_pylist()]
    assert keys == sorted(keys)
