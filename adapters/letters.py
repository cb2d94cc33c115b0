"""The messages customers read: French texts from templates, with what they are about attached.

A template's first line is the subject, what follows the empty line is the text. Plain text: every reader has it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from adapters.document_view import FILTERS
from adapters.ledger.tables import IssuedDocument, Operator
from adapters.mail_relay import Refused
from domain.french import french_decimal
from domain.money import MICROS_PER_EURO

TEMPLATES = Path(__file__).resolve().parent / "templates" / "mail"


@dataclass(frozen=True)
class PriceChange:
    """A price per minute before and after, micro-euros; None where there was, or is, none."""

    category: str
    country: str
    before_micros: int | None
    after_micros: int | None


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
        message.add_attachment(_price_list(changes), maintype="text", subtype="csv", filename=name)
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


def _price_list(changes: Sequence[PriceChange]) -> bytes:
    """The prices as a spreadsheet opens them: semicolons, decimal comma, a byte-order mark."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Destination", "Pays", "Prix par minute HT actuel (EUR)", "Prix par minute HT nouveau (EUR)"])
    writer.writerows([c.category, c.country, _price(c.before_micros), _price(c.after_micros)] for c in changes)
    return text.getvalue().encode("utf-8-sig")


def _price(micros: int | None) -> str:
    if micros is None:
        return ""
    euros, rest = divmod(micros, MICROS_PER_EURO)
    return french_decimal(f"{euros}.{rest:06d}", places=2)
