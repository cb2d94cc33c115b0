"""Ranges no ordinary business calls and fraud lives on, as dated rows: the switch refuses them by default.

A call to one that went through is rated like any other, and is always a finding (docs/decisions/0016).
Sources. Codes of no country: ITU-T E.164, list of assigned codes (870, 881, 882, 883 networks, 979 premium rate).
Countries: where hijacked telephones and Wangiri call-backs are sent to, as fraud reports name them year after year
(commsrisk, "What is new with IRSF fraud": Cuba and Somalia; Quick Heal's list of Wangiri callers: 239, 252) and the
small islands whose number ranges are let to premium rate resellers. No authority publishes a list, so this one is
meant to be short: a country with an ordinary trade with France (Latvia, Tunisia, Comoros) is not in it, though
fraud goes there too; spend, bursts and night traffic are what watches those. Add rows as carriers report them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Literal

Risk = Literal["satellite", "high_risk"]
E164_CODES = dt.date(2018, 8, 1)
REPORTS_2020 = dt.date(2021, 1, 1)


@dataclass(frozen=True)
class RiskyRange:
    """E.164 numbers that begin with ``prefix``, from ``valid_from`` until the day before ``valid_to``."""

    prefix: str
    risk: Risk
    what: str
    valid_from: dt.date
    valid_to: dt.date | None = None


RISKY_RANGES: tuple[RiskyRange, ...] = (
    RiskyRange("870", "satellite", "Inmarsat", E164_CODES),
    RiskyRange("881", "satellite", "Iridium, Globalstar", E164_CODES),
    RiskyRange("88216", "satellite", "Thuraya", E164_CODES),
    RiskyRange("882", "high_risk", "international networks", E164_CODES),
    RiskyRange("883", "high_risk", "international networks", E164_CODES),
    RiskyRange("979", "high_risk", "international premium rate", E164_CODES),
    RiskyRange("239", "high_risk", "São Tomé and Príncipe", REPORTS_2020),
    RiskyRange("247", "high_risk", "Ascension", REPORTS_2020),
    RiskyRange("252", "high_risk", "Somalia", REPORTS_2020),
    RiskyRange("263", "high_risk", "Zimbabwe", REPORTS_2020),
    RiskyRange("53", "high_risk", "Cuba", REPORTS_2020),
    RiskyRange("674", "high_risk", "Nauru", REPORTS_2020),
    RiskyRange("675", "high_risk", "Papua New Guinea", REPORTS_2020),
    RiskyRange("677", "high_risk", "Solomon Islands", REPORTS_2020),
    RiskyRange("682", "high_risk", "Cook Islands", REPORTS_2020),
    RiskyRange("683", "high_risk", "Niue", REPORTS_2020),
    RiskyRange("686", "high_risk", "Kiribati", REPORTS_2020),
    RiskyRange("688", "high_risk", "Tuvalu", REPORTS_2020),
    RiskyRange("690", "high_risk", "Tokelau", REPORTS_2020),
    RiskyRange("692", "high_risk", "Marshall Islands", REPORTS_2020),
)


def risk_of(digits: str, on: dt.date) -> Risk | None:
    """The risk of E.164 digits on a day, by the longest row in force.

    >>> risk_of("252612345678", dt.date(2026, 11, 22)), risk_of("442079460018", dt.date(2026, 11, 22))
    ('high_risk', None)
    """
    return next((row.risk for row in rows_in_force(on) if digits.startswith(row.prefix)), None)


@cache
def rows_in_force(on: dt.date) -> tuple[RiskyRange, ...]:
    """The rows that count on a day, longest prefix first."""
    rows = (row for row in RISKY_RANGES if row.valid_from <= on and (row.valid_to is None or on < row.valid_to))
    return tuple(sorted(rows, key=lambda row: (-len(row.prefix), row.risk, row.prefix)))
