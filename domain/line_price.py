"""The unit price of a line in its electronic form: times the quantity, it rounds to the line's amount to the cent.

EN 16931 multiplies: amount = price / price base quantity x quantity (BT-131, BT-146, BT-149, BT-129). A usage line is
the sum of calls each rounded to the micro-euro, and its quantity is minutes rounded to four decimals, so the tariff's
price does not always multiply to it. Then the price is the average the amount gives, for one unit when six decimals
(BR-FR-DEC-03) are fine enough, else for ten, a hundred, a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from domain.money import MICROS_PER_CENT, divide_half_up

# Beyond any line: at a million units a base, a quantity of ten billion still multiplies to the cent.
COARSEST_BASE = 1_000_000


@dataclass(frozen=True)
class LinePrice:
    """Micro-euros for ``base_quantity`` units; neither is negative: a quantity bears the sign of a credit."""

    price_micros: int
    base_quantity: int = 1

    def amount_cents(self, quantity: str) -> int:
        """What ``quantity``, exact decimal text, comes to: half-up to the cent."""
        exact = Fraction(Fraction(quantity) * self.price_micros, self.base_quantity * MICROS_PER_CENT)
        return divide_half_up(exact.numerator, exact.denominator)


def line_price(quantity: str, unit_price_micros: int, amount_cents: int) -> LinePrice:
    """The printed unit price where it multiplies to the amount; else the average, for the least base that does.

    Args:
        quantity: exact decimal text, at most four decimals.

    Raises:
        ValueError: nothing times this quantity is this amount.
    """
    printed = LinePrice(unit_price_micros)
    if unit_price_micros >= 0 and printed.amount_cents(quantity) == amount_cents:
        return printed
    units = Fraction(quantity)
    base = 1
    while units and base <= COARSEST_BASE:
        average = Fraction(amount_cents * MICROS_PER_CENT * base, units)
        if average >= 0:
            price = LinePrice(divide_half_up(average.numerator, average.denominator), base)
            if price.amount_cents(quantity) == amount_cents:
                return price
        base *= 10
    raise ValueError(f"no price times a quantity of {quantity} is {amount_cents} cents")
