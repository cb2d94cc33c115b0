"""Numbers of the whole world, behind the French table of ``domain.numbers``: the ``phonenumbers`` library.

Its metadata is a snapshot without dates; it is asked only about what our own dated table does not know.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

from domain.french_numbers import NumberType
from domain.numbers import NumberKind, classify

# Calls have few distinct numbers: parsing one takes about 50 microseconds, finding it again a tenth of one.
CACHED_NUMBERS = 200_000

# FIXED_LINE_OR_MOBILE is North America above all, where both cost the same.
NUMBER_TYPES: dict[int, NumberType] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed",
    PhoneNumberType.VOIP: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "free",
    PhoneNumberType.SHARED_COST: "shared",
    PhoneNumberType.PREMIUM_RATE: "surcharged",
    PhoneNumberType.PERSONAL_NUMBER: "special",
    PhoneNumberType.PAGER: "special",
    PhoneNumberType.UAN: "special",
    PhoneNumberType.VOICEMAIL: "special",
}
# Digits dialled past the last are ignored by networks, so such a call can be answered and must be priced.
POSSIBLE = (ValidationResult.IS_POSSIBLE, ValidationResult.TOO_LONG)
NO_COUNTRY = ("001", "ZZ")


class Numbering:
    """Classifies dialled strings; remembers what the library said of a number."""

    def __init__(self) -> None:
        self._look_up = lru_cache(maxsize=CACHED_NUMBERS)(look_up)

    def classify(self, number: str | None, on: dt.date) -> NumberKind:
        """The kind of a number as dialled or presented, on a Paris day. Never raises; no number is ``unknown``."""
        return classify(number or "", on, self._look_up)


def look_up(e164: str) -> NumberKind | None:
    """What ``phonenumbers`` says of ``+`` and digits; None when no country's number has such a form.

    A number of a known country that matches no known range keeps its E.164 form and country with type
    ``unknown``: the metadata is younger or older than the call, and the tariff's longest prefix decides.
    """
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) not in POSSIBLE:
        return None
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    number_type = NUMBER_TYPES.get(phonenumbers.number_type(parsed), "unknown")
    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return NumberKind(text, None if region in NO_COUNTRY else region, number_type)
