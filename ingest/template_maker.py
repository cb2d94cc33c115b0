"""Makes call templates out of a recording: finds a call's ids, people and instants, and puts slots there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

from domain.errors import PermanentError
from ingest.call_template import SECOND, CallTemplate, EventTemplate, Instant, Shape, Slot, escaped
from ingest.esl_protocol import EVENT_KINDS, EventValue, Frame, FrameParser, decode_text

TICK_MICROS = 20_000  # FreeSWITCH's stamps sit on a 20 ms grid
GROUP_MICROS = 100_000  # instants closer than this are steps of one thing happening
KEPT_EVENTS = {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "CUSTOM"}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MICROS = re.compile(r"\d{16}")
SECONDS = r"(?<!\d)\d{10}(?!\d)"
# Media, codecs, SIP routing and what repeats another header: nothing a bill or a KPI reads.
BULKY = re.compile(
    r"variable_(?:Event-|rtp_|switch_|ep_|remote_|local_|advertised_|original_|dtmf|digits|max_f|DP_|hold|resurrect|last_[shma]"
    r"|read_|write_|recovery|sofia_profile_url|endpoint|signal|current|profile_|call_uuid|originated_legs|bridge_[cu]"
    r"|sip_(?:via|full|recover|contact|received|network|local|reply|outgoing|cseq|destination|invite_stamp|\w+_(?:host|port|ur[il]|tag)$)"
    r"|\w*_(?:stamp|codec|codec_\w+|media_flow)$|(?!bill)\w*m?sec$|mduration|progress|DIALSTATUS|uuid$|direction$)"
    r"|(?:Caller|Other-Leg)-(?:Privacy|Screen|Username|Dialplan|Logical|Orig|Callee|Network|Source|Profile|Channel-\w+-\w+)"
    r"|Other-Leg-Context|Caller-(?:Direction|Unique|Channel)|Channel-(?:Read|Write|HIT|Call|State)|Presence|FreeSWITCH-IP"
    r"|Event-Calling|Event-Date-(?:Local|GMT)"
)
# Durations by header: from which stamp to which, cut to which unit (microseconds).
SPANS = {
    "duration": ("start", "end"),
    "bill": ("answer", "end"),
    "progress": ("start", "progress"),
    "answer": ("start", "answer"),
    "wait": ("start", "bridge"),
    "progress_media": ("start", "progress_media"),
    "flow_bill": ("start", "end"),
}
DURATIONS = {
    f"variable_{prefix}duration" if name == "duration" else f"variable_{name}{prefix}sec": (begin, end, unit)
    for name, (begin, end) in SPANS.items()
    for prefix, unit in (("", SECOND), ("m", 1000), ("u", 1))
}

Header = list[tuple[str, EventValue]]


def load_templates(recording: Path, shapes: Iterable[Shape], *, lean: bool) -> dict[str, CallTemplate]:
    """The shapes' calls out of a recording, by name. ``lean`` leaves the bulky headers out.

    Raises:
        PermanentError: the recording has no such call.
    """
    events = recorded_events(recording.read_bytes())
    return {shape.name: TemplateMaker(shape, events, lean=lean).make() for shape in shapes}


def recorded_events(data: bytes) -> list[Header]:
    """The json events of a stream that the simulation keeps: headers in order, duplicates included."""
    frames = [item for item in FrameParser().feed(data) if isinstance(item, Frame)]
    bodies = [frame.body for frame in frames if EVENT_KINDS.get(frame.content_type) == "json"]
    events: list[Header] = [json.loads(decode_text(body), object_pairs_hook=list) for body in bodies]
    return [event for event in events if dict(event)["Event-Name"] in KEPT_EVENTS]


class TemplateMaker:
    """One recorded call, and the slots found in it so far."""

    def __init__(self, shape: Shape, events: list[Header], *, lean: bool) -> None:
        self.shape, self.lean = shape, lean
        self.legs = self._legs(events)
        self.events = [self._changed(event) for event in events if self.leg(dict(event)) is not None]
        self.recorded = sorted({int(str(value)) for event in self.events for _, value in event if is_micros(value)})
        gaps = pairwise(self.recorded)
        self.group_starts = [self.recorded[0], *(later for earlier, later in gaps if later - earlier > GROUP_MICROS)]
        self.instants: dict[Instant, int] = {}
        self.slots: dict[Slot, int] = {}
        self.ids = self._ids()
        self.texts: dict[str, Slot] = {text: ("uuid", index) for index, text in enumerate(self.ids)}
        self.texts[str(dict(self.events[0])["Core-UUID"])] = ("boot", None)
        for text, role in shape.roles.items():
            self.texts[text] = ("role", role)
            if text.startswith("+"):
                self.texts[text.removeprefix("+")] = ("digits", role)
        choices = sorted(map(re.escape, self.texts), key=len, reverse=True)
        self.tokens = re.compile(f"({'|'.join(choices)}|{SECONDS})")

    def _legs(self, events: list[Header]) -> list[str]:
        by_session = {
            str(header["variable_session_id"]): str(header["Unique-ID"])
            for header in map(dict, events)
            if "variable_session_id" in header
        }
        try:
            return [by_session[str(session)] for session in self.shape.sessions]
        except KeyError as missing:
            raise PermanentError(
                f"the recording has no leg {missing} for {self.shape.name}; use the one that came with the product"
            ) from None

    def leg(self, header: dict[str, EventValue]) -> int | None:
        leg = str(header.get("Unique-ID") or header.get("CC-Member-Session-UUID"))
        return self.legs.index(leg) if leg in self.legs else None

    def _changed(self, event: Header) -> Header:
        header = dict(event)
        changes = self.shape.changes.get(self.leg(header) or 0, {})
        if header["Event-Name"] != "CHANNEL_HANGUP_COMPLETE" or not changes:
            return event
        kept = [(key, changes.get(key, value)) for key, value in event]
        added = [(key, value) for key, value in changes.items() if key not in header]
        return [(key, value) for key, value in kept + added if value is not None]

    def _ids(self) -> list[str]:
        """Every id of the call but the boot's, the legs' first."""
        text = json.dumps(self.events)
        call_ids = [str(value) for event in self.events for key, value in event if key == "variable_sip_call_id"]
        boot_id = dict(self.events[0])["Core-UUID"]
        return [text for text in dict.fromkeys([*self.legs, *UUID.findall(text), *call_ids]) if text != boot_id]

    def make(self) -> CallTemplate:
        events = tuple(EventMaker(self, index, event).make() for index, event in enumerate(self.events))
        return CallTemplate(
            name=self.shape.name,
            legs=len(self.legs),
            uuids=len(self.ids),
            phases=len(self.group_starts) - 1,
            answer_lag_ticks=self._answer_lag(),
            instants=tuple(self.instants),
            slots=tuple(self.slots),
            events=events,
        )

    def _answer_lag(self) -> int | None:
        """How long after the last leg the root leg was answered; None when not because of it."""
        hangups = [header for header in map(dict, self.events) if header["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"]
        answers = {self.leg(header): int(str(header["variable_answer_uepoch"])) for header in hangups}
        root, other = answers[0], answers[len(self.legs) - 1]
        return (root - other + TICK_MICROS // 2) // TICK_MICROS if len(self.legs) > 1 and root >= other > 0 else None

    def instant(self, leg: int, micros: int) -> int:
        """The slot argument of a recorded instant: its place among the template's instants."""
        group = sum(start <= micros for start in self.group_starts) - 1
        ticks = (micros - self.group_starts[group] + TICK_MICROS // 2) // TICK_MICROS
        return self.instants.setdefault(Instant(leg, group, ticks), len(self.instants))


class EventMaker:
    """One recorded event on its way to a template."""

    def __init__(self, call: TemplateMaker, index: int, event: Header) -> None:
        self.call, self.index, self.event = call, index, event
        self.header = dict(event)
        self.leg = call.leg(self.header) or 0
        self.at = int(str(self.header["Event-Date-Timestamp"]))
        self.used: list[int] = []

    def make(self) -> EventTemplate:
        pairs = [self._pair(key, value) for key, value in self.event if not (self.call.lean and BULKY.match(key))]
        return EventTemplate(f"{{{','.join(pairs)}}}", itemgetter(*self.used), self.call.instant(self.leg, self.at))

    def _pair(self, key: str, value: EventValue) -> str:
        if isinstance(value, list):
            encoded = "[" + ",".join(f'"{self._text(key, part)}"' for part in value) + "]"
        else:
            encoded = f'"{self._text(key, value)}"'
        campaign = self._put("campaign", None) if key == "variable_call_direction" else ""
        return f'"{escaped(key)}":{encoded}{campaign}'

    def _text(self, key: str, value: str) -> str:
        slot = self._whole(key, value)
        if slot is not None:
            return self._put(*slot)
        parts = self.call.tokens.split(value)  # what stands between two tokens is at the even places
        text = "".join(self._token(key, part) if place % 2 else literal(part) for place, part in enumerate(parts))
        return text + (self._put("campaign_export", None) if key == "variable_export_vars" else "")

    def _put(self, kind: str, which: object) -> str:
        self.used.append(self.call.slots.setdefault((kind, which), len(self.call.slots)))
        return "%s"

    def _whole(self, key: str, value: str) -> Slot | None:
        """The slot that a header's whole value is, if it is one."""
        known = {
            "variable_session_id": ("session", self.leg),
            "Event-Sequence": ("sequence", self.index),
        }
        if key in known:
            return known[key]
        if is_micros(value):
            return ("micros", self.call.instant(self._owner(key), int(value)))
        if key in DURATIONS and value != "0":
            begin, end, unit = DURATIONS[key]
            return ("difference", (self._stamp(begin), self._stamp(end), unit))
        for suffix, kind in (("Event-Date-Local", "utc"), ("Event-Date-GMT", "gmt")):
            if key.endswith(suffix):  # an agent's leg also carries those of the event that offered it the call
                at = str(self.header[key.removesuffix(suffix) + "Event-Date-Timestamp"])
                return (kind, self.call.instant(self.leg, int(at)))
        for suffix, kind in (("_stamp", "utc"), ("_epoch", "seconds")):
            stem = key.removeprefix("variable_").removesuffix(suffix)
            if key.endswith(suffix) and self.header.get(f"variable_{stem}_uepoch", "0") != "0":
                return (kind, self._stamp(stem))
        return None

    def _stamp(self, name: str) -> int:
        return self.call.instant(self.leg, int(str(self.header[f"variable_{name}_uepoch"])))

    def _owner(self, key: str) -> int:
        other = str(self.header.get("Other-Leg-Unique-ID"))
        return self.call.legs.index(other) if key.startswith("Other-Leg-") and other in self.call.legs else self.leg

    def _token(self, key: str, token: str) -> str:
        if token in self.call.texts:
            return self._put(*self.call.texts[token])
        micros = self._instant_of_second(key.lower(), int(token))
        return literal(token) if micros is None else self._put("seconds", self.call.instant(self.leg, micros))

    def _instant_of_second(self, key: str, seconds: int) -> int | None:
        """Which of the call's instants a time in whole seconds was cut from; the queue's times are all such."""
        candidates = [micros for micros in self.call.recorded if micros // SECOND == seconds]
        if not candidates:
            return None
        if "joined" in key or "called" in key:
            return candidates[0]
        if "answered" in key:
            return next((micros for micros in candidates if micros >= self.call.group_starts[-2]), candidates[0])
        return self.at if self.at in candidates else candidates[-1]


def is_micros(value: EventValue) -> bool:
    return isinstance(value, str) and MICROS.fullmatch(value) is not None


def literal(text: str) -> str:
    return escaped(text).replace("%", "%%")
