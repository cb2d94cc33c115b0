"""Credits add up: to the cent of net and VAT, never beyond what was charged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.crediting import ChargedLine, credited_lines, credited_taxes, left_to_credit, line_credit, overcharges
from domain.errors import BadInput, PermanentError
from domain.invoice import DraftLine
from domain.vat import tax_totals

cents = st.integers(1, 10**7)


def line(number, amount, rate=2000, category="S"):
    return DraftLine(number, "usage", "Appels", "3.5000", "min", 1, amount, category, rate)


lines_of_a_document = st.lists(st.tuples(cents, st.sampled_from([2000, 850])), min_size=1, max_size=5).map(
    lambda drawn: tuple(line(place, amount, rate) for place, (amount, rate) in enumerate(drawn, 1))
)


@given(lines_of_a_document, st.data())
def test_parts_then_the_rest_come_to_the_document_to_the_cent(lines, data):
    earlier: list[dict[int, int]] = []
    taxes: dict[int, int] = {}
    for _ in range(data.draw(st.integers(0, 6))):
        left = left_to_credit(lines, earlier)
        if not left:
            break
        number = data.draw(st.sampled_from(sorted(left)))
        parts = line_credit("FA-1", left, number, data.draw(st.integers(1, left[number])))
        add(taxes, credited_taxes(lines, parts, earlier))
        earlier.append(parts)
    rest = left_to_credit(lines, earlier)
    add(taxes, credited_taxes(lines, rest, earlier))
    assert left_to_credit(lines, [*earlier, rest]) == {}
    whole = tax_totals((one.vat_category, one.vat_rate_basis_points, one.amount_cents) for one in lines)
    assert taxes == {tax.rate_basis_points: tax.tax_cents for tax in whole}


def add(taxes, found):
    for tax in found:
        assert tax.tax_cents >= 0
        taxes[tax.rate_basis_points] = taxes.get(tax.rate_basis_points, 0) + tax.tax_cents


def test_a_first_credit_bears_the_vat_of_its_own_base():
    [tax] = credited_taxes([line(1, 100_00)], {1: 33_33}, [])
    assert (tax.base_cents, tax.tax_cents) == (33_33, 6_67)


def test_a_whole_line_keeps_its_quantity_and_a_part_says_its_amount():
    whole, part = credited_lines([line(1, 70), line(2, 80), line(3, 90)], {1: 70, 3: 50})
    assert (whole.line_number, whole.quantity, whole.amount_cents) == (1, "3.5000", 70)
    assert (part.line_number, part.quantity, part.unit_price_micros, part.amount_cents) == (2, "1", 500_000, 50)


@pytest.mark.parametrize(
    ("number", "amount", "error"), [(2, 1, BadInput), (1, 0, BadInput), (1, -5, BadInput), (1, 101, PermanentError)]
)
def test_a_part_that_is_not_there_is_refused(number, amount, error):
    with pytest.raises(error, match="FA-1"):
        line_credit("FA-1", {1: 100}, number, amount)


charged_lines = st.lists(st.tuples(st.sampled_from(["penalty", "indemnity"]), st.integers(0, 10**6)), max_size=6).map(
    lambda drawn: [
        ChargedLine(f"ND-{place // 2}", place % 2 + 1, kind, sum_) for place, (kind, sum_) in enumerate(drawn)
    ]
)


@given(charged_lines, st.integers(0, 10**6), st.booleans())
def test_what_is_given_back_is_exactly_what_was_charged_too_much(charged, accrued, late):
    found = overcharges(charged, accrued, late)
    given_back = {"penalty": 0, "indemnity": 0}
    for one in charged:
        back = found.get(one.note_number, {}).get(one.line_number, 0)
        assert 0 <= back <= one.cents
        given_back[one.kind] += back
    penalties = sum(one.cents for one in charged if one.kind == "penalty")
    assert given_back["penalty"] == max(penalties - accrued, 0)
    assert given_back["indemnity"] == (0 if late else sum(one.cents for one in charged if one.kind == "indemnity"))


def test_the_last_debit_note_gives_back_first():
    charged = [ChargedLine("ND-1", 1, "penalty", 50), ChargedLine("ND-2", 1, "penalty", 30)]
    assert overcharges(charged, 40, True) == {"ND-2": {1: 30}, "ND-1": {1: 10}}
