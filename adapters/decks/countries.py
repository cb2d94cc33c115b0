"""The country of a destination: as the deck names it, in letters or in words, else as its prefix says."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

from adapters.decks.columns import folded
from domain.countries import FRENCH_NAMES
from domain.french_numbers import NATIONAL_RANGES
from domain.prefixes import SHORT_PREFIX

# Codes of no country: satellites and international networks.
WORLD = "001"
ISO = re.compile(r"[A-Z]{2}", re.ASCII)
COUNTRIES = {folded(name): code for code, name in FRENCH_NAMES.items()} | {"uk": "GB", "usa": "US"}


@cache
def named_country(text: str) -> str | None:
    """``FR``, ``001``, ``France``, ``Emirats arabes unis``; None for words that are no country's French name."""
    if text == WORLD or text in FRENCH_NAMES:
        return text
    return COUNTRIES.get(folded(text))


def country_of(prefix: str) -> str | None:
    """The country whose numbers begin with a prefix; of several under one code, the one that its digits tell."""
    if SHORT_PREFIX.fullmatch(prefix):
        return prefix[:2]
    code = calling_code(prefix)
    return None if code is None else _only_country(code) or _within(code, prefix[len(code) :][:5])


def calling_code(prefix: str) -> str | None:
    """``33`` of ``33612``; None when no country's code begins so."""
    return _calling_code(prefix[:3])


@cache
def _calling_code(head: str) -> str | None:
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((head[:length] for length in (1, 2, 3) if int(head[:length]) in known), None)


@cache
def _only_country(code: str) -> str | None:
    """The country of a code that is one country's alone."""
    countries = {*phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]}
    countries |= {found.country for found in NATIONAL_RANGES if found.replaces_zero == code}
    return countries.pop() if len(countries) == 1 else None


def calling_codes(country: str) -> str:
    """The code a country's numbers begin with; empty for none."""
    return str(phonenumbers.country_code_for_region(country) or "")


@cache
def has_trunk_zero(code: str) -> bool:
    """Whether numbers under a code are dialled with a 0 at home that nobody dials from abroad."""
    metadata = _metadata(phonenumbers.region_code_for_country_code(int(code)))
    return metadata is not None and metadata.national_prefix == "0"


@cache
def _within(code: str, national: str) -> str:
    # Our own table first: the library tells Réunion and Mayotte apart only by whole numbers.
    dialled = f"0{national}"
    ranges = [r for r in NATIONAL_RANGES if r.replaces_zero == code and r.first <= dialled[: len(r.first)] <= r.last]
    if ranges:
        return max(ranges, key=lambda found: len(found.first)).country
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    for region in regions[1:]:
        metadata = _metadata(region)
        if metadata and metadata.leading_digits and re.match(metadata.leading_digits, national):
            return str(region)
    return str(regions[0])


@cache
def _metadata(region: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region(region, None)
