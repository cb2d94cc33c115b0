"""Numbers as dialled: every French trap of the billing rules, before and without any general library."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.french_numbers import NATIONAL_RANGES, SHORT_RANGES, NationalRange, ShortRange
from domain.numbers import NO_NUMBER, NumberClass, NumberKind, classify
from domain.risky_ranges import RISKY_RANGES

DAY = dt.date(2026, 11, 22)


def nothing_known(e164: str) -> NumberKind | None:
    """A lookup that has never heard of any number."""
    return None


def world_known(e164: str) -> NumberKind | None:
    """A lookup that takes every number for one of country XX: shows what is asked of it, and in which form."""
    return NumberKind(e164, "XX", "fixed")


def french(dialled: str, on: dt.date = DAY) -> tuple[str | None, str | None, str]:
    """What our own table alone makes of a number."""
    kind = classify(dialled, on, nothing_known)
    return kind.e164, kind.country, kind.number_type


MAINLAND = [
    ("0170181001", "+33170181001", "fixed"),
    ("0261910000", "+33261910000", "fixed"),
    ("0353010000", "+33353010000", "fixed"),
    ("0465710000", "+33465710000", "fixed"),
    ("0536490000", "+33536490000", "fixed"),
    ("0948123456", "+33948123456", "fixed"),
    ("0612345678", "+33612345678", "mobile"),
    ("0698000003", "+33698000003", "mobile"),
    ("0712345678", "+33712345678", "mobile"),
    # 0687 is a mainland mobile; +687 is New Caledonia. 0695, 0698 and 0699 stand among the overseas blocks.
    ("0687123456", "+33687123456", "mobile"),
    ("0681123456", "+33681123456", "mobile"),
    ("0695123456", "+33695123456", "mobile"),
    # Kept by Arcep for films, in the middle of Mayotte's 0639.
    ("0639980001", "+33639980001", "mobile"),
    ("0800000000", "+33800000000", "free"),
    ("0805999999", "+33805999999", "free"),
    ("0806000000", "+33806000000", "shared"),
    ("0809999999", "+33809999999", "shared"),
    ("0810000000", "+33810000000", "surcharged"),
    ("0826123456", "+33826123456", "surcharged"),
    ("0892123456", "+33892123456", "surcharged"),
    ("0899999999", "+33899999999", "surcharged"),
]


@pytest.mark.parametrize(("dialled", "e164", "number_type"), MAINLAND)
def test_a_mainland_number_is_french(dialled, e164, number_type):
    assert french(dialled) == (e164, "FR", number_type)


OVERSEAS = [
    ("0262123456", "+262262123456", "RE", "fixed"),
    ("0263123456", "+262263123456", "RE", "fixed"),
    ("0692123456", "+262692123456", "RE", "mobile"),
    ("0693123456", "+262693123456", "RE", "mobile"),
    ("0976223456", "+262976223456", "RE", "fixed"),
    ("0709201234", "+262709201234", "RE", "mobile"),
    ("0269123456", "+262269123456", "YT", "fixed"),
    ("0639123456", "+262639123456", "YT", "mobile"),
    ("0976912345", "+262976912345", "YT", "fixed"),
    ("0590123456", "+590590123456", "GP", "fixed"),
    ("0690123456", "+590690123456", "GP", "mobile"),
    ("0691223456", "+590691223456", "GP", "mobile"),
    ("0947512345", "+590947512345", "GP", "fixed"),
    ("0594123456", "+594594123456", "GF", "fixed"),
    ("0694123456", "+594694123456", "GF", "mobile"),
    ("0596123456", "+596596123456", "MQ", "fixed"),
    ("0696123456", "+596696123456", "MQ", "mobile"),
    ("0697123456", "+596697123456", "MQ", "mobile"),
    ("0508412345", "+508412345", "PM", "fixed"),
    ("0508551234", "+508551234", "PM", "mobile"),
    ("0708401234", "+508708401234", "PM", "mobile"),
]


@pytest.mark.parametrize(("dialled", "e164", "country", "number_type"), OVERSEAS)
def test_an_overseas_number_has_its_own_country_and_code_however_it_is_written(dialled, e164, country, number_type):
    forms = [dialled, e164, f"00{e164[1:]}", f"+33{dialled[1:]}", f"0033{dialled[1:]}", f"+33 (0){dialled[1:]}"]
    assert {form: french(form) for form in forms} == dict.fromkeys(forms, (e164, country, number_type))


@pytest.mark.parametrize(
    ("codes", "number_type"),
    [
        ("15 17 18 112 114 115 116000 116111 116117 119 191 196 197", "emergency"),
        ("116001 116006 116116 116999 3000 3007 3009 3010 3114 3169 3180 3199", "free"),
        ("3008 3170 3179 3200 3639 3919 3999 1000 1014 1023 1099 118000 118008 118712 118999", "surcharged"),
        ("100 110 113 111 199", "short"),
    ],
)
def test_a_short_number_has_a_type_and_no_e164(codes, number_type):
    expected = (None, "FR", number_type)
    assert {code: french(code) for code in codes.split()} == dict.fromkeys(codes.split(), expected)
    # A carrier's gateway may have put the country code in front.
    assert {code: french(f"+33{code}") for code in codes.split()} == dict.fromkeys(codes.split(), expected)


@pytest.mark.parametrize(("dialled", "number_class"), [("911", "invalid"), ("999", "invalid"), ("101", "short")])
def test_another_country_s_emergency_number_is_read_as_france_does_and_is_no_call_to_help(dialled, number_class):
    """docs/decisions/0015: it waits without a price, billed to nobody; 112 is help everywhere."""
    kind = classify(dialled, DAY, world_known)
    assert (kind.number_class, kind.is_free_to_caller) == (number_class, False)
    assert classify("112", DAY, world_known).is_free_to_caller


def test_no_short_number_falls_between_two_rows():
    """3000 to 3199 in order: 3008 and 3170-3179 are the holes in the free ranges."""
    surcharged = [code for code in range(3000, 3200) if french(str(code))[2] == "surcharged"]
    assert surcharged == [3008, *range(3170, 3180)]


def test_a_short_number_never_looks_like_the_mainland_number_it_begins():
    assert french("3639") == (None, "FR", "surcharged")
    assert french("+33363912345") == ("+33363912345", "FR", "fixed")


@pytest.mark.parametrize(
    "dialled",
    ["", " ", "*99*", "*31#0612345678", "#31#", "agent-alice", "agent-0000", "anonymous", "7001", "42", "1", "3", "0",
     "00", "+", "+0", "000", "0033", "+33", "1900", "12345", "069800", "+3369800", "0612345678;ext=5",
     "sip:+33612345678",
     "٠٦١٢٣٤٥٦٧٨", "０６１２３４５６７８", "+" + "9" * 16, "0" * 40, "9" * 400,
     "+33 6 12 34 56 7x", "015", "0118712"],
)  # fmt: skip
def test_what_is_no_number_of_the_public_network_is_said_to_be_none(dialled):
    assert classify(dialled, DAY, nothing_known) == NO_NUMBER


@pytest.mark.parametrize(
    "dialled",
    ["+33170181001", "0033170181001", "0170181001", "33170181001", "01 70 18 10 01", "01.70.18.10.01", "01-70-18-10-01",
     "+33 (0)1 70 18 10 01", "+330170181001", "+33\u00a01\u202f70\u202f18\u202f10\u202f01", "01/70/18/10/01",
     "01\u201170\u201118\u201110\u201101"],
)  # fmt: skip
def test_a_number_is_the_same_however_it_is_written(dialled):
    # Bare digits count as a number when a known range holds them: the table does.
    assert french(dialled) == ("+33170181001", "FR", "fixed")


def test_what_the_table_leaves_out_is_asked_of_the_lookup_in_e164():
    asked = [classify(text, DAY, world_known).e164 for text in ("+442079460018", "0044 20 7946 0018", "0836123456")]
    assert asked == ["+442079460018", "+442079460018", "+33836123456"]


def test_digits_past_the_last_are_left_to_the_lookup_since_networks_ignore_them():
    assert classify("01701810019", DAY, world_known).e164 == "+331701810019"


def test_pacific_codes_are_foreign_countries_of_their_own():
    asked = [classify(text, DAY, world_known) for text in ("+681721234", "+687751234", "0068940123456")]
    assert [(kind.e164, kind.country) for kind in asked] == [
        ("+681721234", "XX"),
        ("+687751234", "XX"),
        ("+68940123456", "XX"),
    ]


def test_a_number_of_a_shared_code_that_the_table_does_not_hold_is_not_taken_for_mainland():
    """+262 612345678 is no Réunion range; 06 12 ... behind +33 is mainland, behind +262 it is not."""
    assert french("+262612345678") == (None, None, "unknown")


@pytest.mark.parametrize(
    ("dialled", "number_type"),
    [
        ("+870773111632", "satellite"),
        ("+881612345678", "satellite"),
        ("+8821612345678", "satellite"),
        ("+88213123456", "special"),
        ("+883510012345", "special"),
        ("+80012345678", "free"),
        ("+97912345678", "special"),
    ],
)
def test_a_number_of_no_country_has_a_type_and_no_country(dialled, number_type):
    assert french(dialled) == (dialled, None, number_type)


def test_bare_digits_are_a_number_only_when_a_known_range_holds_them():
    assert classify("442079460018", DAY, world_known) == NumberKind("+442079460018", "XX", "fixed")
    assert classify("442079460018", DAY, nothing_known) == NO_NUMBER
    unsure = NumberKind("+442079460018", "GB", "unknown")
    assert classify("442079460018", DAY, lambda _: unsure) == NO_NUMBER
    assert classify("+442079460018", DAY, lambda _: unsure) == unsure


def test_a_row_counts_from_its_first_day():
    """0806-0809 have had the ordinary price of a call since 1 October 2015."""
    assert french("0806123456", dt.date(2015, 10, 1)) == ("+33806123456", "FR", "shared")
    assert french("0806123456", dt.date(2015, 9, 30)) == (None, None, "unknown")
    assert french("3114", dt.date(2015, 9, 30)) == (None, None, "unknown")


def test_no_two_rows_of_one_prefix_are_in_force_together():
    rows: dict[str, list[tuple[dt.date, dt.date]]] = {}
    for row in NATIONAL_RANGES:
        assert len(row.first) == len(row.last)
        for number in range(int(row.first), int(row.last) + 1):
            span = (row.valid_from, row.valid_to or dt.date.max)
            rows.setdefault(str(number), []).append(span)
    for spans in rows.values():
        for earlier, later in pairwise(sorted(spans)):
            assert earlier[1] <= later[0]


def test_ranges_are_written_the_right_way_round():
    rows: list[NationalRange | ShortRange] = [*NATIONAL_RANGES, *SHORT_RANGES]
    for row in rows:
        assert len(row.first) == len(row.last)
        assert row.first <= row.last
        assert row.valid_to is None or row.valid_to > row.valid_from


CLASSES = [
    ("112", "emergency"),
    ("116000", "emergency"),
    ("3114", "short"),
    ("118712", "short"),
    ("1023", "short"),
    ("0800123456", "special"),
    ("0892123456", "special"),
    ("+80012345678", "special"),
    ("0170181001", "national"),
    ("0639980001", "national"),
    ("0692123456", "overseas"),
    ("0508412345", "overseas"),
    ("+687751234", "international"),
    ("+442079460018", "international"),
    ("+870773111632", "satellite"),
    ("+8821612345678", "satellite"),
    ("+88213123456", "high_risk"),
    ("+97912345678", "high_risk"),
    ("00252612345678", "high_risk"),
    ("*99*", "invalid"),
    ("1001", "short"),
    ("7001", "invalid"),
]


@pytest.mark.parametrize(("dialled", "number_class"), CLASSES)
def test_any_dialled_string_has_one_class(dialled, number_class):
    assert classify(dialled, DAY, world_known).number_class == number_class


def test_every_class_is_some_number_s():
    assert {number_class for _, number_class in CLASSES} == set(get_args(NumberClass))


def test_a_fraud_range_counts_from_its_first_day_on():
    (row,) = [row for row in RISKY_RANGES if row.prefix == "252"]
    the_day_before = row.valid_from - dt.timedelta(1)
    assert classify("+252612345678", row.valid_from, world_known).number_class == "high_risk"
    assert classify("+252612345678", the_day_before, world_known).number_class == "international"


def test_a_fraud_range_the_world_does_not_know_stays_no_number():
    assert classify("+252612345678", DAY, nothing_known) == NO_NUMBER


@pytest.mark.parametrize(
    ("dialled", "called_digits"),
    [("3639", "FR3639"), ("+33 1 70 18 10 01", "33170181001"), ("0692123456", "262692123456"), ("*99*", None)],
)
def test_a_short_number_is_matched_behind_its_country_since_3639_alone_would_be_hungary(dialled, called_digits):
    assert classify(dialled, DAY, nothing_known).called_digits == called_digits


@pytest.mark.parametrize(
    ("dialled", "is_free"),
    [("112", True), ("196", True), ("116117", True), ("116006", True), ("3000", True), ("3008", False),
     ("3009", True), ("3169", True), ("3170", False), ("3180", True), ("3199", True), ("3200", False),
     ("0800000000", True), ("0805999999", True), ("0806000000", False), ("+80012345678", False),
     ("1023", False), ("118712", False), ("100", False)],
)  # fmt: skip
def test_help_and_french_free_numbers_are_free_to_the_caller_and_nothing_else_is(dialled, is_free):
    assert classify(dialled, DAY, world_known).is_free_to_caller == is_free


DIALLED = st.one_of(
    st.text(),
    st.text("0123456789+*#() .-", max_size=24),
    st.from_regex(r"(\+|00|0|\+33|0033|\+262|\+590|\+508)?[0-9]{0,16}", fullmatch=True),
)
DATES = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


@given(DIALLED, DATES, st.sampled_from([nothing_known, world_known]))
def test_any_text_on_any_day_is_classified_and_never_raises(dialled, on, lookup):
    kind = classify(dialled, on, lookup)
    assert kind.e164 is None or (kind.e164[0] == "+" and kind.e164[1:].isascii() and 7 <= len(kind.e164[1:]) <= 15)


@given(DIALLED)
def test_a_number_in_e164_is_classified_as_it_was_when_dialled(dialled):
    kind = classify(dialled, DAY, world_known)
    if kind.e164 is not None:
        assert classify(kind.e164, DAY, world_known) == kind
    assert kind.number_class in get_args(NumberClass)
    assert (kind.number_class == "invalid") == (kind.called_digits is None)
    if kind.called_digits is not None:
        assert re.fullmatch(r"[1-9][0-9]{0,14}|[A-Z]{2}[1-9][0-9]{1,5}", kind.called_digits)


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True))
def test_national_and_international_writing_of_a_french_number_agree(dialled):
    kind = classify(dialled, DAY, world_known)
    assert kind == classify(f"+33{dialled[1:]}", DAY, world_known) == classify(f"0033{dialled[1:]}", DAY, world_known)
    assert kind.e164 is not None
