"""The listener's own observations, as records that stand in the journal beside the events.

They say where events may be missing: ``connected``, ``disconnected``, ``unreachable``, ``refused``,
``killed``, ``damage``, ``paused``, ``spilled``, ``journal_resumed``, ``recovered``, ``clock``, and what was
in progress: ``channels``.
"""

from __future__ import annotations

import base64
import json

from ingest.damage import Damage
from ingest.journal_segment import Record

NoteValue = str | int | float | list[dict[str, str]]


def note(received_us: int, what: str, **details: NoteValue) -> Record:
    """JSON with ``note`` saying which."""
    return Record(received_us, "note", json.dumps({"note": what, **details}, ensure_ascii=False).encode())


def damage_note(received_us: int, damage: Damage, **details: NoteValue) -> Record:
    excerpt = base64.b64encode(damage.excerpt).decode()
    return note(
        received_us,
        "damage",
        offset=damage.offset,
        length=damage.length,
        reason=damage.reason,
        excerpt_base64=excerpt,
        **details,
    )


def one_line(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())[:200]
