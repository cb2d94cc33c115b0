"""Numbers as dialled to what a bill needs: E.164, country and type.

Our own dated French table comes first, because a general library reads 0692, 0639 or 0590 in national format as
invalid and 0263, 0269, 0596 or 0508 as mainland; then the ``lookup`` passed in (``adapters.numbering``); a number of
a known country but no known type stays ``unknown`` and is left to the tariff's longest prefix. Types are about
numbers dialled to a carrier: an extension such as 1001 has to be told apart before.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from domain.french_numbers import NATIONAL_RANGES, SHORT_RANGES, NationalRange, NumberType, ShortRange

FRENCH_LENGTH = 10
E164_LENGTHS = range(7, 16)
SEPARATORS = re.compile(r"[\s.\-()/\u2010-\u2015]")
INTERNATIONAL = re.compile(r"(?:\+|00)([1-9][0-9]+)", re.ASCII)
NATIONAL = re.compile(r"0[1-9][0-9]+", re.ASCII)
SHORT = re.compile(r"[13][0-9]{1,5}", re.ASCII)
# E.164 digits whose + was lost on the way, as some carriers send callers. Shorter ones could be anything.
BARE = re.compile(r"[1-9][0-9]{10,14}", re.ASCII)
# Country codes of no country (ITU-T E.164 list), which general libraries know only in part.
GLOBAL_TYPES: tuple[tuple[str, NumberType], ...] = (
    *((code, "satellite") for code in ("870", "881", "88216")),
    ("800", "free"),
    *((code, "special") for code in ("808", "878", "882", "883", "888", "979", "991")),
)


@dataclass(frozen=True)
class NumberKind:
    """What a dialled number is.

    ``e164`` has its ``+``; it is None for a short number (no E.164 exists: ``+33`` and 3639 would collide with
    mainland 03 63 9...), whose digits are ``short_number``, and for what is no number at all. ``country`` is
    ISO 3166 alpha-2, None when unknown or of no country.
    """

    e164: str | None
    country: str | None
    number_type: NumberType
    short_number: str | None = None

    @property
    def called_digits(self) -> str | None:
        """What a tariff's prefix is matched with: E.164 digits, or a short number behind its country (``FR3639``)."""
        if self.e164 is not None:
            return self.e164[1:]
        return f"{self.country}{self.short_number}" if self.short_number else None

    @property
    def is_free_to_caller(self) -> bool:
        """Whether nobody who calls it may be charged: help, and French free numbers. +1 800 is only free in America."""
        return self.number_type == "emergency" or (self.number_type == "free" and self.country == "FR")


# Takes E.164 with its +; gives None when that cannot be a number of the public network.
Lookup = Callable[[str], NumberKind | None]

NO_NUMBER = NumberKind(None, None, "unknown")


def classify(dialled: str, on: dt.date, lookup: Lookup) -> NumberKind:
    """A dialled or presented string, on a Paris day, to its kind. Never raises on any text.

    Understood: ``+33 1 ...``, ``0033 1 ...``, ``00 44 ...``, national ``01 ...``, short ``3639``, bare E.164 digits of
    a known number; separators people write. Feature codes (``*99*``) and SIP users (``agent-alice``) are no number.
    """
    text = SEPARATORS.sub("", dialled)
    if match := INTERNATIONAL.fullmatch(text):
        return international(match[1], on, lookup)
    if NATIONAL.fullmatch(text):
        return national(text, on, lookup)
    if SHORT.fullmatch(text):
        return short_number(text, on) or NO_NUMBER
    if BARE.fullmatch(text):
        kind = international(text, on, lookup)
        return NO_NUMBER if kind.number_type == "unknown" else kind
    return NO_NUMBER


def international(digits: str, on: dt.date, lookup: Lookup) -> NumberKind:
    """E.164 digits, country code first, without ``+``."""
    for form in french_national_forms(digits):
        known = french_number(form, on)
        # A mainland +33 before an overseas number (+33 692 ...) is a wrong but common way to write it.
        if known is not None and (digits.startswith("33") or known.e164 == f"+{digits}"):
            return known
    if digits.startswith("33") and SHORT.fullmatch(digits[2:]) and (short := short_number(digits[2:], on)):
        return short
    return elsewhere(digits, lookup)


def elsewhere(digits: str, lookup: Lookup) -> NumberKind:
    """E.164 digits our own table does not know: numbers of no country, then what the lookup says."""
    if len(digits) not in E164_LENGTHS:
        return NO_NUMBER
    for code, number_type in GLOBAL_TYPES:
        if digits.startswith(code):
            return NumberKind(f"+{digits}", None, number_type)
    return lookup(f"+{digits}") or NO_NUMBER


def national(text: str, on: dt.date, lookup: Lookup) -> NumberKind:
    """A number dialled with its leading 0 in France."""
    # Left to the lookup: ranges outside the table (083, 084 ...) and digits past the tenth, which networks ignore.
    return french_number(text, on) or elsewhere(f"33{text[1:]}", lookup)


def french_national_forms(digits: str) -> tuple[str, ...]:
    """How E.164 digits of a French country code read in national format, a kept trunk 0 included."""
    for code in ("33", "262", "590", "594", "596"):
        if digits.startswith(code):
            rest = digits[len(code) :]
            return (rest,) if rest.startswith("0") else (f"0{rest}",)
    if digits.startswith("508"):
        return f"0{digits}", f"0{digits[3:]}"
    return ()


def french_number(text: str, on: dt.date) -> NumberKind | None:
    """A ten-digit national number by the longest row of the table in force that day; None when no row has it."""
    if len(text) != FRENCH_LENGTH:
        return None
    index = national_index()
    for length in range(len(text), 1, -1):
        for row in index.get(text[:length], ()):
            if is_in_force(row, on):
                return NumberKind(f"+{row.replaces_zero}{text[1:]}", row.country, row.number_type)
    return None


def short_number(text: str, on: dt.date) -> NumberKind | None:
    """A French short number by the first row that holds it that day."""
    for row in SHORT_RANGES:
        if len(text) == len(row.first) and row.first <= text <= row.last and is_in_force(row, on):
            return NumberKind(None, "FR", row.number_type, text)
    return None


def is_in_force(row: NationalRange | ShortRange, on: dt.date) -> bool:
    """Whether a row of the table counts on a day; its last day is excluded."""
    return row.valid_from <= on and (row.valid_to is None or on < row.valid_to)


@cache
def national_index() -> dict[str, list[NationalRange]]:
    """The table by prefix, made when first asked for."""
    index = defaultdict(list)
    for row in NATIONAL_RANGES:
        for number in range(int(row.first), int(row.last) + 1):
            index[f"{number:0{len(row.first)}d}"].append(row)
    return dict(index)
