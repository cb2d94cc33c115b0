"""The French numbering plan as dated rows: what a number's first digits make of it on a bill.

Sources: BILLING_RULES, "French numbers"; Arcep decision 2018-0881 (version of 1 August 2018) as changed by
2022-1583, in force on 1 January 2023; the price categories of special numbers since 1 October 2015. The
overseas 0709 and five-digit 09 blocks are as in libphonenumber 9.0.43, which takes them from that plan.
A row's ``valid_from`` is the edition of the plan that states it. Validity is half-open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

NumberType = Literal[
    "fixed", "mobile", "free", "shared", "surcharged", "emergency", "short", "special", "satellite", "unknown"
]

SPECIAL_NUMBERS_REFORM = dt.date(2015, 10, 1)
PLAN_2018 = dt.date(2018, 8, 1)
PLAN_2023 = dt.date(2023, 1, 1)


@dataclass(frozen=True)
class NationalRange:
    """Ten-digit national numbers whose first digits lie between ``first`` and ``last``, both included.

    ``replaces_zero`` stands for the leading 0 in E.164: ``33`` makes ``+33 1 ...`` of ``01 ...``. It is empty
    where the four digits 0508 themselves are the country code.
    """

    first: str
    last: str
    country: str
    number_type: NumberType
    replaces_zero: str
    valid_from: dt.date
    valid_to: dt.date | None = None


@dataclass(frozen=True)
class ShortRange:
    """Whole short numbers between ``first`` and ``last``, both included, of that many digits."""

    first: str
    last: str
    number_type: NumberType
    valid_from: dt.date
    valid_to: dt.date | None = None


NATIONAL_RANGES: tuple[NationalRange, ...] = (
    # Mainland. A longer prefix below wins over these.
    NationalRange("01", "05", "FR", "fixed", "33", PLAN_2018),
    NationalRange("06", "07", "FR", "mobile", "33", PLAN_2018),
    NationalRange("09", "09", "FR", "fixed", "33", PLAN_2018),
    # Special numbers: free, ordinary price of a call, and price of a call plus the service's own.
    NationalRange("0800", "0805", "FR", "free", "33", SPECIAL_NUMBERS_REFORM),
    NationalRange("0806", "0809", "FR", "shared", "33", SPECIAL_NUMBERS_REFORM),
    NationalRange("081", "082", "FR", "surcharged", "33", SPECIAL_NUMBERS_REFORM),
    NationalRange("089", "089", "FR", "surcharged", "33", SPECIAL_NUMBERS_REFORM),
    # Réunion and Mayotte share country code 262.
    NationalRange("0262", "0263", "RE", "fixed", "262", PLAN_2018),
    NationalRange("02688", "02688", "RE", "fixed", "262", PLAN_2023),
    NationalRange("0692", "0693", "RE", "mobile", "262", PLAN_2018),
    NationalRange("070920", "070923", "RE", "mobile", "262", PLAN_2023),
    NationalRange("09399", "09399", "RE", "fixed", "262", PLAN_2023),
    NationalRange("09479", "09479", "RE", "fixed", "262", PLAN_2023),
    NationalRange("09762", "09763", "RE", "fixed", "262", PLAN_2018),
    NationalRange("0269", "0269", "YT", "fixed", "262", PLAN_2018),
    NationalRange("02689", "02689", "YT", "fixed", "262", PLAN_2023),
    NationalRange("0639", "0639", "YT", "mobile", "262", PLAN_2018),
    NationalRange("070935", "070937", "YT", "mobile", "262", PLAN_2023),
    NationalRange("09398", "09398", "YT", "fixed", "262", PLAN_2023),
    NationalRange("09478", "09478", "YT", "fixed", "262", PLAN_2023),
    NationalRange("09769", "09769", "YT", "fixed", "262", PLAN_2018),
    # 06 39 98: kept by Arcep for films, so mainland in the middle of Mayotte's block.
    NationalRange("063998", "063998", "FR", "mobile", "33", PLAN_2018),
    # Guadeloupe, with Saint-Martin and Saint-Barthélemy.
    NationalRange("0590", "0590", "GP", "fixed", "590", PLAN_2018),
    NationalRange("05987", "05987", "GP", "fixed", "590", PLAN_2023),
    NationalRange("0690", "0691", "GP", "mobile", "590", PLAN_2018),
    NationalRange("070900", "070904", "GP", "mobile", "590", PLAN_2023),
    NationalRange("09395", "09395", "GP", "fixed", "590", PLAN_2023),
    NationalRange("09475", "09475", "GP", "fixed", "590", PLAN_2023),
    NationalRange("09760", "09761", "GP", "fixed", "590", PLAN_2018),
    NationalRange("09768", "09768", "GP", "fixed", "590", PLAN_2018),
    # Guyane.
    NationalRange("0594", "0594", "GF", "fixed", "594", PLAN_2018),
    NationalRange("05988", "05988", "GF", "fixed", "594", PLAN_2023),
    NationalRange("0694", "0694", "GF", "mobile", "594", PLAN_2018),
    NationalRange("070930", "070933", "GF", "mobile", "594", PLAN_2023),
    NationalRange("09396", "09396", "GF", "fixed", "594", PLAN_2023),
    NationalRange("09476", "09476", "GF", "fixed", "594", PLAN_2023),
    NationalRange("09764", "09765", "GF", "fixed", "594", PLAN_2018),
    # Martinique.
    NationalRange("0596", "0596", "MQ", "fixed", "596", PLAN_2018),
    NationalRange("05989", "05989", "MQ", "fixed", "596", PLAN_2023),
    NationalRange("0696", "0697", "MQ", "mobile", "596", PLAN_2018),
    NationalRange("070910", "070913", "MQ", "mobile", "596", PLAN_2023),
    NationalRange("09397", "09397", "MQ", "fixed", "596", PLAN_2023),
    NationalRange("09477", "09477", "MQ", "fixed", "596", PLAN_2023),
    NationalRange("09766", "09767", "MQ", "fixed", "596", PLAN_2018),
    # Saint-Pierre-et-Miquelon: six digits behind country code 508, or nine for the new mobiles.
    NationalRange("0508", "0508", "PM", "fixed", "", PLAN_2018),
    NationalRange("050840", "050840", "PM", "mobile", "", PLAN_2018),
    NationalRange("050844", "050844", "PM", "mobile", "", PLAN_2018),
    NationalRange("050855", "050856", "PM", "mobile", "", PLAN_2018),
    NationalRange("070840", "070845", "PM", "mobile", "508", PLAN_2023),
    NationalRange("070850", "070856", "PM", "mobile", "508", PLAN_2023),
)

# The narrower range comes first: 116000 is an emergency number before it is one of the free 116xxx.
SHORT_RANGES: tuple[ShortRange, ...] = (
    *(
        ShortRange(number, number, "emergency", SPECIAL_NUMBERS_REFORM)
        for number in (
            *("15", "17", "18", "112", "114", "115", "116000", "116111", "116117"),
            *("119", "191", "196", "197"),
        )
    ),
    ShortRange("116000", "116999", "free", SPECIAL_NUMBERS_REFORM),
    ShortRange("118000", "118999", "surcharged", SPECIAL_NUMBERS_REFORM),
    ShortRange("1000", "1099", "surcharged", SPECIAL_NUMBERS_REFORM),
    ShortRange("3000", "3007", "free", SPECIAL_NUMBERS_REFORM),
    ShortRange("3009", "3169", "free", SPECIAL_NUMBERS_REFORM),
    ShortRange("3180", "3199", "free", SPECIAL_NUMBERS_REFORM),
    ShortRange("3000", "3999", "surcharged", SPECIAL_NUMBERS_REFORM),
    # Any other three-digit number is one we know nothing of.
    ShortRange("100", "199", "short", SPECIAL_NUMBERS_REFORM),
)
