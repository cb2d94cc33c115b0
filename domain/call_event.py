"""A switch event to the typed fields billing needs, or the reason it cannot be read.

Kept are CHANNEL_CREATE (a leg as it began), CHANNEL_ANSWER, SESSION_HEARTBEAT (it is still up),
CHANNEL_HANGUP_COMPLETE (the billing event, once per leg), CUSTOM callcenter::info, and of the switch itself
HEARTBEAT and SHUTDOWN. The others say nothing a bill, a proof of completeness or a KPI needs.
Field meanings: FACTS.md, "The billing event", "Legs", "Queues".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from domain.calendar import instant_from_micros, local_date
from domain.errors import BadInput
from domain.event_fields import DETAILS, FIELDS, IDENTITY

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
