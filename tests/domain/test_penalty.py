"""Late payment: the customer's cases to the cent, those they keep back as we read the rules, and the invariants."""

from __future__ import annotations

import csv
import datetime as dt
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import half_year
from domain.errors import BadInput, PermanentError
from domain.money import CENTS_PER_EURO, parse_euros
from domain.penalty import (
    CreditNote,
    Event,
    LatePaymentRule,
    Payment,
    Penalty,
    Segment,
    late_payment_penalty,
    rule_in_force,
)

LAW = Path(__file__).resolve().parents[2] / "seeds" / "law"
RULE = LatePaymentRule(dt.date(2013, 1, 1), rate_multiplier=3, indemnity_cents=4_000, year_days=365)
# Basis points of the half-years the tests use; 2027-S1 is missing on purpose: nobody knows it yet.
LEGAL_RATES = {"2023-S2": 422, "2024-S1": 507, "2025-S2": 276, "2026-S1": 262, "2026-S2": 275}
EVENT = re.compile(r"(PAY|CN_\w+) ([0-9.]+) on ([0-9-]+)")


def cents(text: str) -> int:
    return parse_euros(text, unit=CENTS_PER_EURO, what="case")


def event(text: str) -> Event:
    """``PAY 900.00 on 2026-04-20``, ``CN_ERR ...`` (error), any other ``CN_...`` (gesture)."""
    match = EVENT.fullmatch(text.strip())
    assert match is not None, text
    kind, amount, date = match[1], cents(match[2]), dt.date.fromisoformat(match[3])
    if kind == "PAY":
        return Payment(date, amount)
    return CreditNote(date, amount, "error" if kind == "CN_ERR" else "gesture")


def penalty(total: str, due: str, events: str, as_of: str, rule: LatePaymentRule = RULE) -> Penalty:
    return late_payment_penalty(
        total_cents=cents(total),
        due_date=dt.date.fromisoformat(due),
        events=[event(part) for part in events.split(";") if part.strip()],
        as_of=dt.date.fromisoformat(as_of),
        legal_rates=LEGAL_RATES,
        rule=rule,
    )


def working(result: Penalty) -> list[str]:
    return [str(segment) for segment in result.segments]


def nothing_owed(result: Penalty) -> bool:
    return (
        not result.segments and result.days_late == result.penalty_cents == result.indemnity_cents == result.exact == 0
    )


# --- the customer's cases -------------------------------------------------------------------------


def test_every_case_of_the_customer_to_the_cent_and_the_six_decimals(shared):
    with (shared / "cases" / "penalty_cases.csv").open(encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    assert len(cases) == 11
    for case in cases:
        result = penalty(case["invoice_ttc"], case["due_date"], case["events"], case["as_of"])
        assert {
            "days_late": str(result.days_late),
            "segments": "; ".join(working(result)),
            "penalty_rate_pct": result.rate_basis_points,
            "penalty_exact": result.exact_text,
            "penalty_eur": result.penalty_cents,
            "indemnity_eur": result.indemnity_cents,
            "total_penalties_eur": result.total_cents,
            "principal_left_at_as_of": result.principal_left_cents,
        } == {
            "days_late": case["days_late"],
            "segments": case["segments"],
            "penalty_rate_pct": cents(case["penalty_rate_pct"]),
            "penalty_exact": case["penalty_exact"],
            "penalty_eur": cents(case["penalty_eur"]),
            "indemnity_eur": cents(case["indemnity_eur"]),
            "total_penalties_eur": cents(case["total_penalties_eur"]),
            "principal_left_at_as_of": cents(case["principal_left_at_as_of"]),
        }, case["case"]


# --- the rate -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "rate"),
    [
        ("2025-12-31", 828),
        ("2026-01-01", 786),
        ("2026-06-30", 786),
        ("2026-07-01", 825),
        ("2026-12-31", 825),
        ("2024-02-29", 1521),
    ],
)
def test_the_rate_is_three_times_the_legal_one_of_the_due_dates_half_year(due, rate):
    paid = dt.date.fromisoformat(due) + dt.timedelta(days=200)
    assert penalty("1000", due, f"PAY 1000 on {paid}", str(paid)).rate_basis_points == rate


def test_the_rate_stays_the_due_dates_through_half_years_nobody_knows_yet():
    result = penalty("1000", "2026-12-31", "PAY 1000 on 2027-12-31", "2027-12-31")
    assert (result.days_late, result.exact) == (365, Fraction(8250, 100))


