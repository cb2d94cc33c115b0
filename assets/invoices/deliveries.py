"""Sending: what is owed to whom goes into the ledger's queue, and the queue goes out, each thing once to each address.

An attempt is written down before it begins and after it ends. What a kill between the two leaves is tried again under
the same Message-ID: the one window in which an address may get a message twice, and can tell that it is one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from adapters.bounces import read_bounces
from adapters.ledger import deliveries as queue
from adapters.ledger.tables import Delivery, IssuedDocument
from adapters.mail_relay import mail_session
from assets.invoices.courier import Clock, Courier, Report, naive
from assets.invoices.price_notices import told_of
from assets.ledger_snapshots import snapshot_ledger
from assets.platform import Platform
from domain.calendar import Month
from domain.delivery import Channel, delivery_id
from domain.errors import PermanentError

# Penalties are outside VAT: a debit note is no electronic invoice, and no platform takes it.
FOR_PLATFORMS = ("invoice", "credit_note")


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
    refuse_without_mail(platform)
    wanted = [
        _queued("email", customer.email, customer.customer_id, now, tariff_version_id=version_id)
        for customer in told_of(platform.ledger, version_id, today)
    ]
    return queue.enqueue(platform.ledger, wanted, dry_run=dry_run)


def refuse_without_mail(platform: Platform) -> None:
    """Raises PermanentError when no relay is set: a notice that nothing sends tells nobody."""
    if platform.post.mail is None:
        raise PermanentError("notices go by mail: set SECONDE_SMTP_HOST and SECONDE_BILLING_SENDER")


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
    courier = Courier(platform, clock)
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
            report.told.append(f"{row.subject} to {row.recipient} came back: {bounce.reason}")
    show_deliveries(platform)
    return report


def show_deliveries(platform: Platform) -> None:
    """Show the queue to the warehouse."""
    snapshot_ledger(platform.ledger, platform.warehouse, ("deliveries",))
