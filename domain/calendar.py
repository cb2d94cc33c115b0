"""The billing calendar: UTC instants, and days, months and half-years in Europe/Paris.

A call takes the month of its answer instant (BILLING_RULES, "What is charged"): October 2026
is [2026-09-30T22:00Z, 2026-10-31T23:00Z), 745 hours long.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.errors import BadInput

BILLING_ZONE = ZoneInfo("Europe/Paris")
MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, order=True)
class Month:
    """A billing month in Europe/Paris."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 12 and 1 <= self.year <= 9998):
            raise BadInput(f"{self.year}-{self.number} is not a month; write YYYY-MM, like 2026-10")

    @classmethod
    def parse(cls, text: str) -> Month:
        """``2026-10`` to a month. Raises BadInput for anything else."""
        # Not strptime: it also takes 2026-1, which would name another partition than 2026-01.
        match = MONTH.fullmatch(text)
        if match is None:
            raise BadInput(f"{text!r} is not a month; write YYYY-MM, like 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, date: dt.date) -> Month:
        """The month a Paris day falls in."""
        return cls(date.year, date.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first_date(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.number, 1)

    @property
    def last_date(self) -> dt.date:
        """Its last day, included."""
        return self.next.first_date - dt.timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has: 28 to 31."""
        return self.last_date.day

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month.of(self.first_date - dt.timedelta(days=1))

    @property
    def start_at(self) -> dt.datetime:
        """First instant of the month, UTC and aware."""
        return midnight_utc(self.first_date)

    @property
    def end_at(self) -> dt.datetime:
        """First instant after the month, UTC and aware."""
        return midnight_utc(self.next.first_date)


def midnight_utc(date: dt.date) -> dt.datetime:
    """The instant a Paris day begins, as an aware UTC datetime."""
    local = dt.datetime(date.year, date.month, date.day, tzinfo=BILLING_ZONE)
    return local.astimezone(dt.UTC)


def local_date(instant: dt.datetime) -> dt.date:
    """The Paris day of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(BILLING_ZONE).date()


def instant_from_micros(epoch_micros: int) -> dt.datetime:
    """FreeSWITCH's ``*_uepoch`` (microseconds since 1970, UTC) to an aware datetime, exactly.

    Raises:
        BadInput: past the year 9999, so surely damaged.
    """
    try:
        return EPOCH + dt.timedelta(microseconds=epoch_micros)
    except OverflowError:
        raise BadInput(f"{epoch_micros} microseconds since 1970 is no date; set the record aside") from None


def half_year(date: dt.date) -> str:
    """The half-year whose legal interest rate is in force: ``2026-S1`` or ``2026-S2``."""
    return f"{date.year}-S{1 if date.month <= 6 else 2}"


def add_months(date: dt.date, months: int) -> dt.date:
    """Same day ``months`` later, clamped to the month's last day (31 January + 1 = 28 or 29 February)."""
    index = date.year * 12 + date.month - 1 + months
    month = Month(index // 12, index % 12 + 1)
    return month.first_date.replace(day=min(date.day, month.days))
