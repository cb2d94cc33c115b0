"""How a leg turned out."""

from __future__ import annotations

import pytest

from domain.call import LegEnd, disposition


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (LegEnd(True, "NORMAL_CLEARING"), "answered"),
        (LegEnd(True, "SYSTEM_SHUTDOWN"), "answered"),
        (LegEnd(False, "USER_BUSY", sip_status=486), "busy"),
        (LegEnd(False, "UNALLOCATED_NUMBER", sip_status=404), "failed"),
        (LegEnd(False, "ORIGINATOR_CANCEL", sip_status=487), "cancelled"),
        (LegEnd(False, "LOSE_RACE", sip_status=487), "cancelled"),
        (LegEnd(False, "NO_USER_RESPONSE", sip_status=480), "no_answer"),
        (LegEnd(False, "ALLOTTED_TIMEOUT", sip_status=487), "no_answer"),
        (LegEnd(False, "SYSTEM_SHUTDOWN", sip_status=487), "failed"),
        (LegEnd(False, "BLIND_TRANSFER"), "cancelled"),
        (LegEnd(False, "NORMAL_CLEARING"), "no_answer"),
        (LegEnd(False, None), "no_answer"),
    ],
)
def test_a_leg_turns_out_as_its_own_words_say(end, expected):
    assert disposition(end) == expected


@pytest.mark.parametrize(
    "told_by",
    [
        {"originate_disposition": "NO_USER_RESPONSE"},
        {"originate_disposition": "SUCCESS", "last_bridge_hangup_cause": "NO_ANSWER"},
        {"sip_status": 480},
        {"sip_status": 408},
        {"far_cause": "NO_ANSWER"},
    ],
)
def test_on_no_answer_the_a_leg_says_normal_clearing_and_the_truth_stands_elsewhere(told_by):
    assert disposition(LegEnd(False, "NORMAL_CLEARING", **told_by)) == "no_answer"


def test_what_a_leg_says_of_its_far_end_goes_before_the_far_end_itself():
    end = LegEnd(False, "NORMAL_CLEARING", originate_disposition="USER_BUSY", far_cause="NO_ANSWER")
    assert disposition(end) == "busy"


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_member_who_left_unserved_abandoned_the_queue_though_the_switch_answered(is_answered):
    assert disposition(LegEnd(is_answered, "NORMAL_CLEARING", queue_cause="cancel")) == "abandoned_in_queue"


def test_a_member_an_agent_took_is_an_answered_call():
    assert disposition(LegEnd(True, "NORMAL_CLEARING", queue_cause="answered")) == "answered"
