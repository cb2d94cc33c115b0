"""The whole world's numbers: our table first, ``phonenumbers`` behind it."""

from __future__ import annotations

import datetime as dt
import re

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from adapters.numbering import NUMBER_TYPES, Numbering
from domain.numbers import NO_NUMBER, NumberKind

DAY = dt.date(2026, 11, 22)
NUMBERING = Numbering()


@pytest.mark.parametrize(
    ("dialled", "e164", "country", "number_type"),
    [
        ("+442079460018", "+442079460018", "GB", "fixed"),
        ("00447400123456", "+447400123456", "GB", "mobile"),
        ("+32470123456", "+32470123456", "BE", "mobile"),
        ("+41446681800", "+41446681800", "CH", "fixed"),
        ("+390698123456", "+390698123456", "IT", "fixed"),  # Italy keeps its leading 0
        ("+44 (0)20 7946 0018", "+442079460018", "GB", "fixed"),  # Britain does not
        ("+14155550101", "+14155550101", "US", "fixed"),
        ("+16135550123", "+16135550123", "CA", "fixed"),
        ("+37799123456", "+37799123456", "MC", "fixed"),
        ("+377612345678", "+377612345678", "MC", "mobile"),
        ("+687751234", "+687751234", "NC", "mobile"),
        ("+681721234", "+681721234", "WF", "fixed"),
        ("+68987123456", "+68987123456", "PF", "mobile"),
        ("+18005551234", "+18005551234", "US", "free"),
        ("+449012345678", "+449012345678", "GB", "surcharged"),
        ("0836123456", "+33836123456", "FR", "surcharged"),
        ("442079460018", "+442079460018", "GB", "fixed"),
    ],
)
def test_a_number_of_the_world_has_its_country_and_type(dialled, e164, country, number_type):
    assert NUMBERING.classify(dialled, DAY) == NumberKind(e164, country, number_type)


@pytest.mark.parametrize(
    ("dialled", "e164", "country"),
    [
        ("+6895012345", None, None),  # too short for any of French Polynesia
        ("+68950123456", "+68950123456", "PF"),
        ("+44207946001899", "+44207946001899", "GB"),
        ("0700123456789", "+33700123456789", "FR"),  # mainland machine-to-machine, ten digits behind 0700
        ("+262612345678", "+262612345678", "RE"),
    ],
)
def test_a_number_of_a_known_country_but_no_known_range_keeps_its_form_for_the_tariff(dialled, e164, country):
    assert NUMBERING.classify(dialled, DAY) == NumberKind(e164, country, "unknown")


@pytest.mark.parametrize("dialled", [None, "", "+9991234567", "+4420", "+2101234567", "7001", "*99*", "agent-alice"])
def test_what_no_country_has_is_no_number(dialled):
    assert NUMBERING.classify(dialled, DAY) == NO_NUMBER


@pytest.mark.parametrize(
    ("dialled", "is_valid_to_the_library"),
    [("0692123456", False), ("0639123456", False), ("0590123456", False), ("0694123456", False), ("0262123456", False),
     ("0263071234", True), ("0269012345", True), ("0596301234", True), ("0508412345", True)],
)  # fmt: skip
def test_our_table_knows_what_the_library_misreads_in_national_format(dialled, is_valid_to_the_library):
    """Invalid, or valid as a mainland number. A new version may make a row needless."""
    parsed = phonenumbers.parse(dialled, "FR")
    assert phonenumbers.is_valid_number(parsed) == is_valid_to_the_library
    assert phonenumbers.region_code_for_number(parsed) == "FR"
    assert NUMBERING.classify(dialled, DAY).country in {"RE", "YT", "GP", "GF", "MQ", "PM"}


# Saint-Martin and Saint-Barthélemy are dialled and priced as Guadeloupe.
COUNTRY_OF = {"RE": "RE", "YT": "YT", "GP": "GP", "BL": "GP", "MF": "GP", "GF": "GF", "MQ": "MQ", "PM": "PM"}


def patterns() -> list[tuple[str, str, str]]:
    """Region, kind and pattern of every kind of number the library knows there."""
    known = []
    for region in COUNTRY_OF:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        for kind in ("fixed_line", "mobile", "voip", "toll_free", "premium_rate", "shared_cost"):
            description = getattr(metadata, kind)
            if description is not None and description.national_number_pattern:
                known.append((region, kind, description.national_number_pattern))
    return known


@pytest.mark.parametrize(("region", "kind", "pattern"), patterns())
def test_our_overseas_rows_agree_with_the_library_on_every_number_it_knows_in_e164(region, kind, pattern):
    code = phonenumbers.country_code_for_region(region)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    def agree(national):
        e164 = f"+{code}{national}"
        parsed = phonenumbers.parse(e164, None)
        country = COUNTRY_OF[phonenumbers.region_code_for_number(parsed) or region]
        number_type = NUMBER_TYPES[phonenumbers.number_type(parsed)]
        assert NUMBERING.classify(e164, DAY) == NumberKind(e164, country, number_type)

    agree()


def test_numbers_of_the_captures_are_what_their_calls_meant():
    """The lab's numbers: Arcep's fictional ranges, and the British and American ones kept for films."""
    numbers = ["+33170181010", "+33639980001", "+33698000003", "+33199000019", "+442079460018", "+14155550101"]
    kinds = [NUMBERING.classify(number, DAY) for number in numbers]
    assert [kind.e164 for kind in kinds] == numbers
    assert [f"{kind.country} {kind.number_type}" for kind in kinds] == [
        "FR fixed",
        "FR mobile",
        "FR mobile",
        "FR fixed",
        "GB fixed",
        "US fixed",
    ]


DIALLED = st.one_of(
    st.text(),
    st.text("0123456789+*#() .-", max_size=24),
    st.from_regex(r"(\+|00|0)?[0-9]{0,18}", fullmatch=True),
)


@given(DIALLED)
def test_any_text_is_classified_and_never_raises(dialled):
    kind = NUMBERING.classify(dialled, DAY)
    if kind.e164 is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", kind.e164)
        assert kind.country is None or re.fullmatch(r"[A-Z]{2}", kind.country)


@given(DIALLED)
def test_a_number_in_e164_stays_what_it_is(dialled):
    kind = NUMBERING.classify(dialled, DAY)
    if kind.e164 is not None:
        assert NUMBERING.classify(kind.e164, DAY) == kind
