"""Freezing a month: what it charges is settled, its drafts can be looked at in peace, and nothing is issued yet.

Its calls and their prices are written down as a close would (``closed_calls``); from then on they stand, and calls that
land later are the next month's. Its subscriptions stand as they were computed. What a freeze does not settle is who
is billed and how: addresses, VAT, payments and refusals are read again at the close: they are what a look finds wrong.
"""

import datetime as dt
import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.ledger.periods import OPEN, Signature, events, freeze, frozen_charges, state_of, unfreeze
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.invoices.close import month_rows
from assets.invoices.closed_calls import keep_calls
from assets.ledger_snapshots import snapshot_ledger
from domain.calendar import Month
from domain.errors import PermanentError

# What a month charges, before anybody is billed.
CHARGES = ("subscription_charges", "usage_charges", "rating_adjustments")
STATES = ("billing_periods",)


def freeze_month(ledger: Ledger, warehouse: Warehouse, month: Month, signature: Signature) -> None:
    """Freeze a month whose calls are rated and charged; one that is frozen or closed stays as it is.

    Raises:
        PermanentError: it was not charged yet, or the month before is not closed.
    """
    with alone(warehouse):
        if state_of(ledger, month) != OPEN:
            return
        missing = [table for table in CHARGES if not warehouse.path(table, str(month)).exists()]
        if missing:
            raise PermanentError(
                f"{month} has no {', '.join(missing)}: rate and charge it first (`seconde freeze` does)"
            )
        charged = charges_sha256(warehouse, month)
        freeze(ledger, month, keep_calls(warehouse, month, refused=()), charged, signature)
    snapshot_ledger(ledger, warehouse, STATES)


def unfreeze_month(ledger: Ledger, warehouse: Warehouse, month: Month, signature: Signature) -> None:
    """Open a frozen month again: it follows calls and tariffs as before. Raises as the ledger.

    What was recorded of a contract while it was frozen stays known to the close after it, which charges it late.
    """
    with alone(warehouse):
        unfreeze(ledger, month, signature)
    snapshot_ledger(ledger, warehouse, STATES)


def charges_sha256(warehouse: Warehouse, month: Month) -> str:
    """A digest of everything the month charges."""
    charged = {}
    with warehouse.connect(CHARGES) as connection:
        for table in CHARGES:
            charged[table] = month_rows(connection, f"select * from {table} where month = $1 order by all", month)
    return hashlib.sha256(json.dumps(charged, sort_keys=True, default=_text).encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no part of a charge")


def refuse_thawed(ledger: Ledger, month: Month, charged: str) -> None:
    """Raises PermanentError when a frozen month would charge otherwise than when it froze."""
    if frozen_charges(ledger, month) != charged:
        frozen = [event for event in events(ledger, month) if event.event == "frozen"][-1]
        raise PermanentError(
            f"{month} was frozen by {frozen.decided_by} on {frozen.decided_at:%Y-%m-%d}, and one of"
            f" {', '.join(CHARGES)} is not what it was: an earlier month was rated again, or a file was touched."
            f" Look at it, then `seconde unfreeze {month} --by NAME --because REASON` and freeze it again"
        )


@contextmanager
def alone(warehouse: Warehouse) -> Iterator[None]:
    """One close or freeze at a time: two would each write ``closed_calls``, and the ledger keeps one hash.

    Freed by a kill.
    """
    with (warehouse.root.parent / "close.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
