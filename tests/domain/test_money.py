"""Exact money: the one place that rounds, and how amounts are read and written."""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.money import (
    CENTS_PER_EURO,
    MICROS_PER_EURO,
    decimal_text,
    divide_half_up,
    format_cents,
    format_micros,
    micros_to_cents,
    parse_euros,
)

AMOUNTS = st.integers(-(10**18), 10**18)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        (0, 7, 0),
        (1, 2, 1),
        (3, 2, 2),  # half to even would say 2 too; the next line would not
        (5, 2, 3),
        (-1, 2, -1),
        (-5, 2, -3),
        (4, 3, 1),
        (-4, 3, -1),
        (100, 60, 2),
        (10**30 + 1, 2, (10**30 + 2) // 2),
    ],
)
def test_ties_go_away_from_zero(numerator, denominator, quotient):
    assert divide_half_up(numerator, denominator) == quotient


@given(AMOUNTS, st.integers(1, 10**12))
def test_rounding_is_what_the_standard_library_calls_half_up(numerator, denominator):
    exact = Context(prec=60).divide(Decimal(numerator), Decimal(denominator))
    assert divide_half_up(numerator, denominator) == int(exact.quantize(Decimal(1), ROUND_HALF_UP, Context(prec=60)))


@given(AMOUNTS, st.integers(1, 10**12))
def test_the_sql_models_formula_is_the_same_rounding_for_what_is_not_negative(numerator, denominator):
    assert divide_half_up(abs(numerator), denominator) == (2 * abs(numerator) + denominator) // (2 * denominator)


@given(AMOUNTS, st.integers(1, 10**12))
def test_rounding_errs_by_half_a_unit_at_most_and_a_credit_mirrors_its_debit(numerator, denominator):
    quotient = divide_half_up(numerator, denominator)
    assert abs(Fraction(numerator, denominator) - quotient) <= Fraction(1, 2)
    assert divide_half_up(-numerator, denominator) == -quotient


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_denominator_that_is_not_positive_is_refused(denominator):
    with pytest.raises(ValueError, match="positive"):
        divide_half_up(1, denominator)


@pytest.mark.parametrize("amount", [2.0, 2.5, Decimal(2), "2"])
def test_a_float_never_passes_for_money_however_whole(amount):
    with pytest.raises(TypeError):
        divide_half_up(amount, 2)


@pytest.mark.parametrize(
    ("micros", "cents"), [(4_999, 0), (5_000, 1), (15_000, 2), (-5_000, -1), (1_234_560_000, 123_456)]
)
def test_a_line_rounds_to_the_cent(micros, cents):
    assert micros_to_cents(micros) == cents


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("0.012", MICROS_PER_EURO, 12_000),
        ("0,012", MICROS_PER_EURO, 12_000),
        (" 12 ", CENTS_PER_EURO, 1_200),
        ("12.3", CENTS_PER_EURO, 1_230),
        ("1.2000", CENTS_PER_EURO, 120),
        ("-12,34", CENTS_PER_EURO, -1_234),
        ("+0.01", CENTS_PER_EURO, 1),
        ("0", CENTS_PER_EURO, 0),
        ("0.000001", MICROS_PER_EURO, 1),
        ("007", CENTS_PER_EURO, 700),
    ],
)
def test_euros_are_read_exactly(text, unit, amount):
    assert parse_euros(text, unit=unit, what="row 3") == amount


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", ".", "free", "1 234,56", "1\u202f234,56", "1.234,56", "1,234.56", "12 €", "1e3", "1_000", "NaN",
     "inf", "Infinity", "0x10", "٣", "１", "1.", ".5", "--1", "1234567890123"],
)  # fmt: skip
def test_what_is_not_plainly_an_amount_is_refused_by_name(text):
    with pytest.raises(BadInput, match=r"row 3.*write it like"):
        parse_euros(text, unit=CENTS_PER_EURO, what="row 3")


@pytest.mark.parametrize("text", ["0.001", "1.005", "1.000000000000000000000000000001"])
def test_an_amount_finer_than_its_unit_is_refused_and_never_rounded_in_silence(text):
    with pytest.raises(BadInput, match=r"row 3.*finer than 1/100"):
        parse_euros(text, unit=CENTS_PER_EURO, what="row 3")


@given(st.text())
def test_reading_an_amount_gives_an_integer_or_bad_input_and_nothing_else(text):
    with suppress(BadInput):
        assert isinstance(parse_euros(text, unit=CENTS_PER_EURO, what="row 3"), int)


@given(st.integers(1 - 10**14, 10**14 - 1))
def test_an_amount_written_and_read_again_is_the_same(cents):
    text = decimal_text(Fraction(cents, CENTS_PER_EURO), places=2)
    assert parse_euros(text, unit=CENTS_PER_EURO, what="cents") == cents
    assert parse_euros(text.replace(".", ","), unit=CENTS_PER_EURO, what="cents") == cents


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(0), 6, "0.000000"),
        (Fraction(1965, 1000), 6, "1.965000"),
        (Fraction(2, 3), 2, "0.67"),
        (Fraction(-1, 3), 2, "-0.33"),
        (Fraction(-1, 1000), 2, "0.00"),
        (Fraction(5, 2), 0, "3"),
    ],
)
def test_an_exact_value_is_written_with_its_decimals(value, places, text):
    assert decimal_text(value, places=places) == text


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0,00\u00a0€"),
        (5, "0,05\u00a0€"),
        (-5, "-0,05\u00a0€"),
        (123_456, "1\u202f234,56\u00a0€"),
        (-123_456_789, "-1\u202f234\u202f567,89\u00a0€"),
    ],
)
def test_cents_are_written_as_a_french_reader_expects(cents, text):
    assert format_cents(cents) == text


@pytest.mark.parametrize(
    ("micros", "places", "text"),
    [
        (12_000, 6, "0,012000\u00a0€"),
        (12_000, 2, "0,012\u00a0€"),
        (1_000_000, 2, "1,00\u00a0€"),
        (1_000_000, 0, "1\u00a0€"),
        (-1_234_500_000, 2, "-1\u202f234,50\u00a0€"),
    ],
)
def test_micros_are_written_with_as_many_decimals_as_they_have_and_never_fewer_than_asked(micros, places, text):
    assert format_micros(micros, places=places) == text
