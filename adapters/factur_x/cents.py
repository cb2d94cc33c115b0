"""Our own rules on the XML, to the cent: the official ones let one euro of VAT a rate pass.

They read the XML as the customer's software will, and nothing else: exact decimals, half-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from adapters.factur_x.faults import Fault
from adapters.factur_x.xml import NAMESPACES, TYPE_CODES
from domain.money import CENTS_PER_EURO, decimal_text, divide_half_up

SETTLEMENT = ".//ram:ApplicableHeaderTradeSettlement"
# A credit note takes back the VAT by difference, so that all of them together take back what was charged: one of
# several is a cent off its own base times the rate (domain/crediting.py).
CREDIT_SLACK = 1
SUMMATION = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"


def faults_to_the_cent(root: Any) -> list[Fault]:
    """What does not multiply or add up in a Cross Industry Invoice that its schema accepts."""
    return [*_line_faults(root), *_tax_faults(root), *_total_faults(root)]


def _line_faults(root: Any) -> Iterator[Fault]:
    for line in _all(root, ".//ram:IncludedSupplyChainTradeLineItem"):
        base = _number(line, ".//ram:NetPriceProductTradePrice/ram:BasisQuantity", default="1")
        price = _number(line, ".//ram:NetPriceProductTradePrice/ram:ChargeAmount")
        quantity, amount = _number(line, ".//ram:BilledQuantity"), _cents(line, ".//ram:LineTotalAmount")
        if base <= 0 or _half_up(Fraction(price * quantity * CENTS_PER_EURO, base)) != amount:
            yield _fault(
                "CENT-LINE",
                f"line {_text(line, './/ram:LineID')}: {_plain(price)} for {_plain(base)}, times {_plain(quantity)},"
                f" is not {_euros(amount)}",
            )


def _tax_faults(root: Any) -> Iterator[Fault]:
    bases: dict[tuple[str, Fraction], int] = {}
    for settlement in _all(root, ".//ram:SpecifiedLineTradeSettlement"):
        key = _rate(settlement, "ram:ApplicableTradeTax")
        bases[key] = bases.get(key, 0) + _cents(settlement, ".//ram:LineTotalAmount")
    slack = CREDIT_SLACK if _text(root, "rsm:ExchangedDocument/ram:TypeCode") == TYPE_CODES["credit_note"] else 0
    for tax in _all(root, f"{SETTLEMENT}/ram:ApplicableTradeTax"):
        category, rate = key = _rate(tax, ".")
        base, charged = _cents(tax, "ram:BasisAmount"), _cents(tax, "ram:CalculatedAmount")
        name = f"VAT {category} {_plain(rate)} %"
        if (lines := bases.pop(key, None)) != base:
            yield _fault("CENT-BASE", f"{name}: its base is {_euros(base)}, its lines are {_euros(lines or 0)}")
        if abs((due := _half_up(Fraction(base * rate, 100))) - charged) > slack:
            yield _fault("CENT-VAT", f"{name} of {_euros(base)} is {_euros(due)}, not {_euros(charged)}")
    for category, rate in bases:
        yield _fault("CENT-BASE", f"VAT {category} {_plain(rate)} % of some lines has no total of its own")


def _total_faults(root: Any) -> Iterator[Fault]:
    lines = sum(_cents(line, ".//ram:LineTotalAmount") for line in _all(root, ".//ram:SpecifiedLineTradeSettlement"))
    taxes = sum(_cents(tax, "ram:CalculatedAmount") for tax in _all(root, f"{SETTLEMENT}/ram:ApplicableTradeTax"))
    for name, expected in {
        "LineTotalAmount": lines,
        "TaxBasisTotalAmount": lines,
        "TaxTotalAmount": taxes,
        "GrandTotalAmount": lines + taxes,
        "DuePayableAmount": lines + taxes,
    }.items():
        if (said := _cents(root, f"{SUMMATION}/ram:{name}")) != expected:
            yield _fault("CENT-TOTAL", f"{name} is {_euros(said)}, and the lines and taxes give {_euros(expected)}")


def _fault(rule: str, text: str) -> Fault:
    return Fault("cents", rule, text)


def _rate(parent: Any, path: str) -> tuple[str, Fraction]:
    category = _text(parent, f"{path}/ram:CategoryCode")
    return category, _number(parent, f"{path}/ram:RateApplicablePercent", default="0")


def _all(parent: Any, path: str) -> list[Any]:
    found: list[Any] = parent.findall(path, NAMESPACES)
    return found


def _text(parent: Any, path: str, default: str = "") -> str:
    return str(parent.findtext(path, default, NAMESPACES)).strip()


def _number(parent: Any, path: str, default: str = "0") -> Fraction:
    return Fraction(_text(parent, path, default))


def _cents(parent: Any, path: str) -> int:
    return _half_up(_number(parent, path) * CENTS_PER_EURO)


def _half_up(value: Fraction) -> int:
    return divide_half_up(value.numerator, value.denominator)


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // CENTS_PER_EURO}.{abs(cents) % CENTS_PER_EURO:02d}"


def _plain(value: Fraction) -> str:
    return decimal_text(value, places=6)