def test_a_missing_half_year_is_an_error_that_names_it_and_never_the_last_known_rate():
    with pytest.raises(PermanentError, match=r"2027-S1.*2027-01-01"):
        penalty("1000", "2027-01-01", "", "2027-01-02")
    with pytest.raises(PermanentError, match="2023-S1"):
        penalty("1000", "2023-06-30", "PAY 1000 on 2023-07-01", "2023-07-01")


def test_a_missing_half_year_stops_nobody_who_paid_in_time():
    result = penalty("1000", "2027-01-10", "PAY 1000 on 2027-01-10", "2027-02-01")
    assert nothing_owed(result)
    assert result.rate_basis_points is None


def test_the_rule_in_force_at_the_due_date_is_taken():
    newer = LatePaymentRule(dt.date(2026, 7, 1), rate_multiplier=4, indemnity_cents=5_000, year_days=365)
    assert rule_in_force([newer, RULE], dt.date(2026, 6, 30)) == RULE
    assert rule_in_force([newer, RULE], dt.date(2026, 7, 1)) == newer
    result = penalty("1000", "2026-07-01", "", "2026-07-02", newer)
    assert (result.rate_basis_points, result.indemnity_cents) == (1100, 5_000)


def test_a_due_date_before_any_rule_is_an_error_that_names_it():
    with pytest.raises(PermanentError, match="2012-12-31"):
        rule_in_force([RULE], dt.date(2012, 12, 31))


# --- the days -------------------------------------------------------------------------------------


def test_paid_on_the_due_date_or_before_owes_nothing():
    assert nothing_owed(penalty("1200", "2026-03-02", "PAY 1200 on 2026-03-02", "2026-05-01"))
    assert nothing_owed(penalty("1200", "2026-03-02", "PAY 1200 on 2026-02-01", "2026-05-01"))


def test_a_due_date_on_a_weekend_is_not_shifted():
    sunday, monday = "2026-03-01", "2026-03-02"
    assert penalty("1200", sunday, f"PAY 1200 on {monday}", monday).days_late == 1


@pytest.mark.parametrize(
    ("due", "paid", "days"),
    [
        ("2024-02-28", "2024-03-01", 2),
        ("2024-02-29", "2024-03-01", 1),
        ("2026-02-28", "2026-03-01", 1),
        ("2026-03-28", "2026-03-30", 2),  # the night of the clock change is a day like any other
        ("2025-12-31", "2026-12-31", 365),
        ("2023-12-31", "2024-12-31", 366),
    ],
)
def test_days_run_from_the_day_after_the_due_date_to_the_value_date_included(due, paid, days):
    result = penalty("1000", due, f"PAY 1000 on {paid}", paid)
    assert result.days_late == days
    assert result.exact == Fraction(1000 * days * (result.rate_basis_points or 0), 10_000 * 365)


def test_a_year_has_365_days_in_leap_years_too():
    result = penalty("1000", "2024-02-29", "PAY 1000 on 2025-02-28", "2025-02-28")
    assert (result.days_late, result.exact_text, result.penalty_cents) == (365, "152.100000", 15_210)


def test_an_unpaid_invoice_accrues_to_the_day_it_is_looked_at_included():
    result = penalty("1000", "2026-04-30", "", "2026-05-30")
    assert working(result) == ["2026-05-01..2026-05-30: 30 d on 1000.00"]
    assert (result.exact_text, result.penalty_cents, result.indemnity_cents) == ("6.460274", 646, 4_000)
    assert result.principal_left_cents == 100_000


@pytest.mark.parametrize("as_of", ["2026-04-01", "2026-04-30"])
def test_an_unpaid_invoice_owes_nothing_until_its_due_date_has_passed(as_of):
    result = penalty("1000", "2026-04-30", "", as_of)
    assert nothing_owed(result)
    assert result.principal_left_cents == 100_000


def test_a_payment_after_the_day_looked_at_is_not_seen():
    paid_tomorrow = penalty("1000", "2026-04-30", "PAY 1000 on 2026-05-31", "2026-05-30")
    assert paid_tomorrow == penalty("1000", "2026-04-30", "", "2026-05-30")


# --- part payments --------------------------------------------------------------------------------


def test_a_part_payment_after_the_due_date_reduces_the_base_from_the_next_day():
    result = penalty("1000", "2026-04-30", "PAY 400 on 2026-05-10; PAY 600 on 2026-05-30", "2026-06-15")
    assert working(result) == ["2026-05-01..2026-05-10: 10 d on 1000.00", "2026-05-11..2026-05-30: 20 d on 600.00"]
    assert (result.days_late, result.exact_text, result.penalty_cents) == (30, "4.737534", 474)
    assert result.indemnity_cents == 4_000


