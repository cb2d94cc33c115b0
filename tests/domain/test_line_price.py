"""A price in the electronic form times its quantity is the amount, to the cent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.line_price import LinePrice, line_price
from domain.money import decimal_text


def test_the_printed_price_is_kept_where_it_multiplies_to_the_amount():
    assert line_price("14", 12_900_000, 180_60) == LinePrice(12_900_000)


def test_a_price_whose_product_is_a_cent_off_gives_way_to_the_average_of_six_decimals():
    # 1234.5 min at 0.019 is 23.4555: 23.46. The calls, rounded one by one, came to 23.45.
    price = line_price("1234.5000", 19_000, 23_45)
    assert price == LinePrice(18_996)
    assert price.amount_cents("1234.5000") == 23_45


def test_six_decimals_too_coarse_for_many_units_become_the_price_of_ten_or_more():
    price = line_price("987654.3210", 8_000, 7901_30)
    assert price == LinePrice(800_007, 100)
    assert price.amount_cents("987654.3210") == 7901_30


def test_a_free_line_has_a_price_of_zero():
    assert line_price("3", 0, 0) == LinePrice(0)


def test_a_credit_on_an_invoice_has_a_negative_quantity_and_a_positive_price():
    assert line_price("-2", 12_900_000, -25_80) == LinePrice(12_900_000)


@pytest.mark.parametrize(("quantity", "amount_cents"), [("0", 1), ("2", -5)])
def test_an_amount_no_price_can_give_is_refused(quantity, amount_cents):
    with pytest.raises(ValueError, match="no price times a quantity"):
        line_price(quantity, 1_000_000, amount_cents)


@given(
    ten_thousandths=st.integers(1, 10**12),
    amount_cents=st.integers(0, 10**12),
    unit_price_micros=st.integers(0, 10**9),
)
def test_any_quantity_of_four_decimals_has_a_price_for_any_amount(ten_thousandths, amount_cents, unit_price_micros):
    quantity = decimal_text(Fraction(ten_thousandths, 10_000), places=4)
    price = line_price(quantity, unit_price_micros, amount_cents)
    assert price.amount_cents(quantity) == amount_cents
    assert price.price_micros >= 0
    assert str(price.base_quantity).strip("0") == "1"
