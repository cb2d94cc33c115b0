"""Sending: what is owed to whom goes into the ledger's queue, and the queue goes out, each thing once to each address.

An attempt is written down before it begins and after it ends. What a kill between the two leaves is tried again under
the same Message-ID: the one window in which an address may get a message twice, and can tell that it is one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from adapters.bounces import read_bounces
from adapters.files import file_sha256
from adapters.ledger import deliveries as queue
from adapters.ledger.tables import Delivery, IssuedDocument
from adapters.letters import Envelope, Letters
from adapters.mail_relay import MailSession, Refused, RelayDown, SenderRefused, mail_session
from adapters.post import Mail
from assets.invoices.price_notices import price_changes, told_of
from assets.ledger_snapshots import snapshot_ledger
from assets.platform import Platform
from domain.calendar import Month
from domain.delivery import Channel, delivery_id, message_id
from domain.errors import PermanentError, TransientError

Clock = Callable[[], dt.datetime]
# Penalties are outside VAT: a debit note is no electronic invoice, and no platform takes it.
FOR_PLATFORMS = ("invoice", "credit_note")
DRAWN = "select number, sha256 from invoice_documents"


@dataclass
class Report:
    """What a pass did: how many of each state, and what a person should know."""

    states: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)


def queue_documents(platform: Platform, month: Month, now: dt.datetime, *, dry_run: bool = False) -> list[Delivery]:
    """Queue the documents of a month for their customers, by each channel that is set.

    Raises:
        PermanentError: no channel is set.
    """
    _refuse_without_channel(platform)
    addresses = {customer.customer_id: customer.email for customer in platform.ledger.customers()}
    wanted = []
    for document in platform.ledger.documents(month):
        for channel, recipient in _channels(platform, document, addresses[document.customer_id]):
            wanted.append(_queued(channel, recipient, document.customer_id, now, document_number=document.number))
    return queue.enqueue(platform.ledger, wanted, dry_run=dry_run)


def queue_price_notices(
    platform: Platform, version_id: str, now: dt.datetime, today: dt.date, *, dry_run: bool = False
) -> list[Delivery]:
    """Queue the notice of a tariff version for every customer whose contract takes it.

    Raises:
        BadInput: no such version, or a notice that left today would be late (terms of sale, art. 6.1).
        PermanentError: mail is not set.
    """
    if platform.post.mail is None:
        raise PermanentError("notices go by mail: set SECONDE_SMTP_HOST and SECONDE_BILLING_SENDER")
    wanted = [
        _queued("email", customer.email, customer.customer_id, now, tariff_version_id=version_id)
        for customer in told_of(platform.ledger, version_id, today)
    ]
    return queue.enqueue(platform.ledger, wanted, dry_run=dry_run)


def _refuse_without_channel(platform: Platform) -> None:
    if platform.post.mail is None and platform.post.platform is None:
        raise PermanentError(
            "nothing is set to send documents by: SECONDE_SMTP_HOST and SECONDE_BILLING_SENDER for mail,"
            " SECONDE_PLATFORM_FOLDER for an approved platform"
        )


def _channels(platform: Platform, document: IssuedDocument, address: str) -> Iterator[tuple[Channel, str]]:
    if platform.post.mail is not None:
        yield "email", address.strip()
    if platform.post.platform is not None and document.kind in FOR_PLATFORMS:
        yield "folder", platform.post.platform.name


def _queued(
    channel: Channel,
    recipient: str,
    customer_id: str,
    now: dt.datetime,
    *,
    document_number: str | None = None,
    tariff_version_id: str | None = None,
) -> Delivery:
    return Delivery(
        delivery_id=delivery_id(channel, recipient, document_number or str(tariff_version_id)),
        channel=channel,
        recipient=recipient,
        customer_id=customer_id,
        document_number=document_number,
        tariff_version_id=tariff_version_id,
        queued_at=naive(now),
        next_attempt_at=naive(now),
    )


def deliver(platform: Platform, clock: Clock) -> Report:
    """Send everything that is due. An address that refuses stops nobody; a relay that is down ends the pass's mail.

    Raises:
        SenderRefused: the relay takes nothing from us.
    """
    report = Report()
    courier = _Courier(platform, clock)
    waiting = queue.due(platform.ledger, naive(clock()))
    try:
        if (mail := platform.post.mail) is not None:
            with mail_session(mail.relay) as session:
                courier.send_all((d for d in waiting if d.channel == "email"), report, mail, session)
        if platform.post.platform is not None:
            courier.send_all((d for d in waiting if d.channel == "folder"), report)
    finally:
        show_deliveries(platform)
    return report


def note_bounces(platform: Platform, folder: Path) -> Report:
    """Write down which messages came back; reading the same folder again changes nothing.

    Raises:
        BadInput: the folder is not there.
    """
    report = Report()
    for bounce in read_bounces(folder):
        row = queue.record_bounce(platform.ledger, bounce.message_id, bounce.reason)
        if row is not None:
            report.states["bounced"] += 1
            report.told.append(f"{_subject(row)} to {row.recipient} came back: {bounce.reason}")
    show_deliveries(platform)
    return report


def show_deliveries(platform: Platform) -> None:
    """Show the queue to the warehouse."""
    snapshot_ledger(platform.ledger, platform.warehouse, ("deliveries",))


class _Courier:
    """One pass: what it reads once, and what it does with each delivery."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self.platform = platform
        self.clock = clock
        self.letters = Letters()
        self.operator = platform.ledger.operator()
        self.documents = {document.number: document for document in platform.ledger.documents()}
        self.versions = {version.version_id: version for version in platform.ledger.tariff_versions()}
        self.drawn = _drawn(platform)

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
            changes = price_changes(self.platform.ledger, version)
            return self.letters.price_change(envelope, self.operator, version.valid_from, changes)
        document = self.documents[str(delivery.document_number)]
        return self.letters.document(envelope, document, self._file(delivery).read_bytes())

    def _file(self, delivery: Delivery) -> Path:
        """The document's PDF, as it was drawn."""
        document = self.documents[str(delivery.document_number)]
        path = self.platform.documents / document.month / f"{document.number}.pdf"
        if not path.exists():
            raise TransientError(f"{path} is not drawn yet: close {document.month} again, which draws what is missing")
        if document.number in self.drawn and file_sha256(path) != self.drawn[document.number]:
            raise _Unfit(
                f"{path} is not the file that was drawn: restore it, then seconde deliver --again {document.number}"
            )
        return path

    def _message_id(self, delivery: Delivery, mail: Mail) -> str:
        return message_id(_subject(delivery), delivery.delivery_id, delivery.round, mail.domain)

    def _tell(self, row: Delivery, report: Report) -> None:
        report.states[row.state] += 1
        if row.state != "sent":
            report.told.append(f"{_subject(row)} to {row.recipient}: {row.state}, {row.last_error}")


class _Unfit(PermanentError):
    """What would be sent is not what was issued."""


def _drawn(platform: Platform) -> dict[str, str]:
    with platform.warehouse.connect(("invoice_documents",)) as connection:
        return dict(connection.sql(DRAWN).fetchall())


def _subject(row: Delivery) -> str:
    return row.document_number or str(row.tariff_version_id)


def naive(instant: dt.datetime) -> dt.datetime:
    """An aware instant as the ledger keeps it: UTC without a zone."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
