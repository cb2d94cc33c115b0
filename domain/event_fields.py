"""The fields of a switch's event that billing, a proof of completeness or a KPI needs: columns of ``call_events``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Field:
    """A column of ``call_events``: where its value stands in a channel event and in a queue event."""

    column: str
    header: str
    description: str
    # "count": an integer whose 0 is a number; everywhere else it is FreeSWITCH's word for "never".
    type: Literal["text", "integer", "count"] = "text"
    queue_header: str | None = None


IDENTITY = (
    Field("boot_id", "Core-UUID", "Which start of the switch: FreeSWITCH's Core-UUID."),
    Field("switch_name", "FreeSWITCH-Switchname", "Name of the switch."),
    Field(
        "leg_id",
        "Unique-ID",
        "The leg's Unique-ID; for a queue event without one, the waiting member's. "
        "Null for queue events about no leg (an agent's state, a count).",
    ),
)
MICROS = "in microseconds since 1970, UTC"
DETAILS = (
    Field("session_number", "variable_session_id", "The boot's counter of legs: proves completeness.", "integer"),
    Field("start_micros", "variable_start_uepoch", f"When the leg began, {MICROS}.", "integer"),
    Field("answer_micros", "variable_answer_uepoch", f"When it was answered, {MICROS}; null if never.", "integer"),
    Field("end_micros", "variable_end_uepoch", f"When it ended, {MICROS}.", "integer"),
    Field("call_direction", "Call-Direction", "inbound or outbound, as the switch sees the leg."),
    Field("channel_name", "Channel-Name", "sofia/<profile>/<address>, loopback/..."),
    Field("profile_name", "variable_sofia_profile_name", "SIP profile of the leg."),
    Field("gateway_name", "variable_sip_gateway_name", "Carrier gateway an outbound leg left through."),
    Field("originator", "variable_originator", "Leg that originated this one."),
    Field("originating_leg_uuid", "variable_originating_leg_uuid", "Leg that originated this one, said again."),
    Field("loopback_leg", "variable_loopback_leg", "A or B for the two halves of a loopback channel."),
    Field("other_loopback_leg_uuid", "variable_other_loopback_leg_uuid", "The other half of a loopback channel."),
    Field("caller_id_number", "Caller-Caller-ID-Number", "Caller number as presented."),
    Field("ani", "Caller-ANI", "Caller number as identified."),
    Field("sip_from_user", "variable_sip_from_user", "User of the SIP From."),
    Field("destination_number", "Caller-Destination-Number", "Where the leg goes now: a transfer overwrites it."),
    Field("rdnis", "Caller-RDNIS", "Where it went before its last transfer."),
    Field("sip_req_user", "variable_sip_req_user", "User of the INVITE's request URI: what was dialled."),
    Field("sip_to_user", "variable_sip_to_user", "User of the SIP To."),
    Field("transfer_history", "variable_transfer_history", "First transfer of the leg, null if none."),
    Field("other_leg_id", "Other-Leg-Unique-ID", "The other leg, as this leg knew it."),
    Field("other_leg_direction", "Other-Leg-Direction", "Its direction."),
    Field("other_leg_channel_name", "Other-Leg-Channel-Name", "Its channel name."),
    Field("other_leg_caller_id_number", "Other-Leg-Caller-ID-Number", "Its caller number."),
    Field("other_leg_ani", "Other-Leg-ANI", "Its caller number as identified."),
    Field("other_leg_rdnis", "Other-Leg-RDNIS", "Where it went before its last transfer."),
    Field("other_leg_destination_number", "Other-Leg-Destination-Number", "Where it went."),
    Field("account_code", "variable_accountcode", "Account the dialplan set on this leg."),
    Field("account_id", "variable_account_id", "Account the dialplan exported."),
    Field("campaign", "variable_campaign", "Campaign the dialplan set."),
    Field("hangup_cause", "Hangup-Cause", "Why the leg ended.", queue_header="CC-Hangup-Cause"),
    Field("originate_disposition", "variable_originate_disposition", "How the legs it originated fared."),
    Field("last_bridge_hangup_cause", "variable_last_bridge_hangup_cause", "Why the last bridged leg ended."),
    Field("sip_invite_failure_status", "variable_sip_invite_failure_status", "SIP status that refused it.", "integer"),
    Field("sip_term_status", "variable_sip_term_status", "SIP status that ended it.", "integer"),
    Field("cc_side", "variable_cc_side", "member or agent."),
    Field(
        "cc_member_session_uuid",
        "variable_cc_member_session_uuid",
        "Leg of the member an agent leg serves.",
        queue_header="CC-Member-Session-UUID",
    ),
    Field("cc_queue", "variable_cc_queue", "Queue, as the switch says it.", queue_header="CC-Queue"),
    Field("cc_agent", "variable_cc_agent", "Agent, as the switch says it.", queue_header="CC-Agent"),
    Field("cc_cause", "variable_cc_cause", "How the wait ended.", queue_header="CC-Cause"),
    Field("cc_cancel_reason", "variable_cc_cancel_reason", "Why it was cancelled.", queue_header="CC-Cancel-Reason"),
    Field(
        "cc_joined_epoch",
        "variable_cc_queue_joined_epoch",
        "Member joined, epoch seconds.",
        "integer",
        "CC-Member-Joined-Time",
    ),
    Field(
        "cc_answered_epoch",
        "variable_cc_queue_answered_epoch",
        "Agent answered, epoch seconds.",
        "integer",
        "CC-Agent-Answered-Time",
    ),
    Field(
        "cc_left_epoch",
        "variable_cc_queue_canceled_epoch",
        "Member left unserved (queue events: left), epoch seconds.",
        "integer",
        "CC-Member-Leaving-Time",
    ),
    Field("cc_action", "CC-Action", "What happened in the queue.", queue_header="CC-Action"),
    Field("cc_agent_state", "CC-Agent-State", "An agent's new state.", queue_header="CC-Agent-State"),
    Field("carriers_tried", "variable_carriers_tried", "Carriers in trouble before the last: carrier1=GATEWAY_DOWN."),
    Field("process_cdr", "variable_process_cdr", "false: the switch writes no CDR file of this leg."),
    Field("legs_counted", "Session-Since-Startup", "Heartbeats: the boot's legs so far.", "count"),
    Field("legs_in_progress", "Session-Count", "Heartbeats: legs up at that moment.", "count"),
    Field("legs_up", "Legs-Up", "Listings of channels: ids of the legs that were up, separated by spaces."),
    Field("uptime_millis", "Uptime-msec", "Heartbeats: milliseconds since the boot began.", "count"),
)
FIELDS = IDENTITY + DETAILS
