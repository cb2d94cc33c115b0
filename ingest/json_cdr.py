"""A mod_json_cdr file in the words of the event it stands for (FACTS.md, "mod_json_cdr").

The file has the event's variables under ``variables``, the caller's profile in ``callflow``, newest first, and
no ``Event-*`` nor ``Other-Leg-*`` header. With ``encode-values=true``, FreeSWITCH's default, values are
percent-encoded into a buffer that is too short where every character needs an escape: the last one is cut,
so that ``+`` is empty and a CJK name loses its last byte. A ``%`` before two hex digits stays as it is, and
cannot be told from an escape. Numbers, stamps and causes have characters of their own and come out whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from domain.call_event import EVENT_STAMP, HANGUP
from domain.errors import BadInput
from ingest.esl_event import EventValue, decode_text

ENCODED = "encode-values=true"
ONLY_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# Event header: where the file has it, among the variables and in the caller profile.
OF_VARIABLES = {
    "Unique-ID": "uuid",
    "Call-Direction": "direction",
    "Channel-Name": "channel_name",
    "Hangup-Cause": "hangup_cause",
    EVENT_STAMP: "end_uepoch",
}
OF_PROFILE = {
    "Caller-Caller-ID-Number": "caller_id_number",
    "Caller-ANI": "ani",
    "Caller-RDNIS": "rdnis",
    "Caller-Destination-Number": "destination_number",
}
OF_OTHER_PROFILE = {
    "Other-Leg-Unique-ID": "uuid",
    "Other-Leg-Channel-Name": "chan_name",
    "Other-Leg-Caller-ID-Number": "caller_id_number",
    "Other-Leg-ANI": "ani",
    "Other-Leg-RDNIS": "rdnis",
    "Other-Leg-Destination-Number": "destination_number",
}


@dataclass(frozen=True)
class CdrReading:
    """``event``: the hang-up the file tells of. ``flaws``: what ``encode-values`` did to it, None when nothing."""

    event: dict[str, EventValue]
    flaws: str | None


def decode_cdr(body: bytes) -> CdrReading:
    """Read a CDR file's content.

    Raises:
        BadInput: it is no CDR file.
    """
    cdr = _parse(body)
    variables = cdr.get("variables")
    if not isinstance(variables, dict):
        raise BadInput(f"{body[:40]!r}... has no variables: not a file of mod_json_cdr; set it aside")
    texts = {name: value for name, value in variables.items() if isinstance(value, str)}
    flaws = None
    if is_encoded(texts):
        flaws = "; ".join([ENCODED, *(f"{name} {harm}" for name, value in texts.items() if (harm := harm_to(value)))])
        texts = {name: decode_text(unquote_to_bytes(value)) for name, value in texts.items()}
    event: dict[str, EventValue] = {"Event-Name": HANGUP, **_text("Core-UUID", cdr, "core-uuid")}
    event |= _text("FreeSWITCH-Switchname", cdr, "switchname")
    for header, name in OF_VARIABLES.items():
        event |= _text(header, texts, name)
    event |= _profiles(cdr)
    for name, value in texts.items():
        event[f"variable_{name}"] = value.removeprefix("ARRAY::").split("|:") if value.startswith("ARRAY::") else value
    return CdrReading(event, flaws)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        cdr = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            cdr = orjson.loads(decode_text(body))
        except orjson.JSONDecodeError as error:
            raise BadInput(f"a CDR file of {len(body)} bytes is not JSON: {error}; set it aside") from None
    if not isinstance(cdr, dict):
        raise BadInput(f"{body[:40]!r}... is JSON but not a CDR file; set it aside")
    return cdr


def is_encoded(texts: dict[str, str]) -> bool:
    """A date always has a space, a channel's name a slash: escaped or not, they tell the whole file."""
    return "%20" in texts.get("start_stamp", "") or "%2F" in texts.get("channel_name", "").upper()


def harm_to(value: str) -> str | None:
    """What the encoding did to a value, where it shows. FreeSWITCH itself has no variable that is empty."""
    if not value:
        return "emptied"
    if ONLY_ESCAPES.fullmatch(value):
        try:
            unquote_to_bytes(value).decode()
        except UnicodeDecodeError as error:
            return "cut" if error.end == len(unquote_to_bytes(value)) else None
    return None


def _profiles(cdr: dict[str, Any]) -> dict[str, EventValue]:
    """The caller's latest profile, and that of the leg that made this one, or of the leg this one made."""
    flow = cdr.get("callflow")
    latest = flow[0] if isinstance(flow, list) and flow else flow
    profile = latest.get("caller_profile") if isinstance(latest, dict) else None
    if not isinstance(profile, dict):
        return {}
    found: dict[str, EventValue] = {}
    for header, name in OF_PROFILE.items():
        found |= _text(header, profile, name)
    for kind in ("originator", "originatee"):
        others = profile.get(kind)
        listed = others.get(f"{kind}_caller_profiles") if isinstance(others, dict) else None
        if isinstance(listed, list) and listed and isinstance(listed[0], dict):
            for header, name in OF_OTHER_PROFILE.items():
                found |= _text(header, listed[0], name)
            break
    return found


def _text(header: str, source: dict[str, Any], name: str) -> dict[str, EventValue]:
    value = source.get(name)
    return {header: value} if isinstance(value, str) else {}
