"""The messages customers read: French texts from templates, with what they are about attached.

A template's first line is the subject, what follows the empty line is the text. Plain text: every reader has it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from adapters.document_filters import FILTERS
from adapters.ledger.tables import IssuedDocument, Operator
from adapters.mail_relay import Refused
from adapters.price_list import PriceChange, price_list_csv

TEMPLATES = Path(__file__).resolve().parent / "templates" / "mail"


@dataclass(frozen=True)
class Envelope:
    """What every message says of itself: who writes to whom, when, and by which identity a repeat is known."""

    sender: str
    sender_name: str
    reply_to: str
    recipient: str
    message_id: str
    sent_at: dt.datetime


class Letters:
    """Writes messages. Sends none."""

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=False,  # noqa: S701 plain text: nothing reads it as markup
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters.update(FILTERS)
        return environment

    def document(self, envelope: Envelope, document: IssuedDocument, pdf: bytes) -> EmailMessage:
        """A document with its PDF."""
        payload: dict[str, Any] = json.loads(document.payload)
        names = {name: payload.get(name) for name in ("corrects", "replaces", "motive")}
        text = self._text(document.kind, document=document, seller=payload["seller"], **names)
        message = _message(envelope, text)
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{document.number}.pdf")
        return message

    def price_change(
        self, envelope: Envelope, operator: Operator, valid_from: dt.date, changes: Sequence[PriceChange]
    ) -> EmailMessage:
        """The notice of a new tariff, with every price that changes."""
        seller = {"name": operator.legal_name, "dispute_email": operator.dispute_email}
        text = self._text("price_change", valid_from=valid_from, changes=len(changes), seller=seller)
        message = _message(envelope, text)
        name = f"tarifs-{valid_from}.csv"
        message.add_attachment(price_list_csv(changes), maintype="text", subtype="csv", filename=name)
        return message

    def contract_price(self, envelope: Envelope, payload: Mapping[str, Any], pdf: bytes, name: str) -> EmailMessage:
        """The notice of a contract's own price, with the letter that says the same on paper."""
        message = _message(envelope, self._text("contract_price", **payload))
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
        return message

    def _text(self, template: str, **names: object) -> str:
        return self._environment.get_template(f"{template}.txt.j2").render(**names)


def _message(envelope: Envelope, text: str) -> EmailMessage:
    subject, _, body = text.partition("\n")
    message = EmailMessage(policy=SMTP)
    try:
        message["Subject"] = subject
        message["From"] = formataddr((envelope.sender_name, envelope.sender))
        message["To"] = envelope.recipient
        message["Reply-To"] = envelope.reply_to
    except ValueError as error:
        raise Refused(f"{envelope.recipient!r} is not an address mail can be sent to: {error}") from None
    message["Message-ID"] = envelope.message_id
    message["Date"] = format_datetime(envelope.sent_at)
    message["Content-Language"] = "fr"
    # No holiday reply answers a bill.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip("\n") + "\n")
    return message
