"""Messages that came back: delivery status notifications (RFC 3464) out of a folder or a maildir.

A notification is matched by the Message-ID of the message it quotes. Only ``Action: failed`` means that a message did
not arrive; a relay that says ``delayed`` goes on trying.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

from domain.errors import BadInput

REPORTS = ("message/delivery-status", "message/global-delivery-status")
QUOTES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")


@dataclass(frozen=True)
class Bounce:
    """A message that did not reach its recipient, and what the mail server said."""

    file: Path
    message_id: str
    recipient: str
    reason: str


def read_bounces(folder: Path) -> Iterator[Bounce]:
    """Every failure a folder's notifications tell of; other mail is passed over.

    Raises:
        BadInput: the folder is not there.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder; name the maildir, or the folder, bounced messages arrive in")
    for path in sorted(folder.rglob("*")):
        # A maildir delivers into tmp/ and moves what is whole to new/.
        if path.is_file() and "tmp" not in path.relative_to(folder).parts[:-1] and not path.name.startswith("."):
            yield from failures(path, path.read_bytes())


def failures(path: Path, content: bytes) -> Iterator[Bounce]:
    """What one notification says failed; nothing for another message."""
    message = message_from_bytes(content, policy=default)
    if message.get_content_type() != "multipart/report":
        return
    parts = list(message.walk())
    quoted = next((found for part in parts if (found := _quoted_id(part))), None)
    if quoted is None:
        return
    for part in parts:
        if part.get_content_type() in REPORTS:
            for block in _blocks(part):
                if str(block.get("Action", "")).strip().lower() == "failed":
                    yield Bounce(path, quoted, _recipient(block), _reason(block))


def _blocks(part: Message) -> list[Message]:
    """A report's groups of fields: one for the message, then one for each recipient."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _quoted_id(part: Message) -> str | None:
    if part.get_content_type() not in QUOTES:
        return None
    payload = part.get_payload()
    if isinstance(payload, list):
        original = payload[0]
    else:
        raw = part.get_payload(decode=True)
        original = message_from_bytes(raw if isinstance(raw, bytes) else b"", _class=EmailMessage, policy=default)
    found = original.get("Message-ID") if isinstance(original, Message) else None
    return "".join(str(found).split()) if found else None


def _recipient(block: Message) -> str:
    field = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    return field.partition(";")[2].strip() or field.strip()


def _reason(block: Message) -> str:
    said = str(block.get("Diagnostic-Code", "")).partition(";")[2] or str(block.get("Diagnostic-Code", ""))
    return f"{str(block.get('Status', '')).strip()} {' '.join(said.split())}".strip()[:500] or "no reason given"
