"""The delivery queue: each step is a transaction of its own, so that a kill leaves a state somebody can go on from.

An attempt is written down before it begins (``claim``) and after it ends (``record``). Killed in between, it may or may
not have gone out: once its lease is over it is tried again, under the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import cast

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.ledger.store import Ledger
from adapters.ledger.tables import Delivery
from domain.delivery import LEASE, Earlier, State, is_to_be_queued, retry_at
from domain.errors import BadInput

# SQLite takes some thousand parameters in a statement; past this all deliveries are read.
_BY_NAME = 500


def enqueue(ledger: Ledger, wanted: Iterable[Delivery], *, dry_run: bool = False) -> list[Delivery]:
    """Queue what was not delivered yet, nor is about to be; gives what was added (or would be, in a dry run)."""
    if dry_run:
        with ledger.reading() as session:
            return _new(session, wanted)
    with ledger.session() as session:
        return enqueue_in(session, wanted)


def enqueue_in(session: Session, wanted: Iterable[Delivery]) -> list[Delivery]:
    """The same inside a caller's transaction: what it records, and that somebody is told of it, stand together."""
    added = _new(session, wanted)
    session.add_all(added)
    return added


def _new(session: Session, wanted: Iterable[Delivery]) -> list[Delivery]:
    known: dict[tuple[str, str, str], list[Earlier]] = {}
    # Two customers of one address are told once.
    identities = set()
    wanted = list(wanted)
    for row in session.exec(_of_the_same(wanted)):
        known.setdefault(_subject(row), []).append(Earlier(row.recipient, _state(row)))
        identities.add(row.delivery_id)
    added = []
    for delivery in wanted:
        earlier = known.setdefault(_subject(delivery), [])
        if delivery.delivery_id not in identities and is_to_be_queued(earlier, delivery.recipient):
            earlier.append(Earlier(delivery.recipient, "queued"))
            identities.add(delivery.delivery_id)
            added.append(delivery)
    return added


def _of_the_same(wanted: Sequence[Delivery]) -> SelectOfScalar[Delivery]:
    """The deliveries there are of the same documents, versions and contracts; all, where they are many."""
    statement = select(Delivery)
    if len(wanted) > _BY_NAME:
        return statement
    columns = ("document_number", "tariff_version_id", "contract_id")
    named = ((name, {getattr(row, name) for row in wanted} - {None}) for name in columns)
    return statement.where(or_(*(col(getattr(Delivery, name)).in_(sorted(values)) for name, values in named)))


def _subject(row: Delivery) -> tuple[str, str, str]:
    # A document and a contract have one customer; a tariff's notice goes to many.
    return row.channel, row.subject, row.customer_id


def _state(row: Delivery) -> State:
    # The database takes no other word.
    return cast(State, row.state)


def due(ledger: Ledger, now: dt.datetime) -> list[Delivery]:
    """What may be tried now, longest waiting first: queued ones, and attempts whose process died."""
    with ledger.reading() as session:
        rows = session.exec(select(Delivery).where(col(Delivery.next_attempt_at) <= now)).all()
    return sorted(rows, key=lambda row: (row.next_attempt_at or now, row.queued_at, row.delivery_id))


def claim(ledger: Ledger, delivery_id: str, now: dt.datetime, message_id: str | None) -> Delivery | None:
    """Take one for an attempt that begins now; None when another process took it or it is over."""
    with ledger.session() as session:
        row = session.get_one(Delivery, delivery_id)
        if row.next_attempt_at is None or row.next_attempt_at > now:
            return None
        row.state, row.attempts, row.next_attempt_at = "sending", row.attempts + 1, now + LEASE
        row.message_id = message_id
        session.add(row)
        return row


def record_sent(ledger: Ledger, delivery_id: str, now: dt.datetime) -> Delivery:
    """It was taken."""
    return _record(ledger, delivery_id, "sent", None, sent_at=now)


def record_refused(ledger: Ledger, delivery_id: str, reason: str, state: State) -> Delivery:
    """It is over without having arrived: ``bounced``, or ``failed`` for a person to look at."""
    return _record(ledger, delivery_id, state, reason)


def record_not_now(ledger: Ledger, delivery_id: str, reason: str, now: dt.datetime) -> Delivery:
    """It is tried again later, unless it was tried too often."""
    with ledger.session() as session:
        row = session.get_one(Delivery, delivery_id)
        row.next_attempt_at = retry_at(now, row.attempts)
        row.state = "queued" if row.next_attempt_at else "failed"
        row.last_error = reason
        session.add(row)
        return row


def record_bounce(ledger: Ledger, message_id: str, reason: str) -> Delivery | None:
    """A message that was sent came back; None for one that is not ours, is of an earlier round, or is known."""
    with ledger.session() as session:
        row = session.exec(select(Delivery).where(Delivery.message_id == message_id)).first()
        if row is None or row.state == "bounced":
            return None
        row.state, row.next_attempt_at, row.last_error = "bounced", None, reason
        session.add(row)
        return row


def send_again(ledger: Ledger, subject: str, now: dt.datetime) -> list[Delivery]:
    """Queue once more what bounced or failed of a document or a notice, named as it is shown, as a new round.

    Raises:
        BadInput: nothing of that name is over without having arrived.
    """
    with ledger.session() as session:
        over = session.exec(select(Delivery).where(col(Delivery.state).in_(("bounced", "failed"))))
        found = [row for row in over if row.subject == subject]
        if not found:
            raise BadInput(f"{subject}: nothing of it bounced or failed; `seconde deliver` sends what is queued")
        for row in found:
            row.state, row.round, row.attempts, row.next_attempt_at = "queued", row.round + 1, 0, now
            # A bounce of the round before, read once more, must find nothing to end.
            row.message_id = None
            session.add(row)
        return found


def _record(
    ledger: Ledger, delivery_id: str, state: State, reason: str | None, sent_at: dt.datetime | None = None
) -> Delivery:
    with ledger.session() as session:
        row = session.get_one(Delivery, delivery_id)
        row.state, row.next_attempt_at, row.last_error, row.sent_at = state, None, reason, sent_at
        session.add(row)
        return row
