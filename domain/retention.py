"""How long who called whom is kept, and what is left of a number afterwards.

Source: BILLING_RULES "Data" (CPCE R10-14 III): full numbers for at most one year after payment, then prefix and
category with date, duration, price and invoice line. Invoices themselves are kept ten years and never change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_DAYS = 365
# "+33698": country and kind of number. A short number says too much even so: two digits stay.
KEPT_OF_E164 = 6
KEPT_OF_OTHERS = 2


def truncated(number: str) -> str:
    """What stays of a number.

    >>> truncated("+33698000055"), truncated("3919"), truncated("+33698")
    ('+33698', '39', '+33698')
    """
    return number[: KEPT_OF_E164 if number.startswith("+") else KEPT_OF_OTHERS]


@dataclass(frozen=True)
class Settlement:
    """One invoice or debit note: what it asked for, and each thing that reduced it, with its date."""

    number: str
    issue_date: dt.date
    total_cents: int
    reductions: tuple[tuple[dt.date, int], ...] = ()

    @property
    def settled_on(self) -> dt.date | None:
        """The day nothing was owed any more; None while something is."""
        left, latest = self.total_cents, self.issue_date
        for date, cents in sorted(self.reductions):
            if left <= 0:
                break
            left, latest = left - cents, date
        return latest if left <= 0 else None


def due_on(settlements: Iterable[Settlement], days: int, month_ends_on: dt.date) -> dt.date | None:
    """The day a closed month's numbers must go: so many days after its last document was paid.

    None while one is unpaid. A month that billed nobody counts from its end.
    """
    latest = month_ends_on
    for settlement in settlements:
        if settlement.settled_on is None:
            return None
        latest = max(latest, settlement.settled_on)
    return latest + dt.timedelta(days=days)
