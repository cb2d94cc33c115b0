"""What a frame of the event socket may look like: its headers, its body, and where another could begin."""

from __future__ import annotations

import re

from ingest.esl_event import EVENT_KINDS, decode_text

LENGTHLESS = {"auth/request", "command/reply"}
HEADER_LINE = re.compile(rb"([A-Za-z][\w-]*): ?(.*)")
# What a FreeSWITCH writes at the start of a frame. JSON has no raw newline and plain values are
# percent-encoded, so this cannot stand inside a whole event.
TYPES = (
    r"(?:auth/request|command/reply|api/response|log/data"
    r"|text/(?:event-json|event-plain|event-xml|disconnect-notice|rude-rejection))"
)
TYPE = re.compile(TYPES)
PLAUSIBLE_HEAD = re.compile(rb"(?:Content-Length: \d{1,10}\n)?Content-Type: %b\n" % TYPES.encode())
PLAUSIBLE_HEAD_BEGIN = b"Content-"
PLAUSIBLE_HEAD_BYTES = 128  # more than the pattern can match
LENGTH = re.compile(r"[0-9]{1,10}")
INNER_LENGTH = re.compile(rb"^Content-Length: (\d{1,10})$", re.MULTILINE)


def parse_head(block: bytes) -> dict[str, str] | str:
    """The headers of a block, or why it is no header block."""
    headers: dict[str, str] = {}
    for line in block.split(b"\n"):
        match = HEADER_LINE.fullmatch(line)
        if match is None:
            return f"{line[:40]!r} is not a header line"
        name, value = match[1].decode("ascii", "replace"), decode_text(match[2])
        if name == "Content-Length" and (not LENGTH.fullmatch(value) or headers.get(name, value) != value):
            return f"Content-Length {value[:40]!r} is not one number"
        if name == "Content-Type" and (not TYPE.fullmatch(value) or headers.get(name, value) != value):
            return f"Content-Type {value[:40]!r} is not one that a FreeSWITCH says"
        headers[name] = value
    return headers if "Content-Type" in headers else "headers without a Content-Type"


def body_flaw(content_type: str, body: bytes) -> str | None:
    """Why these bytes cannot be a whole body of that type, or None. Looks at its edges, does not parse."""
    kind = EVENT_KINDS.get(content_type)
    if kind == "json":
        return None if is_json_object(body) else "the body is not one JSON object"
    if kind == "plain":
        head, blank, inner = body.partition(b"\n\n")
        length = INNER_LENGTH.search(head)
        whole = bool(blank) and len(inner) == (int(length[1]) if length else 0)
        return None if whole else "the body is not one block of header lines"
    return None if plausible_head(body, 0) is None else "another frame begins inside"


def is_json_object(body: bytes) -> bool:
    """Whether its edges are those of an object on one line, as FreeSWITCH writes it."""
    return body.startswith(b"{") and body.endswith((b'"}', b"]}", b"{}")) and b"\n" not in body


def plausible_head(data: bytes | bytearray, start: int) -> int | None:
    """Where, from ``start`` on, a FreeSWITCH could have begun a frame."""
    while (at := data.find(PLAUSIBLE_HEAD_BEGIN, start)) >= 0:  # hundreds of times faster than the pattern alone
        if PLAUSIBLE_HEAD.match(data, at):
            return at
        start = at + 1
    return None
