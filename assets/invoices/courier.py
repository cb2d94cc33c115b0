"""One pass over the delivery queue: each thing tried once, by its channel, and what came of it written down."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from adapters.files import file_sha256
from adapters.ledger import deliveries as queue
from adapters.ledger.tables import Delivery
from adapters.letters import Envelope, Letters
from adapters.mail_relay import MailSession, Refused, RelayDown, SenderRefused
from adapters.post import Mail
from adapters.price_list import PriceChange
from assets.invoices.contract_notices import ContractNotices, NothingToTell, notice_file_name, notice_pdf
from assets.invoices.price_notices import PriceNotice
from assets.platform import Platform
from domain.calendar import local_date
from domain.delivery import message_id
from domain.errors import PermanentError, TransientError

Clock = Callable[[], dt.datetime]


@dataclass
class Report:
    """What a pass did: how many of each state, and what a person should know."""

    states: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)


class Courier:
    """One pass: what it reads once, and what it does with each delivery."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self.platform = platform
        self.clock = clock
        self.letters = Letters()
        self.operator = platform.ledger.operator()
        self.documents = {document.number: document for document in platform.ledger.documents()}
        self.versions = {version.version_id: version for version in platform.ledger.tariff_versions()}
        self.notices: dict[str, PriceNotice] = {}
        self.drawn = platform.ledger.document_files()

    @cached_property
    def contract_notices(self) -> ContractNotices:
        return ContractNotices(self.platform.ledger)

    def send_all(
        self,
        waiting: Iterable[Delivery],
        report: Report,
        mail: Mail | None = None,
        session: MailSession | None = None,
    ) -> None:
        """Try each once; stop where nothing can be sent to anybody."""
        for delivery in waiting:
            identity = self._message_id(delivery, mail) if mail else None
            taken = queue.claim(self.platform.ledger, delivery.delivery_id, naive(self.clock()), identity)
            if taken is None:
                continue
            try:
                row = self._attempt(taken, mail, session)
            except RelayDown as error:
                self._tell(self._later(taken, str(error)), report)
                return
            except SenderRefused as error:
                self._later(taken, str(error))
                raise
            self._tell(row, report)

    def _attempt(self, taken: Delivery, mail: Mail | None, session: MailSession | None) -> Delivery:
        ledger = self.platform.ledger
        try:
            if mail is not None and session is not None:
                session.send(self._letter(taken, mail), mail.sender, taken.recipient)
            elif self.platform.post.platform is not None:
                self.platform.post.platform.drop(self._file(taken))
        except RelayDown:
            raise
        except TransientError as error:
            return self._later(taken, str(error))
        except Refused as error:
            return queue.record_refused(
                ledger, taken.delivery_id, str(error), "bounced" if taken.channel == "email" else "failed"
            )
        except _Unfit as error:
            return queue.record_refused(ledger, taken.delivery_id, str(error), "failed")
        return queue.record_sent(ledger, taken.delivery_id, naive(self.clock()))

    def _later(self, taken: Delivery, reason: str) -> Delivery:
        return queue.record_not_now(self.platform.ledger, taken.delivery_id, reason, naive(self.clock()))

    def _letter(self, delivery: Delivery, mail: Mail) -> EmailMessage:
        envelope = Envelope(
            sender=mail.sender,
            sender_name=self.operator.legal_name,
            reply_to=self.operator.dispute_email,
            recipient=delivery.recipient,
            message_id=delivery.message_id or "",
            sent_at=self.clock(),
        )
        if delivery.tariff_version_id is not None:
            version = self.versions[delivery.tariff_version_id]
            return self.letters.price_change(envelope, self.operator, version.valid_from, self._changes(delivery))
        if delivery.contract_id is not None:
            return self._contract_letter(envelope, delivery.contract_id, delivery.event_sequence or 0)
        document = self.documents[str(delivery.document_number)]
        return self.letters.document(envelope, document, self._file(delivery).read_bytes())

    def _contract_letter(self, envelope: Envelope, contract_id: str, sequence: int) -> EmailMessage:
        """Dated the day it leaves: the customer's month begins then."""
        try:
            payload = self.contract_notices.payload(contract_id, sequence, local_date(envelope.sent_at))
        except NothingToTell as error:
            raise _Unfit(str(error)) from None
        pdf = notice_pdf(self.platform.renderer, payload)
        return self.letters.contract_price(envelope, payload, pdf.content, notice_file_name(payload))

    def _changes(self, delivery: Delivery) -> list[PriceChange]:
        """What a notice says: two customers of one address are told once, of what changes for either."""
        version = self.versions[str(delivery.tariff_version_id)]
        notice = self.notices.setdefault(version.version_id, PriceNotice(self.platform.ledger, version))
        together = {delivery.customer_id}
        together |= {c.customer_id for c in self.platform.ledger.customers() if c.email == delivery.recipient}
        if not (changes := notice.changes(together)):
            raise _Unfit(f"{version.version_id} changes no price of {delivery.customer_id} any more: nothing to tell")
        return changes

    def _file(self, delivery: Delivery) -> Path:
        """The document's PDF, as it was drawn."""
        document = self.documents[str(delivery.document_number)]
        path = self.platform.documents / document.month / f"{document.number}.pdf"
        kept = self.drawn.get(document.number)
        # A file the ledger does not know may still be drawn otherwise.
        if kept is None or not path.exists():
            raise TransientError(f"{path} is not drawn yet: close {document.month} again, which draws what is missing")
        if file_sha256(path) != kept.sha256:
            raise _Unfit(
                f"{path} is not the file that was drawn: restore it, then seconde deliver --again {document.number}"
            )
        return path

    def _message_id(self, delivery: Delivery, mail: Mail) -> str:
        return message_id(delivery.subject, delivery.delivery_id, delivery.round, mail.domain)

    def _tell(self, row: Delivery, report: Report) -> None:
        report.states[row.state] += 1
        if row.state != "sent":
            report.told.append(f"{row.subject} to {row.recipient}: {row.state}, {row.last_error}")


class _Unfit(PermanentError):
    """What would be sent is not what was issued."""


def naive(instant: dt.datetime) -> dt.datetime:
    """An aware instant as the ledger keeps it: UTC without a zone."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
