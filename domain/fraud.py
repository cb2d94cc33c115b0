"""What a day's calls must pass before people are told that an account may have been hijacked.

The rules and the reasons of each default: docs/decisions/0016. They compare what is estimated of a day with the
customer's own four weeks before it, and never with another customer's. Every default is judgement, none was measured on
real fraud: an operator sets them again after a month of its own calls.
"""

from __future__ import annotations

from dataclasses import dataclass

TRAILING_DAYS = 28
# As much of a called number as stands in what is kept for ever (domain.retention): country and kind.
PREFIX_DIGITS = 5


@dataclass(frozen=True)
class FraudThresholds:
    """Whole numbers all; ``orchestration.settings`` says what each is for."""

    usual_factor: int = 4
    history_days: int = 5
    least_spend_cents: int = 50_00
    least_minutes: int = 300
    high_risk_calls: int = 3
    short_call_seconds: int = 10
    burst_calls: int = 30
    night_calls: int = 20
    cap_percent: int = 80
