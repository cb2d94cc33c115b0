"""Where the money goes that a credit note sets free: what was paid on a document beyond what is left of it.

The customer is told to deduct it from his next payment (or to ask for it back). So it settles the invoice that replaces
the credited document, then his oldest open invoices, the first day there is both money and debt. Days are walked in
order: what is known later never moves what was settled before. What he paid too much of himself, without any credit
note, stays where he put it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.penalty import CreditNote, Event, Payment


@dataclass(frozen=True)
class Debt:
    """An issued document that asks for money. Debit notes give what is credited on them; only invoices take."""

    number: str
    customer_id: str
    issue_date: dt.date
    due_date: dt.date
    total_cents: int
    is_invoice: bool = True
    replaces: str | None = None


@dataclass(frozen=True)
class Deduction:
    """What was left over of one document and settled another, and the day it did."""

    date: dt.date
    source: str
    target: str
    cents: int


def carried_over(
    debts: Iterable[Debt], events: Mapping[str, Sequence[Event]], as_of: dt.date
) -> dict[str, list[Payment]]:
    """By invoice, what other documents' credit notes settled of it by the end of a day, by date."""
    found: dict[str, list[Payment]] = {}
    for deduction in deductions(debts, events, as_of):
        found.setdefault(deduction.target, []).append(Payment(deduction.date, deduction.cents))
    return found


def deductions(debts: Iterable[Debt], events: Mapping[str, Sequence[Event]], as_of: dt.date) -> list[Deduction]:
    """Everything credit notes set free that settled another document by the end of a day; a customer's by date."""
    of_customer: dict[str, list[Debt]] = defaultdict(list)
    for debt in debts:
        if debt.issue_date <= as_of:
            of_customer[debt.customer_id].append(debt)
    found: list[Deduction] = []
    for own in of_customer.values():
        if any(isinstance(event, CreditNote) for debt in own for event in events.get(debt.number, ())):
            found += _Account(own, events).walked(as_of)
    return found


class _Account:
    """One customer's documents, and what stands on each while days pass."""

    def __init__(self, debts: Iterable[Debt], events: Mapping[str, Sequence[Event]]) -> None:
        self.debts = sorted(debts, key=lambda debt: (debt.due_date, debt.issue_date, debt.number))
        self.events = events
        self.successors = {debt.replaces: debt for debt in self.debts if debt.replaces is not None}
        self.paid = Counter[str]()
        # Credit notes, and what was carried here; less what was carried away.
        self.credited = Counter[str]()
        self.carried: list[Deduction] = []

    def walked(self, as_of: dt.date) -> list[Deduction]:
        by_day: dict[dt.date, list[tuple[str, Event]]] = {debt.issue_date: [] for debt in self.debts}
        for debt in self.debts:
            for event in self.events.get(debt.number, ()):
                by_day.setdefault(event.date, []).append((debt.number, event))
        for day in sorted(day for day in by_day if day <= as_of):
            for number, event in by_day[day]:
                kept = self.paid if isinstance(event, Payment) else self.credited
                kept[number] += event.amount_cents
            self._carry(day)
        return self.carried

    def _carry(self, day: dt.date) -> None:
        for source in self.debts:
            for target in self._targets(source, day):
                cents = min(self._surplus(source), self._owed(target))
                if cents > 0:
                    self.credited[source.number] -= cents
                    self.credited[target.number] += cents
                    self.carried.append(Deduction(day, source.number, target.number, cents))

    def _targets(self, source: Debt, day: dt.date) -> Iterator[Debt]:
        standing = source
        while standing.number in self.successors:
            standing = self.successors[standing.number]
        for debt in [standing, *self.debts]:
            if debt.is_invoice and debt is not source and debt.issue_date <= day:
                yield debt

    def _surplus(self, debt: Debt) -> int:
        """What credit notes left over of it: a payment beyond what it asked for is no credit note's doing."""
        return min(self.paid[debt.number], debt.total_cents) + self.credited[debt.number] - debt.total_cents

    def _owed(self, debt: Debt) -> int:
        return debt.total_cents - self.paid[debt.number] - self.credited[debt.number]