def test_a_rest_never_paid_accrues_on_after_the_part_payments():
    result = penalty("1000", "2026-04-30", "PAY 400 on 2026-05-10", "2026-05-12")
    assert working(result) == ["2026-05-01..2026-05-10: 10 d on 1000.00", "2026-05-11..2026-05-12: 2 d on 600.00"]
    assert result.principal_left_cents == 60_000


def test_parts_paid_before_and_on_the_due_date_are_never_late():
    result = penalty(
        "1000", "2026-04-30", "PAY 300 on 2026-04-20; PAY 300 on 2026-04-30; PAY 400 on 2026-05-01", "2026-06-01"
    )
    assert working(result) == ["2026-05-01..2026-05-01: 1 d on 400.00"]


def test_an_overpayment_is_neither_late_nor_a_negative_debt():
    result = penalty("1000", "2026-04-30", "PAY 1500 on 2026-05-10; PAY 20 on 2026-05-20", "2026-06-01")
    assert working(result) == ["2026-05-01..2026-05-10: 10 d on 1000.00"]
    assert (result.principal_left_cents, result.overpaid_cents) == (0, 52_000)


def test_principal_is_settled_before_penalties():
    """1 040 EUR for an invoice of 1 000 paid late: the principal is settled, 40 are left for the debit note."""
    result = penalty("1000", "2026-04-30", "PAY 1040 on 2026-05-10", "2026-12-01")
    assert (result.days_late, result.principal_left_cents, result.overpaid_cents) == (10, 0, 4_000)


def test_a_cent_left_unpaid_still_accrues_and_still_owes_the_indemnity():
    result = penalty("1000", "2026-04-30", "PAY 999.99 on 2026-04-30", "2026-06-01")
    assert working(result) == ["2026-05-01..2026-06-01: 32 d on 0.01"]
    assert (result.penalty_cents, result.indemnity_cents) == (0, 4_000)


# --- credit notes ---------------------------------------------------------------------------------


def test_a_credit_note_for_an_error_reduces_the_base_back_to_the_due_date():
    result = penalty("1000", "2026-04-30", "CN_ERR 250 on 2026-05-20", "2026-05-30")
    assert working(result) == ["2026-05-01..2026-05-30: 30 d on 750.00"]


def test_a_credit_note_for_a_gesture_reduces_the_base_from_its_own_date():
    result = penalty("1000", "2026-04-30", "CN_GESTURE 250 on 2026-05-20", "2026-05-30")
    assert working(result) == ["2026-05-01..2026-05-20: 20 d on 1000.00", "2026-05-21..2026-05-30: 10 d on 750.00"]


def test_a_gesture_before_the_due_date_reduces_the_whole_delay():
    result = penalty("1000", "2026-04-30", "CN_GESTURE 250 on 2026-04-15; PAY 750 on 2026-05-30", "2026-06-01")
    assert working(result) == ["2026-05-01..2026-05-30: 30 d on 750.00"]


def test_a_gesture_for_the_whole_invoice_after_the_due_date_leaves_the_delay_and_the_indemnity():
    result = penalty("1000", "2026-04-30", "CN_GESTURE 1000 on 2026-05-10", "2026-06-01")
    assert (result.days_late, result.indemnity_cents, result.principal_left_cents) == (10, 4_000, 0)


def test_a_gesture_for_the_whole_invoice_by_the_due_date_leaves_nothing():
    assert nothing_owed(penalty("1000", "2026-04-30", "CN_GESTURE 1000 on 2026-04-30", "2026-06-01"))


def test_an_error_credited_in_full_leaves_no_penalty_and_no_indemnity():
    assert nothing_owed(penalty("1000", "2026-04-30", "CN_ERR 1000 on 2026-09-10", "2026-10-01"))


def test_what_was_due_without_the_error_and_was_paid_in_time_was_never_late():
    """1 000 billed, 800 owed and paid in time, 200 credited months later."""
    result = penalty("1000", "2026-04-30", "PAY 800 on 2026-04-28; CN_ERR 200 on 2026-09-10", "2026-10-01")
    assert nothing_owed(result)


def test_an_error_found_after_the_invoice_was_paid_late_leaves_a_penalty_on_what_was_owed():
    result = penalty("1000", "2026-04-30", "PAY 1000 on 2026-05-30; CN_ERR 200 on 2026-09-10", "2026-10-01")
    assert working(result) == ["2026-05-01..2026-05-30: 30 d on 800.00"]
    assert (result.principal_left_cents, result.overpaid_cents) == (0, 20_000)


