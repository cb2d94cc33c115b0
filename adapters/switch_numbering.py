"""What people dial in a country, as the switch's rules: regular expressions and what is sent to the carrier.

For France they are made of the same dated table that rates the call (``domain.french_numbers``), so that the
switch and the bill never read a number differently; for other countries, of what ``phonenumbers`` knows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import phonenumbers
from phonenumbers import PhoneMetadata

from domain.errors import BadInput
from domain.french_numbers import NATIONAL_RANGES, SHORT_RANGES, NationalRange
from domain.numbers import E164_LENGTHS, FRENCH_LENGTH, is_in_force
from domain.risky_ranges import RiskyRange, rows_in_force

# The countries whose people dial by the French plan.
FRENCH_PLAN = frozenset({"FR", "GF", "GP", "MQ", "PM", "RE", "YT"})
INTERNATIONAL = r"^(?:\+|00)([1-9]\d{6,14})$"
SHORT_LENGTHS = (2, 3)


@dataclass(frozen=True)
class DialRule:
    """What is dialled, what is sent (``$1`` is the pattern's group), and the type of such a number."""

    pattern: str
    sent: str
    number_type: str

    def sends(self, dialled: str) -> str | None:
        """What the switch sends for what was dialled; None when the rule is not about it."""
        match = re.fullmatch(self.pattern, dialled, re.ASCII)
        return None if match is None else self.sent.replace("$1", match[1])


@dataclass(frozen=True)
class DialPlan:
    """The rules of a country, the first that fits counts. Emergency numbers stand apart: nothing may bar them."""

    country: str
    emergency: str
    rules: tuple[DialRule, ...]

    def type_of(self, dialled: str) -> str | None:
        """The type of what was dialled; None when it is no number here."""
        if re.fullmatch(self.emergency, dialled, re.ASCII):
            return "emergency"
        return next((rule.number_type for rule in self.rules if rule.sends(dialled) is not None), None)


def refuse_dialled_name(name: str, plan: DialPlan) -> None:
    """Raises BadInput for a telephone's name that its customer's people dial as a number: it would hide that number."""
    if (number_type := plan.type_of(name)) is not None:
        raise BadInput(
            f"user_name {name} is a number that people dial in {plan.country} ({number_type}), and the telephone would "
            "take its calls; give it a name with a letter, or digits that are no number"
        )


def dial_plan(country: str, on: dt.date) -> DialPlan:
    """The plan people in a country dial by, on a local day.

    Raises:
        BadInput: no plan of that country is known.
    """
    if country in FRENCH_PLAN:
        return DialPlan(
            "FR",
            french_emergency(on),
            (*french_rules(on), *risky_rules(on), DialRule(INTERNATIONAL, "+$1", "international")),
        )
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.general_desc is None:
        raise BadInput(f"country {country!r} has no numbering plan that phonenumbers knows; correct the customer")
    own, abroad = foreign_rules(metadata, metadata.general_desc.possible_length)
    return DialPlan(country, foreign_emergency(country), (own, *risky_rules(on), abroad))


def risky_rules(on: dt.date) -> Iterator[DialRule]:
    """Satellites and known-fraud ranges, which ``conf/dialplan/outgoing.xml`` refuses by their type."""
    for (length, risk), same in groupby(rows_in_force(on), key=_length_and_risk):
        prefixes = "|".join(row.prefix for row in same)
        rest = rf"\d{{{E164_LENGTHS.start - length},{E164_LENGTHS.stop - 1 - length}}}"
        yield DialRule(rf"^(?:\+|00)((?:{prefixes}){rest})$", "+$1", risk)


def _length_and_risk(row: RiskyRange) -> tuple[int, str]:
    return len(row.prefix), row.risk


def french_emergency(on: dt.date) -> str:
    """The emergency numbers of the French table in force that day."""
    rows = (row for row in SHORT_RANGES if row.number_type == "emergency" and is_in_force(row, on))
    return f"^({'|'.join(range_pattern(row.first, row.last) for row in rows)})$"


def french_rules(on: dt.date) -> Iterator[DialRule]:
    """Short numbers in the table's order, then national ones, the longest prefix first."""
    for short in SHORT_RANGES:
        if short.number_type != "emergency" and is_in_force(short, on):
            yield DialRule(f"^({range_pattern(short.first, short.last)})$", "$1", short.number_type)
    rows = [row for row in NATIONAL_RANGES if is_in_force(row, on)]
    for (_, code, number_type), same in groupby(sorted(rows, key=_order), key=_order):
        national = "|".join(national_pattern(row) for row in same)
        yield DialRule(f"^{trunk_pattern(code)}({national})$", f"+{code}$1", number_type)
    # Ranges the plan keeps in reserve: the carrier decides, and the tariff's longest prefix.
    yield DialRule(rf"^{trunk_pattern('33')}([1-9]\d{{8}})$", "+33$1", "unknown")


def _order(row: NationalRange) -> tuple[int, str, str]:
    return -len(row.first), row.replaces_zero, row.number_type


def national_pattern(row: NationalRange) -> str:
    """A row's ten digits without the leading 0."""
    return rf"{range_pattern(row.first[1:], row.last[1:])}\d{{{FRENCH_LENGTH - len(row.first)}}}"


def trunk_pattern(code: str) -> str:
    """How a national number may begin: 0, or a country code that people wrongly follow with 0; 33 does for overseas."""
    if not code:  # 0508: those digits are themselves the country code
        return r"(?:0|(?:\+|00)(?:330?)?)"
    codes = code if code == "33" else f"(?:33|{code})"
    return rf"(?:0|(?:\+|00){codes}0?)"


def foreign_emergency(country: str) -> str:
    """Two or three digits that reach help in a country."""
    candidates = (f"{n:0{length}d}" for length in SHORT_LENGTHS for n in range(10**length))
    numbers = [number for number in candidates if phonenumbers.is_emergency_number(number, country)]
    return f"^({'|'.join(numbers)})$"


def foreign_rules(metadata: PhoneMetadata, lengths: tuple[int, ...]) -> tuple[DialRule, DialRule]:
    """A country's own numbers, with its trunk prefix where one is dialled; then the rest of the world."""
    code, trunk = metadata.country_code, metadata.national_prefix or ""
    digits = rf"[1-9]\d{{{min(lengths) - 1},{max(lengths) - 1}}}"
    # Monaco: all numbers are dialled bare, though the old 0 is still understood.
    is_dialled = all(form.national_prefix_formatting_rule for form in metadata.number_format)
    begins = rf"(?:{trunk}{'' if is_dialled else '|'}|(?:\+|00){code}{trunk}?)" if trunk else rf"(?:(?:\+|00){code})?"
    return (
        DialRule(f"^{begins}({digits})$", f"+{code}$1", "national"),
        DialRule(INTERNATIONAL, "+$1", "international"),
    )


def range_pattern(first: str, last: str) -> str:
    """A regular expression of the numbers between two of equal length, both included."""
    if first == last:
        return first
    if first[0] == last[0]:
        return first[0] + range_pattern(first[1:], last[1:])
    rest = len(first) - 1
    low, high = int(first[0]), int(last[0])
    parts = []
    if first[1:] != "0" * rest:
        parts.append(first[0] + range_pattern(first[1:], "9" * rest))
        low += 1
    above = []
    if last[1:] != "9" * rest:
        above.append(last[0] + range_pattern("0" * rest, last[1:]))
        high -= 1
    if low <= high:
        head = str(low) if low == high else f"[{low}-{high}]"
        parts.append(head + (rf"\d{{{rest}}}" if rest else ""))
    parts += above
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
