"""Exact money: integers only, and the one place of the platform that rounds.

Units: ``micros`` are millionths of a euro (usage), ``cents`` are hundredths (documents).
Two roundings exist, both half-up (BILLING_RULES, "Money"): a call to the micro-euro and a
line to the cent. Floats are refused: DuckDB's ``round(dur*rate/60, 6)`` was wrong on 23,078
of 180,120 exact ties.
"""

from __future__ import annotations

import operator
import re
from fractions import Fraction

from domain.errors import BadInput

MICROS_PER_EURO = 1_000_000
CENTS_PER_EURO = 100
MICROS_PER_CENT = MICROS_PER_EURO // CENTS_PER_EURO

# French typography: a narrow no-break space between thousands, a no-break space before the sign.
THOUSANDS_SPACE = "\u202f"
UNIT_SPACE = "\u00a0"

# A word or a sign that says an amount is no euros; and what is said of it.
OTHER_CURRENCY = re.compile(r"(?i)(?<![a-z])(usd|gbp|chf|cad|jpy|mad|tnd|xof|currency|devise)(?![a-z])|[$£¥]")
EUROS_ONLY = "Seconde bills in euros only: convert the amounts before the import"

# Twelve digits before the mark: more is a slip, and its micro-euros would not fit a BIGINT. Not Decimal(): it takes
# 1_000, 1e6, NaN and Arabic digits, and its 28 digits round what is finer without a word.
EUROS = re.compile(r"([+-]?)([0-9]{1,12})(?:[.,]([0-9]{1,30}))?", re.ASCII)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest integer, ties away from zero.

    >>> divide_half_up(5, 2), divide_half_up(-5, 2), divide_half_up(4, 3)
    (3, -3, 1)

    Raises:
        TypeError: a float came in, however whole it looks.
        ValueError: the denominator is not positive.
    """
    numerator, denominator = operator.index(numerator), operator.index(denominator)  # TypeError for 2.0
    if denominator <= 0:
        raise ValueError(f"denominator must be positive, not {denominator}")
    if numerator < 0:
        return -divide_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def micros_to_cents(micros: int) -> int:
    """Micro-euros to cents, half-up: the rounding of an invoice line."""
    return divide_half_up(micros, MICROS_PER_CENT)


def parse_euros(text: str, *, unit: int, what: str) -> int:
    """Euros written as ``0.012`` or ``0,012`` to an integer of ``unit`` per euro, exactly.

    Zeros past the unit are allowed: ``1.200`` is 120 cents.

    Raises:
        BadInput: not a number, or finer than the unit; the message names ``what``.
    """
    match = EUROS.fullmatch(text.strip())
    if match is None:
        raise BadInput(f"{what}: {text!r} is not an amount in euros; write it like 0.012, without spaces")
    sign, euros, decimals = match[1], match[2], (match[3] or "").rstrip("0")
    finest: int = 10 ** len(decimals)
    scaled, rest = divmod(int(euros + decimals) * unit, finest)
    if rest:
        raise BadInput(f"{what}: {text!r} is finer than 1/{unit} euro; round it before the import")
    return -scaled if sign == "-" else scaled


def decimal_text(value: Fraction, *, places: int) -> str:
    """An exact value as plain decimals, rounded half-up for reading only: ``6.805479``.

    >>> decimal_text(Fraction(-1, 3), places=2), decimal_text(Fraction(1965, 1000), places=6)
    ('-0.33', '1.965000')
    """
    scaled = divide_half_up(value.numerator * 10**places, value.denominator)
    whole, rest = divmod(abs(scaled), 10**places)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def format_cents(cents: int) -> str:
    """Cents as a French reader expects them: ``1 234,56 €`` with no-break spaces."""
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), CENTS_PER_EURO)
    return f"{sign}{euros:,}".replace(",", THOUSANDS_SPACE) + f",{rest:02d}{UNIT_SPACE}€"


def format_micros(micros: int, *, places: int = 6) -> str:
    """Micro-euros in French with a fixed number of decimals, exact: cut only where zero.

    ``places`` is the least number of decimals; more are printed when the value has them.
    """
    sign = "-" if micros < 0 else ""
    euros, rest = divmod(abs(micros), MICROS_PER_EURO)
    decimals = f"{rest:06d}".rstrip("0").ljust(places, "0")
    number = f"{sign}{euros:,}".replace(",", THOUSANDS_SPACE)
    return (f"{number},{decimals}" if decimals else number) + f"{UNIT_SPACE}€"