def test_a_credit_note_not_yet_issued_is_not_seen():
    assert penalty("1000", "2026-04-30", "CN_ERR 1000 on 2026-05-31", "2026-05-30") == penalty(
        "1000", "2026-04-30", "", "2026-05-30"
    )


def test_a_dispute_that_is_rejected_changes_nothing_from_the_original_due_date():
    result = penalty("1200", "2026-03-30", "PAY 1200 on 2026-06-30", "2026-06-30")
    assert working(result) == ["2026-03-31..2026-06-30: 92 d on 1200.00"]


def test_an_error_a_gesture_and_two_payments_show_their_whole_working():
    events = "PAY 100 on 2026-04-01; CN_ERR 200 on 2026-08-01; PAY 300 on 2026-05-10; CN_GESTURE 50 on 2026-05-20"
    assert working(penalty("1000", "2026-04-30", events, "2026-08-31")) == [
        "2026-05-01..2026-05-10: 10 d on 700.00",
        "2026-05-11..2026-05-20: 10 d on 400.00",
        "2026-05-21..2026-08-31: 103 d on 350.00",
    ]


# --- rounding, indemnity, input -------------------------------------------------------------------


def test_the_sum_of_the_exact_segments_is_rounded_once_and_not_each_segment():
    """Ten segments of about 0.0047 EUR each: rounded one by one they would vanish."""
    events = "; ".join(f"PAY 1 on 2026-05-{day:02d}" for day in range(1, 11))
    result = penalty("26", "2026-04-30", events, "2026-05-10")
    assert len(result.segments) == 10
    assert (result.exact_text, result.penalty_cents) == ("0.046299", 5)


def test_the_indemnity_is_due_once_however_long_and_however_often_reminded():
    indemnities = {penalty("12", "2026-04-30", "", f"2026-{month:02d}-28").indemnity_cents for month in range(5, 13)}
    assert indemnities == {4_000}


def test_the_indemnity_bears_no_interest():
    once, later = (penalty("1000", "2026-04-30", "", date).exact for date in ("2026-05-01", "2026-05-02"))
    assert later == 2 * once


@pytest.mark.parametrize("total", ["0", "-50"])
def test_an_invoice_that_asks_for_nothing_is_never_late(total):
    assert nothing_owed(penalty(total, "2026-04-30", "", "2026-06-01"))


@pytest.mark.parametrize("amount_cents", [0, -100])
def test_an_event_that_takes_money_back_is_bad_input(amount_cents):
    with pytest.raises(BadInput, match="no positive amount"):
        late_payment_penalty(
            total_cents=100_000,
            due_date=dt.date(2026, 4, 30),
            events=[Payment(dt.date(2026, 5, 1), amount_cents)],
            as_of=dt.date(2026, 6, 1),
            legal_rates=LEGAL_RATES,
            rule=RULE,
        )


# --- what must hold for every invoice -------------------------------------------------------------

DUE = dt.date(2026, 4, 30)
NEAR = st.integers(-60, 200).map(lambda days: DUE + dt.timedelta(days=days))
AMOUNTS = st.integers(1, 80_000)
PAYMENTS = st.builds(Payment, NEAR, AMOUNTS)
GESTURES = st.builds(CreditNote, NEAR, AMOUNTS, st.just("gesture"))
ERRORS = st.builds(CreditNote, NEAR, AMOUNTS, st.just("error"))
SETTLEMENTS = st.lists(st.one_of(PAYMENTS, GESTURES), max_size=6)
EVENTS = st.lists(st.one_of(PAYMENTS, GESTURES, ERRORS), max_size=6)
TOTALS = st.integers(1, 200_000)


def of(total_cents: int, events: list[Event], as_of: dt.date) -> Penalty:
    return late_payment_penalty(
        total_cents=total_cents, due_date=DUE, events=events, as_of=as_of, legal_rates=LEGAL_RATES, rule=RULE
    )


def day_by_day(total_cents: int, events: list[Event], as_of: dt.date) -> tuple[int, Fraction]:
    """The rule in its plainest words: each late day, what was unpaid when it began, at a day's rate."""
    seen = [e for e in events if e.date <= as_of]
    days, interest = 0, Fraction(0)
    for number in range(1, max(0, (as_of - DUE).days) + 1):
        day = DUE + dt.timedelta(days=number)
        reductions = [
            e.amount_cents for e in seen if (isinstance(e, CreditNote) and e.reason == "error") or e.date < day
        ]
        unpaid = max(0, total_cents - sum(reductions))
        days += unpaid > 0
        interest += Fraction(unpaid, 100) * Fraction(3 * 262, 10_000) / 365
    return days, interest


