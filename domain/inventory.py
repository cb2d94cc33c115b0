"""The number inventory: which contract a phone number belonged to on a given day.

Who pays for a call is found here, by the number and the call's own date, never by what the switch
says: channel variables only confirm (issue 2, item 4). Source of the rows: the ledger's phone_number.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from domain.errors import BadInput


@dataclass(frozen=True)
class Assignment:
    """A number in E.164 given to a contract on the half-open local days ``[valid_from, valid_to)``."""

    number: str
    contract_id: str
    customer_id: str
    valid_from: dt.date
    valid_to: dt.date | None = None

    def is_in_force(self, on: dt.date) -> bool:
        """Whether the number is the contract's on that local day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


class NumberInventory:
    """All assignments, past ones included.

    Raises:
        BadInput: a number is given to two contracts on the same day.
    """

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self._by_number: dict[str, list[Assignment]] = {}
        for assignment in sorted(assignments, key=lambda a: (a.number, a.valid_from)):
            self._by_number.setdefault(assignment.number, []).append(assignment)
        for history in self._by_number.values():
            for earlier, later in pairwise(history):
                if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                    raise BadInput(
                        f"{later.number} belongs to {earlier.contract_id} and to {later.contract_id} on "
                        f"{later.valid_from}; end the first assignment before the second begins"
                    )
        self._changes, self._digests = self._trace()

    def lookup(self, number: str, on: dt.date) -> Assignment | None:
        """The assignment of an E.164 number in force on a local day, or None."""
        history = self._by_number.get(number, ())
        return next((a for a in reversed(history) if a.is_in_force(on)), None)

    def fingerprint(self, on: dt.date) -> str:
        """Equal for two inventories that answer every ``lookup`` of that day alike.

        Lets a day of call records be made again when a number of that day changed hands, and only then.
        """
        return f"{self._digests[bisect_right(self._changes, on)]:064x}"

    def _trace(self) -> tuple[list[dt.date], list[int]]:
        """The dates the inventory changes, and a digest of it before the first and after each.

        A digest is the sum of its rows' hashes, so one sweep over the changes gives them all.
        """
        deltas: dict[dt.date, int] = {}
        for history in self._by_number.values():
            for row in history:
                text = "\x1f".join((row.number, row.contract_id, row.customer_id))
                value = int.from_bytes(hashlib.sha256(text.encode()).digest())
                deltas[row.valid_from] = deltas.get(row.valid_from, 0) + value
                if row.valid_to is not None:
                    deltas[row.valid_to] = deltas.get(row.valid_to, 0) - value
        changes = sorted(deltas)
        digests = [0]
        for date in changes:
            digests.append((digests[-1] + deltas[date]) % (1 << 256))
        return changes, digests
