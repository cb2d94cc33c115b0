"""What the cells of a deck say: prices in any unit to micro-euros, dates, increments. Exact, or refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple

from domain.errors import BadInput
from domain.money import MICROS_PER_CENT, MICROS_PER_EURO

SPACES = re.compile(r"[\s\u00a0\u202f]")
CURRENCY = re.compile(r"^(?:€|EUR)|(?:c?€|EUR)$", re.IGNORECASE)
CENTS_MARK = "c€"
# Thousands are understood only where the other mark follows them: 1.234,56.
NUMBER = re.compile(
    r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3})+(?=,)|[0-9]{1,3}(?:,[0-9]{3})+(?=\.))(?:[.,][0-9]{1,30})?", re.ASCII
)
# One mark and three figures after it, no zero before: 1,234 is a price of a minute, or a thousand.
AMBIGUOUS = re.compile(r"-?[1-9][0-9]{0,2}([.,])[0-9]{3}", re.ASCII)
DECIMAL = re.compile(r"-?[0-9]+([.,])[0-9]+", re.ASCII)
DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: 00:00(?::00)?)?", re.ASCII)
ISO_DATE = re.compile(r"([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})(?:[ T]00:00(?::00)?)?", re.ASCII)
INCREMENTS = re.compile(r"([0-9]{1,5}) ?(?:s|sec)?(?: ?[/+:-] ?([0-9]{1,5}) ?(?:s|sec)?)?", re.ASCII | re.IGNORECASE)
MONEY = {
    "": MICROS_PER_EURO,
    **dict.fromkeys(("eur", "euro", "euros", "€"), MICROS_PER_EURO),
    **dict.fromkeys(("c", "ct", "cts", "cent", "cents", "centime", "centimes", "c€"), MICROS_PER_CENT),
}
PERIODS = {
    **dict.fromkeys(("", "min", "mn", "minute", "minutes"), 1),
    **dict.fromkeys(("s", "sec", "second", "seconde"), 60),
}
CALLS = ("", "call", "appel")


class Unit(NamedTuple):
    """What a price's figure counts: so many micro-euros, so many times a minute."""

    name: str
    micros: int
    per_minute: int


def parse_unit(text: str) -> Unit:
    """``EUR/min``, ``cents/min``, ``c€ par minute``, ``EUR/s``; a currency alone is by the minute.

    Raises:
        BadInput: another currency, or no unit of a price at all.
    """
    money, period = unit_words(text)
    if money not in MONEY or period not in PERIODS or not (money or period):
        raise BadInput(
            f"{text!r} is no unit of a price that is known here; say EUR/min or cents/min, and convert other currencies"
        )
    return Unit(text.strip(), MONEY[money], PERIODS[period])


def parse_call_unit(text: str) -> Unit:
    """``EUR``, ``cents per call``: the unit of an amount that a call owes once.

    Raises:
        BadInput: another currency, or an amount by the minute.
    """
    money, period = unit_words(text)
    if money not in MONEY or period not in CALLS:
        raise BadInput(f"{text!r} is no unit of a call's amount; say EUR or cents, and convert other currencies")
    return Unit(text.strip(), MONEY[money], 1)


def unit_words(text: str) -> tuple[str, str]:
    """The money and the time of a unit as written: ``eur`` and ``min``; empty for what it does not say."""
    bare = re.sub(r"\b(?:par|per|la)\b", "/", text.casefold())
    money, _, period = (part.strip() for part in bare.partition("/"))
    return money, period


def decimal_marks(texts: Iterable[str]) -> frozenset[str]:
    """The marks that are surely decimal in a column: by what stands around them, 0,012 or 1.2345."""
    bare = {SPACES.sub("", text) for text in texts}
    return frozenset(match[1] for text in bare if (match := DECIMAL.fullmatch(text)) and not AMBIGUOUS.fullmatch(text))


def parse_micros(text: str, what: str, unit: Unit, marks: frozenset[str]) -> int:
    """A figure in a unit to micro-euros per minute (or micro-euros, for a unit without a period), exactly.

    Raises:
        BadInput: no figure, negative, finer than a micro-euro, or a mark that may be of thousands.
    """
    spaceless = SPACES.sub("", text)
    bare = CURRENCY.sub("", spaceless)
    if bare != spaceless and (CENTS_MARK in spaceless.lower()) != (unit.micros == MICROS_PER_CENT):
        raise BadInput(f"{what}: {text!r} does not count {unit.name}, as its column does; write the figure alone")
    if not NUMBER.fullmatch(bare):
        raise BadInput(f"{what}: {text!r} is not a price; write it like 0.012 or 0,012")
    doubtful = AMBIGUOUS.fullmatch(bare)
    if doubtful and marks != {doubtful[1]}:
        thousands = bare.replace(doubtful[1], "")
        raise BadInput(f"{what}: {text!r} may be thousands or a fraction; write {thousands} or {bare}0")
    cut = max(bare.rfind("."), bare.rfind(","))
    whole, decimals = (bare, "") if cut < 0 else (bare[:cut], bare[cut + 1 :].rstrip("0"))
    digits = re.sub(r"[.,-]", "", whole) + decimals
    micros, rest = divmod(int(digits) * unit.micros * unit.per_minute, int(10 ** len(decimals)))
    if rest:
        raise BadInput(
            f"{what}: {text!r} is finer than a micro-euro ({unit.name or 'EUR'}); round it to six decimals of a euro"
            " in the deck (a formula's result shows fewer than it holds)"
        )
    if bare.startswith("-") and micros:
        raise BadInput(f"{what}: {text} is negative; write credits as credit notes, not as rates")
    return micros


def parse_date(text: str, what: str) -> dt.date:
    """``2026-12-01``, ``20261201``, or the day first: ``01/12/2026``, ``1.12.2026``."""
    if match := ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        raise BadInput(f"{what}: {text!r} is not a date; write 2026-12-01, or 01/12/2026 with the day first")
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise BadInput(
            f"{what}: {text!r} is not a day of the calendar; the day comes first, or write 2026-12-01"
        ) from None


def parse_increments(text: str, what: str) -> tuple[int | None, int]:
    """``60/60`` to its initial seconds and its increment; ``6`` alone is an increment."""
    match = INCREMENTS.fullmatch(text)
    if match is None or not int(match[1]) or (match[2] and not int(match[2])):
        raise BadInput(f"{what}: {text!r} are no seconds; write them like 60/60 or 30/6, from 1 up")
    return (None, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
