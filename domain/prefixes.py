"""Prefixes as carriers write them: lists, ranges, country and area codes apart; and what a set of them leaves out.

A prefix is E.164 digits (``336``), or a country and a short number of its network (``FR3639``): 3639 alone
would be Hungary, +36 39.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable

from domain.errors import BadInput

# E.164 numbers have at most 15 digits and no country code begins with 0 (ITU-T E.164, 6.1).
E164_PREFIX = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
SHORT_PREFIX = re.compile(r"[A-Z]{2}[1-9][0-9]{1,5}", re.ASCII)
PREFIX = re.compile(f"{E164_PREFIX.pattern}|{SHORT_PREFIX.pattern}", re.ASCII)
# A line break inside a cell separates too; a space does not: "33 1 62" is one prefix.
LIST = re.compile(r"[;,/|\n]")
RANGE = re.compile(r"\s*(?:-|–|—|\bto\b|\bà\b)\s*")
# No point: 33.0 is what a table of numbers makes of 33, and would become 330.
GROUPING = re.compile(r"[\s\u00a0\u202f]")
FOR_EVER = dt.date.max

Days = tuple[dt.date, dt.date]


def parse_prefix(text: str, *, what: str) -> str:
    """The one prefix of a cell that may name no more: ``+33 6``, ``00336``, ``336``; ``FR 3639``.

    Raises:
        BadInput: it is no prefix, or names several; the message names ``what``.
    """
    prefixes = parse_prefixes(text, what=what)
    if len(prefixes) != 1:
        raise BadInput(f"{what}: {text!r} is not one prefix; write one a row, like 336 or +336")
    return prefixes[0]


def parse_prefixes(text: str, *, what: str, country_code: str = "") -> tuple[str, ...]:
    """Every prefix a cell names, in its order: ``+33 6``, ``00337``, ``33162-33168``, ``1, 2-5`` under ``33``.

    With a ``country_code`` the cell holds what follows it, as written. A range becomes the fewest prefixes that
    say the same.

    >>> parse_prefixes("+33 6; 00337", what="prefix"), parse_prefixes("33160-33171", what="prefix")
    (('336', '337'), ('3316', '33170', '33171'))

    Raises:
        BadInput: a piece is no prefix or no range; the message names ``what``.
    """
    plain = country_code + text if country_code else text.removeprefix("+")
    if E164_PREFIX.fullmatch(plain):
        return (plain,)
    pieces = [piece.strip() for piece in LIST.split(text)]
    found = [
        prefix
        for piece in pieces
        if piece
        for prefix in (_range(piece, what, country_code) if RANGE.search(piece) else (_bare(piece, country_code),))
    ]
    prefixes = [country_code + prefix for prefix in found]
    for prefix in prefixes:
        if not (E164_PREFIX.fullmatch(prefix) or SHORT_PREFIX.fullmatch(prefix)):
            raise BadInput(
                f"{what}: {text!r} is not a prefix; write the country code and what follows, like 336 or +336,"
                " a range like 33162-33168, or a country's short number like FR3639"
            )
    return tuple(prefixes)


def fewest_prefixes(first: str, last: str) -> list[str]:
    """The shortest list of prefixes that means every number from ``first...`` to ``last...``, both of one length.

    >>> fewest_prefixes("33162", "33168")[-1], fewest_prefixes("100", "299"), fewest_prefixes("08", "11")
    ('33168', ['1', '2'], ['08', '09', '10', '11'])
    """
    found = []
    begin, end, length = int(first), int(last), len(first)
    while begin <= end:
        dropped = 0
        while dropped < length and begin % 10 ** (dropped + 1) == 0 and begin + 10 ** (dropped + 1) - 1 <= end:
            dropped += 1
        found.append(f"{begin:0{length}d}"[: length - dropped])
        begin += int(10**dropped)
    return found


class Coverage:
    """Prefixes and the days each is priced: a call is priced by any prefix of its number."""

    def __init__(self, priced: Iterable[tuple[str, dt.date, dt.date | None]]) -> None:
        self._days: dict[str, list[Days]] = defaultdict(list)
        for prefix, begins, ends in priced:
            self._days[prefix].append((begins, ends or FOR_EVER))
        # What some longer prefix begins with: below it there is something to look at.
        self._begun = {prefix[:length] for prefix in self._days for length in range(1, len(prefix))}

    def holes(self, prefix: str, begins: dt.date, ends: dt.date | None) -> list[tuple[str, dt.date, dt.date]]:
        """Where numbers of ``prefix`` have no price on days of ``[begins, ends)``: the pieces and their days."""
        left = [(begins, ends or FOR_EVER)]
        for length in range(1, len(prefix) + 1):
            for priced in self._days.get(prefix[:length], ()):
                left = _without(left, priced)
            if not left:
                return []
        return self._below(prefix, left)

    def _below(self, prefix: str, left: list[Days]) -> list[tuple[str, dt.date, dt.date]]:
        if prefix not in self._begun:
            return [(prefix, *days) for days in left]
        holes = []
        for child in (prefix + digit for digit in "0123456789"):
            rest = left
            for priced in self._days.get(child, ()):
                rest = _without(rest, priced)
            holes += self._below(child, rest) if rest else []
        return holes


def _without(spans: list[Days], taken: Days) -> list[Days]:
    pieces = [(begins, min(ends, taken[0])) for begins, ends in spans]
    pieces += [(max(begins, taken[1]), ends) for begins, ends in spans]
    return [(begins, ends) for begins, ends in pieces if begins < ends]


def _range(text: str, what: str, country_code: str) -> list[str]:
    first, last, *more = [_bare(side, country_code) for side in RANGE.split(text)]
    country = first[:2] if SHORT_PREFIX.fullmatch(first) and not country_code else ""
    low, high = first.removeprefix(country), last.removeprefix(country)
    if more or not (low.isascii() and low.isdigit() and high.isascii() and high.isdigit()):
        raise BadInput(f"{what}: {text!r} is not a range of prefixes; write it like 33162-33168")
    if len(low) != len(high) or low > high:
        raise BadInput(
            f"{what}: {text!r} may be a range or one prefix: write a range with both ends of one length, the lower"
            " first, like 33162-33168, and a prefix without a dash"
        )
    return [country + prefix for prefix in fewest_prefixes(low, high)]


def _bare(text: str, country_code: str) -> str:
    """Digits without what people put between and before them; 00 and + say that a country code follows."""
    bare = GROUPING.sub("", text)
    if country_code:
        return bare
    return bare.removeprefix("+") if bare.startswith("+") else bare.removeprefix("00")
