"""The file mod_json_cdr writes for a leg, made from the leg's hang-up: same variables, the profile in a callflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson

# As they stand in a file: captures/encode-false/json_cdr.
OF_EVENT = {
    "uuid": "Unique-ID",
    "direction": "Call-Direction",
    "channel_name": "Channel-Name",
    "hangup_cause": "Hangup-Cause",
}
PROFILE = {
    "caller_id_number": "Caller-ID-Number",
    "ani": "ANI",
    "rdnis": "RDNIS",
    "destination_number": "Destination-Number",
    "uuid": "Unique-ID",
    "chan_name": "Channel-Name",
}
VARIABLE = "variable_"

Event = Mapping[str, str | list[str]]


def write_cdr(folder: Path, event: Event) -> Path:
    """Put the file where the switch would, under its final name at once."""
    path = folder / f"{event['Unique-ID']}.cdr.json"
    path.write_bytes(orjson.dumps(cdr(event)) + b"\n")
    return path


def cdr(event: Event) -> dict[str, object]:
    variables = {name.removeprefix(VARIABLE): said(value) for name, value in event.items() if name.startswith(VARIABLE)}
    for name, header in OF_EVENT.items():
        variables[name] = said(event[header])
    caller: dict[str, object] = dict(profile(event, "Caller-"))
    if other := profile(event, "Other-Leg-"):
        kind = "originator" if event["Call-Direction"] == "outbound" else "originatee"
        caller[kind] = {f"{kind}_caller_profiles": [other]}
    return {
        "core-uuid": event["Core-UUID"],
        "switchname": event["FreeSWITCH-Switchname"],
        "variables": variables,
        "callflow": [{"caller_profile": caller}],
    }


def profile(event: Event, prefix: str) -> dict[str, str]:
    return {name: said(event[prefix + suffix]) for name, suffix in PROFILE.items() if prefix + suffix in event}


def said(value: str | list[str]) -> str:
    """A file has no arrays: FreeSWITCH writes their parts in one string."""
    return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)
