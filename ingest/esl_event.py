"""What an event's body says: names and values, whatever the encoding."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

import orjson

from domain.errors import BadInput

# The journal's kind of a frame that holds an event, by its content type.
EVENT_KINDS = {"text/event-json": "json", "text/event-plain": "plain"}

# Python keeps an undecodable byte 0xNN as U+DCNN; Latin-1 has it at U+00NN.
ESCAPED_BYTE = re.compile("[\udc80-\udcff]")

EventValue = str | list[str]


def decode_event(kind: str, body: bytes) -> dict[str, EventValue]:
    """The body of an event (``json`` or ``plain``) as names and values.

    A plain event's own body stands under ``_body``, where FreeSWITCH's JSON puts it.

    Raises:
        BadInput: the body is not an event.
    """
    if kind == "json":
        return decode_json(body)
    if kind == "plain":
        return decode_plain(body)
    raise ValueError(f"a record of kind {kind!r} is not an event")


def decode_json(body: bytes) -> dict[str, EventValue]:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            event = orjson.loads(decode_text(body))
        except orjson.JSONDecodeError as error:
            raise BadInput(f"an event of {len(body)} bytes is not JSON: {error}; set it aside") from None
    if not isinstance(event, dict) or not are_event_values(event.values()):
        raise BadInput(f"{body[:40]!r}... is JSON but not an event of strings and arrays; set it aside")
    return event


def are_event_values(values: Collection[object]) -> bool:
    """Strings, or lists of strings. By the set of types: an event has 250 values and this is the hot path."""
    types = set(map(type, values))
    if list not in types:
        return types <= {str}
    parts = (part for value in values if isinstance(value, list) for part in value)
    return types <= {str, list} and all(type(part) is str for part in parts)


def decode_plain(body: bytes) -> dict[str, EventValue]:
    """Lossy by FreeSWITCH's doing: a ``%41`` that stood in a value cannot be told from an ``A``."""
    head, _, inner = body.partition(b"\n\n")
    event: dict[str, EventValue] = {}
    for line in head.split(b"\n"):
        name, colon, raw = line.partition(b": ")
        if not colon:
            raise BadInput(f"{line[:40]!r} is not a line of a plain event; set the event aside")
        value = decode_text(unquote_to_bytes(raw))
        is_array = value.startswith("ARRAY::")
        event[decode_text(name)] = value.removeprefix("ARRAY::").split("|:") if is_array else value
    if inner:
        event["_body"] = decode_text(inner)
    return event


def decode_text(raw: bytes) -> str:
    """UTF-8, each byte that is not as Latin-1: a telephone's display name may be either."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(errors="surrogateescape")
        return ESCAPED_BYTE.sub(lambda found: chr(ord(found[0]) - 0xDC00), text)
