"""What a cell says: text to a typed value, or BadInput that names the column.

Each parser takes the text, never empty, and the column's name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from domain.errors import BadInput
from domain.money import CENTS_PER_EURO, EUROS_ONLY, MICROS_PER_EURO, OTHER_CURRENCY, parse_euros


def as_text(text: str, what: str) -> str:  # noqa: ARG001 a parser is given its column's name
    """Any text."""
    return text


def as_date(text: str, what: str) -> dt.date:
    """``2026-10-31``."""
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    # ISO 8601 has other forms (20261031, weeks): one is enough to read a file without a doubt.
    if date is None or date.isoformat() != text:
        raise BadInput(f"{what}: {text!r} is not a date; write YYYY-MM-DD, like 2026-10-31")
    return date


def as_cents(text: str, what: str) -> int:
    """Euros, not negative, to cents."""
    return _euros(text, CENTS_PER_EURO, what)


def as_micros(text: str, what: str) -> int:
    """Euros, not negative, to micro-euros."""
    return _euros(text, MICROS_PER_EURO, what)


def _euros(text: str, unit: int, what: str) -> int:
    if OTHER_CURRENCY.search(text):
        raise BadInput(f"{what}: {text!r} is in another currency. {EUROS_ONLY}")
    if not re.fullmatch(r"-?[0-9]+([.,][0-9]+)?", text, re.ASCII):
        raise BadInput(f"{what}: {text!r} is not an amount in euros; write it like 0.012 or 0,012")
    amount = parse_euros(text, unit=unit, what=what)
    if amount < 0:
        raise BadInput(f"{what}: {text} is negative")
    return amount


def as_whole(text: str, what: str) -> int:
    """A whole number from zero up."""
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise BadInput(f"{what}: {text!r} is not a whole number")
    return int(text)


def as_yes_no(text: str, what: str) -> bool:
    """``yes`` or ``no``."""
    return as_one_of("yes", "no")(text, what) == "yes"


def as_country(text: str, what: str) -> str:
    """ISO 3166 alpha-2, in capitals."""
    return as_match(r"[A-Z]{2}", "a country code of two capitals, like FR")(text, what)


def as_one_of(*allowed: str) -> Callable[[str, str], str]:
    """One of a few words."""

    def parse(text: str, what: str) -> str:
        if text not in allowed:
            raise BadInput(f"{what}: {text!r} is not one of {', '.join(allowed)}")
        return text

    return parse


def as_match(pattern: str, meaning: str) -> Callable[[str, str], str]:
    """Text of a form, which ``meaning`` says in words."""

    def parse(text: str, what: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise BadInput(f"{what}: {text!r} is not {meaning}")
        return text

    return parse
