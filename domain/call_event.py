"""A switch event to the typed fields billing needs, or the reason it cannot be read.

Kept are CHANNEL_CREATE (a leg as it began), CHANNEL_ANSWER, SESSION_HEARTBEAT (it is still up),
CHANNEL_HANGUP_COMPLETE (the billing event, once per leg), CUSTOM callcenter::info, and of the switch itself
HEARTBEAT and SHUTDOWN. The others say nothing a bill, a proof of completeness or a KPI needs.
Field meanings: FACTS.md, "The billing event", "Legs", "Queues".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from domain.calendar import instant_from_micros, local_date
from domain.errors import BadInput

HANGUP = "CHANNEL_HANGUP_COMPLETE"
CREATE = "CHANNEL_CREATE"
CHANNEL_EVENTS = frozenset({CREATE, "CHANNEL_ANSWER", "SESSION_HEARTBEAT", HANGUP})
# Of no leg. CHANNELS is no event: the legs that are up, as the switch answered the listener.
CHANNELS = "CHANNELS"
# Nor is REFUSED: the hang-up of a leg refused for its password, which never began and says no start and no end.
REFUSED = "CHANNEL_REFUSED"
SWITCH_EVENTS = frozenset({"HEARTBEAT", "SHUTDOWN", CHANNELS})
QUEUE_SUBCLASS = "callcenter::info"
EVENT_STAMP = "Event-Date-Timestamp"

MICROS_PER_HOUR = 3_600_000_000
# Stamps outside 2001-2100 come from a clock that was never set, or from another unit.
EARLIEST_MICROS = 1_000_000_000_000_000
LATEST_MICROS = 4_102_444_800_000_000

EventMapping = Mapping[str, str | list[str]]
Value = str | int | None
# The values of EVENT_COLUMNS: local day, event name, event stamp, then one for each of FIELDS.
EventValues = tuple[dt.date, str, int, *tuple[Value, ...]]


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
        "Member left unserved (queue events: left), in epoch seconds.",
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
)
FIELDS = IDENTITY + DETAILS
# What ``read_event`` returns, in order.
EVENT_COLUMNS = ("record_date", "event_name", "event_micros", *(field.column for field in FIELDS))

_CHANNEL_HEADERS = tuple(field.header for field in FIELDS)
_QUEUE_HEADERS = (*(field.header for field in IDENTITY), *(field.queue_header or "" for field in DETAILS))
_INTEGERS = tuple((i, field.header) for i, field in enumerate(FIELDS) if field.type == "integer")
_QUEUE_INTEGERS = tuple((i, f.queue_header or f.header) for i, f in enumerate(FIELDS) if f.type == "integer")
_COUNTS = tuple((i, field.header) for i, field in enumerate(FIELDS) if field.type == "count")
_PLAIN = frozenset({str, type(None)})
_BOOT, _LEG = (_CHANNEL_HEADERS.index(header) for header in ("Core-UUID", "Unique-ID"))
_CAUSE, _DIRECTION = (_CHANNEL_HEADERS.index(header) for header in ("Hangup-Cause", "Call-Direction"))
_START, _ANSWER, _END = (_CHANNEL_HEADERS.index(f"variable_{stamp}_uepoch") for stamp in ("start", "answer", "end"))


def read_event(event: EventMapping) -> EventValues | None:
    """The values of ``EVENT_COLUMNS``, or None for an event billing does not keep.

    A value that is an array counts by its first element, an empty one as absent.

    Raises:
        BadInput: the event is one of those kept but cannot be read; the message is the reason.
    """
    name = event.get("Event-Name")
    if name in CHANNEL_EVENTS:
        values = _texts(event, _CHANNEL_HEADERS)
        integers = _INTEGERS
    elif name == "CUSTOM" and event.get("Event-Subclass") == QUEUE_SUBCLASS:
        values = _texts(event, _QUEUE_HEADERS)
        values[_LEG] = values[_LEG] or _text(event.get("CC-Member-Session-UUID"))
        integers = _QUEUE_INTEGERS
    elif name in SWITCH_EVENTS:
        values = _switch_counts(event)
        integers = ()
    elif name is None:
        raise BadInput("no Event-Name")
    else:
        return None
    if values[_BOOT] is None:
        raise BadInput("no Core-UUID")
    for index, header in integers:
        if values[index] is not None:
            values[index] = _number(values[index], header)
    event_micros = _stamp(_number(_text(event.get(EVENT_STAMP)), EVENT_STAMP), EVENT_STAMP)
    if name in CHANNEL_EVENTS and values[_LEG] is None:
        raise BadInput("no Unique-ID")
    if name == HANGUP and _is_refused(values):
        name = REFUSED
    moment = _check_hangup(values) if name == HANGUP else event_micros
    return (_local_date(moment), str(name), event_micros, *values)


def _switch_counts(event: EventMapping) -> list[Value]:
    """An event of the switch itself: who it is, and its counts."""
    values = _texts(event, _CHANNEL_HEADERS)
    for index, header in _COUNTS:
        values[index] = None if values[index] is None else _digits(values[index], header)
    return values


def _is_refused(values: list[Value]) -> bool:
    """A caller turned away before the dialplan. Any other hang-up without a start is one that cannot be read."""
    stamps = (values[_START], values[_ANSWER], values[_END])
    return stamps == (None, None, None) and (values[_CAUSE], values[_DIRECTION]) == ("CALL_REJECTED", "inbound")


def _check_hangup(values: list[Value]) -> int:
    """A hang-up's stamps must follow one another. Returns the instant it counts at: answer, else end."""
    start = _stamp(values[_START], "variable_start_uepoch")
    end = _stamp(values[_END], "variable_end_uepoch")
    if values[_ANSWER] is None:
        if end < start:
            raise BadInput(f"the leg ended ({end}) before it began ({start})")
        return end
    answer = _stamp(values[_ANSWER], "variable_answer_uepoch")
    if not start <= answer <= end:
        raise BadInput(f"a leg begun at {start} and ended at {end} was not answered at {answer}")
    return answer


def _texts(event: EventMapping, headers: tuple[str, ...]) -> list[Value]:
    """The values of headers. The usual case, plain texts and absences, stays out of Python's own loop."""
    found: list[Any] = list(map(event.get, headers))
    if _PLAIN.issuperset(map(type, found)) and "" not in found:
        return found
    return [_text(value) for value in found]


def _text(value: str | list[str] | None) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value or None


def _number(value: Value, header: str) -> int | None:
    """Digits to an integer; 0 is FreeSWITCH's word for "never" in every field read here."""
    return None if value is None else _digits(value, header) or None


def _digits(value: Value, header: str) -> int:
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise BadInput(f"{header} is {value!r}, not a number")
    return int(value)


def _stamp(value: Value, header: str) -> int:
    if not isinstance(value, int):
        raise BadInput(f"no {header}")
    if not EARLIEST_MICROS <= value < LATEST_MICROS:
        raise BadInput(f"{header} is {value}: not microseconds of a day between 2001 and 2100")
    return value


def _local_date(micros: int) -> dt.date:
    return _local_date_of_hour(micros // MICROS_PER_HOUR)


@lru_cache(maxsize=4096)
def _local_date_of_hour(hour: int) -> dt.date:
    """Paris is a whole number of hours from UTC, so an hour of UTC has one local date."""
    return local_date(instant_from_micros(hour * MICROS_PER_HOUR))