@given(TOTALS, EVENTS, NEAR)
def test_the_segments_come_to_what_counting_day_by_day_gives(total_cents, events, as_of):
    result = of(total_cents, events, as_of)
    assert (result.days_late, result.exact) == day_by_day(total_cents, events, as_of)


@given(TOTALS, EVENTS, NEAR)
def test_the_segments_follow_each_other_from_the_day_after_the_due_date_and_sum_to_the_exact_interest(
    total_cents, events, as_of
):
    result = of(total_cents, events, as_of)
    next_start, last_base = DUE + dt.timedelta(days=1), None
    for segment in result.segments:
        assert segment == Segment(next_start, segment.end, (segment.end - next_start).days + 1, segment.base_cents)
        assert segment.start <= segment.end <= as_of
        assert 0 < segment.base_cents < (last_base or total_cents + 1)
        next_start, last_base = segment.end + dt.timedelta(days=1), segment.base_cents
    cent_days = sum(segment.days * segment.base_cents for segment in result.segments)
    assert result.exact == Fraction(cent_days * 786, 100 * 10_000 * 365)
    assert abs(result.exact * 100 - result.penalty_cents) <= Fraction(1, 2)
    assert result.indemnity_cents == (4_000 if result.days_late else 0)


@given(TOTALS, SETTLEMENTS, st.lists(ERRORS, max_size=2), NEAR, st.integers(0, 100))
def test_a_penalty_never_decreases_as_days_pass(total_cents, settlements, errors, as_of, more_days):
    events = [*settlements, *(error for error in errors if error.date <= as_of)]
    earlier, later = of(total_cents, events, as_of), of(total_cents, events, as_of + dt.timedelta(days=more_days))
    assert earlier.exact <= later.exact
    assert earlier.total_cents <= later.total_cents
    assert earlier.days_late <= later.days_late


@given(TOTALS, SETTLEMENTS, ERRORS, NEAR)
def test_an_error_credited_never_makes_a_penalty_greater(total_cents, settlements, error, as_of):
    assert of(total_cents, [*settlements, error], as_of).exact <= of(total_cents, [*settlements], as_of).exact


@given(TOTALS, EVENTS, NEAR, st.randoms())
def test_the_order_of_the_events_does_not_matter(total_cents, events, as_of, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    assert of(total_cents, shuffled, as_of) == of(total_cents, events, as_of)


@given(TOTALS, EVENTS, NEAR, st.integers(2, 80_000), st.data())
def test_a_payment_made_in_two_on_the_same_day_changes_nothing(total_cents, events, as_of, amount_cents, data):
    date = data.draw(NEAR)
    part = data.draw(st.integers(1, amount_cents - 1))
    whole: list[Event] = [*events, Payment(date, amount_cents)]
    split: list[Event] = [*events, Payment(date, part), Payment(date, amount_cents - part)]
    assert of(total_cents, split, as_of) == of(total_cents, whole, as_of)


@given(TOTALS, EVENTS, NEAR)
def test_what_is_left_and_what_is_too_much_account_for_every_cent(total_cents, events, as_of):
    result = of(total_cents, events, as_of)
    seen = sum(e.amount_cents for e in events if e.date <= as_of)
    assert result.principal_left_cents - result.overpaid_cents == total_cents - seen
    assert min(result.principal_left_cents, result.overpaid_cents) == 0


# --- the rates we ship ----------------------------------------------------------------------------


def test_the_legal_rates_we_ship_are_those_we_were_given(shared):
    given_rates = (shared / "rules" / "legal_rates.csv").read_text(encoding="utf-8")
    assert (LAW / "legal_rates.csv").read_text(encoding="utf-8") == given_rates


def test_the_legal_rates_we_ship_leave_no_half_year_out():
    with (LAW / "legal_rates.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = dt.date.fromisoformat(rows[0]["start"])
    for row in rows:
        start, end = dt.date.fromisoformat(row["start"]), dt.date.fromisoformat(row["end"])
        assert start == expected
        assert half_year(start) == half_year(end) == row["half_year"]
        expected = end + dt.timedelta(days=1)


def test_the_late_payment_rule_we_ship_is_the_one_the_cases_are_counted_with():
    with (LAW / "late_payment_rules.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    shipped = LatePaymentRule(
        dt.date.fromisoformat(row["valid_from"]),
        rate_multiplier=int(row["rate_multiplier"]),
        indemnity_cents=int(row["indemnity_cents"]),
        year_days=int(row["year_days"]),
    )
    assert shipped == RULE
