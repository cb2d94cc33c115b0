"""Late payment: what an invoice paid late, or not at all, owes on top of itself.

Sources: terms of sale art. 6.3; C. com. L441-10 II and D441-5; BILLING_RULES, "Late payment". Amounts are
cents, rates basis points (2.62 % is 262), dates Europe/Paris days. Decisions where the law is silent:
principal is settled first; a payment and a gesture credit note both stop accruing after their own day
(that day counts); a credit note for an error is taken back to the due date once it is seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Literal

from domain.calendar import half_year
from domain.errors import BadInput, PermanentError
from domain.money import CENTS_PER_EURO, decimal_text, divide_half_up

BASIS_POINTS = 10_000
CreditReason = Literal["error", "gesture"]


@dataclass(frozen=True)
class Payment:
    """Money that reached the operator's account on its value date."""

    date: dt.date
    amount_cents: int


@dataclass(frozen=True)
class CreditNote:
    """A credit note about the invoice: ``error`` (it was never owed) or ``gesture`` (it was, until its date)."""

    date: dt.date
    amount_cents: int
    reason: CreditReason


Event = Payment | CreditNote


@dataclass(frozen=True)
class LatePaymentRule:
    """The statutory terms in force from a date; dated data, ``seeds/law/late_payment_rules.csv``."""

    valid_from: dt.date
    rate_multiplier: int
    indemnity_cents: int
    year_days: int


@dataclass(frozen=True)
class Segment:
    """Days, both ends included, during which the unpaid principal stayed the same."""

    start: dt.date
    end: dt.date
    days: int
    base_cents: int

    def __str__(self) -> str:
        base = decimal_text(Fraction(self.base_cents, CENTS_PER_EURO), places=2)
        return f"{self.start}..{self.end}: {self.days} d on {base}"


@dataclass(frozen=True)
class Penalty:
    """What is owed for lateness, and the working that shows it.

    ``exact`` is the interest in euros before its one rounding. ``rate_basis_points`` is the multiplied rate;
    None only when nothing is late and the half-year's legal rate is not known. ``overpaid_cents`` is what
    came in beyond the principal.
    """

    days_late: int
    segments: tuple[Segment, ...]
    rate_basis_points: int | None
    exact: Fraction
    penalty_cents: int
    indemnity_cents: int
    principal_left_cents: int
    overpaid_cents: int

    @property
    def exact_text(self) -> str:
        """The interest in euros to six decimals, as the working shows it: ``6.805479``."""
        return decimal_text(self.exact, places=6)

    @property
    def total_cents(self) -> int:
        """Interest and indemnity together."""
        return self.penalty_cents + self.indemnity_cents


def late_payment_penalty(
    *,
    total_cents: int,
    due_date: dt.date,
    events: Iterable[Event],
    as_of: dt.date,
    legal_rates: Mapping[str, int],
    rule: LatePaymentRule,
) -> Penalty:
    """Penalty of one invoice as known at the end of ``as_of``; an unpaid one is accrued to that day included.

    ``legal_rates`` gives the basis points of the column "all other cases" per half-year (``2026-S1``).

    Raises:
        PermanentError: something is late and the half-year of the due date has no legal rate.
        BadInput: an event's amount is not positive.
    """
    seen = [event for event in checked(events) if event.date <= as_of]
    principal = total_cents - sum(event.amount_cents for event in seen if is_error_credit(event))
    settlements = [event for event in seen if not is_error_credit(event)]
    segments = late_segments(principal, due_date, settlements, as_of)
    rate = penalty_rate(due_date, legal_rates, rule) if segments or half_year(due_date) in legal_rates else None
    cent_days = sum(segment.days * segment.base_cents for segment in segments)
    exact = Fraction(cent_days * (rate or 0), CENTS_PER_EURO * BASIS_POINTS * rule.year_days)
    left = principal - sum(event.amount_cents for event in settlements)
    return Penalty(
        days_late=sum(segment.days for segment in segments),
        segments=segments,
        rate_basis_points=rate,
        exact=exact,
        penalty_cents=divide_half_up(exact.numerator * CENTS_PER_EURO, exact.denominator),
        indemnity_cents=rule.indemnity_cents if segments else 0,
        principal_left_cents=max(left, 0),
        overpaid_cents=max(-left, 0),
    )


def late_segments(
    principal_cents: int, due_date: dt.date, settlements: Iterable[Event], as_of: dt.date
) -> tuple[Segment, ...]:
    """The late days cut where the unpaid principal changes, from the day after the due date.

    The day of a settlement still counts on what stood before it: the money arrived that day.
    """
    base = principal_cents
    last_counted = due_date
    segments = []
    by_date = groupby(sorted(settlements, key=lambda event: event.date), key=lambda event: event.date)
    steps = [(date, sum(event.amount_cents for event in same_day)) for date, same_day in by_date]
    for date, amount_cents in [*steps, (as_of, 0)]:
        if base <= 0:
            break
        if date > last_counted:
            start = last_counted + dt.timedelta(days=1)
            segments.append(Segment(start, date, (date - last_counted).days, base))
            last_counted = date
        base -= amount_cents
    return tuple(segments)


def penalty_rate(due_date: dt.date, legal_rates: Mapping[str, int], rule: LatePaymentRule) -> int:
    """The rate for the whole delay, in basis points: a multiple of the legal rate in force at the due date.

    Raises:
        PermanentError: that half-year has no legal rate; the last known one is never taken instead.
    """
    period = half_year(due_date)
    if period not in legal_rates:
        raise PermanentError(
            f"no legal interest rate for {period}, needed by an invoice due on {due_date}: "
            "record the rate of the arrêté published for that half-year, then run again"
        )
    return rule.rate_multiplier * legal_rates[period]


def rule_in_force(rules: Iterable[LatePaymentRule], due_date: dt.date) -> LatePaymentRule:
    """The statutory terms at the due date. Raises PermanentError when there were none."""
    past = [rule for rule in rules if rule.valid_from <= due_date]
    if not past:
        raise PermanentError(f"no late payment rule is in force on {due_date}: record one (C. com. D441-5)")
    return max(past, key=lambda rule: rule.valid_from)


def is_error_credit(event: Event) -> bool:
    """Whether an event says the amount was never owed at all."""
    return isinstance(event, CreditNote) and event.reason == "error"


def checked(events: Iterable[Event]) -> list[Event]:
    """The events, or BadInput for one whose amount cannot reduce anything."""
    known = list(events)
    for event in known:
        if event.amount_cents <= 0:
            raise BadInput(f"{event} has no positive amount; a reversal is another document, not a negative payment")
    return known
