"""What a credit note says: which lines of an issued document are credited, for how much, with which VAT.

A credited line keeps the kind, contract and VAT of the line it corrects. VAT is credited by difference: the tax on all
that was credited at a rate less the tax credited before, so that several credit notes come to exactly the VAT of the
document once it is credited whole; a first credit note's VAT is that of its own base. When an error takes an
invoice's lateness back, what debit notes charged beyond what is owed now is credited too, on the last note first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.errors import BadInput, PermanentError
from domain.invoice import DraftLine
from domain.money import MICROS_PER_CENT
from domain.vat import TaxTotal, tax_totals

# Cents by line number of the corrected document.
Credits = Mapping[int, int]


@dataclass(frozen=True)
class ChargedLine:
    """A penalty or an indemnity on a debit note, and what of it was not credited as an error since."""

    note_number: str
    line_number: int
    kind: str
    cents: int


def left_to_credit(lines: Sequence[DraftLine], earlier: Iterable[Credits]) -> dict[int, int]:
    """Cents of each line that no credit note has taken back; lines of which nothing is left are not there."""
    left = {line.line_number: line.amount_cents for line in lines}
    for parts in earlier:
        for number, cents in parts.items():
            left[number] -= cents
    return {number: cents for number, cents in left.items() if cents}


def line_credit(number: str, left: Credits, line_number: int, amount_cents: int) -> dict[int, int]:
    """A part of one line. Raises BadInput for a line that is not there, PermanentError for more than is left."""
    if amount_cents <= 0:
        raise BadInput(f"{number} line {line_number}: a credit is more than nothing; write its amount without a sign")
    if line_number not in left:
        raise BadInput(f"{number} has nothing left to credit on line {line_number}; lines with some: {_shown(left)}")
    if amount_cents > left[line_number]:
        raise PermanentError(
            f"{number} line {line_number}: {left[line_number]} cents without VAT are left to credit, not {amount_cents}"
        )
    return {line_number: amount_cents}


def credited_lines(lines: Sequence[DraftLine], parts: Credits) -> tuple[DraftLine, ...]:
    """The credit note's lines. A line credited whole says its quantity and price, another one its amount."""
    chosen = [line for line in lines if line.line_number in parts]
    return tuple(
        replace(line, line_number=place)
        if parts[line.line_number] == line.amount_cents
        else replace(
            line,
            line_number=place,
            quantity="1",
            unit="forfait",
            unit_price_micros=parts[line.line_number] * MICROS_PER_CENT,
            amount_cents=parts[line.line_number],
        )
        for place, line in enumerate(chosen, 1)
    )


def credited_taxes(lines: Sequence[DraftLine], parts: Credits, earlier: Sequence[Credits]) -> list[TaxTotal]:
    """VAT per rate of what is credited, by difference with what was credited before."""
    before = {(t.category, t.rate_basis_points): t.tax_cents for t in _taxes(lines, earlier)}
    now = {(t.category, t.rate_basis_points): t.tax_cents for t in _taxes(lines, [*earlier, parts])}
    return [
        replace(tax, tax_cents=now[key] - before.get(key, 0))
        for tax in _taxes(lines, [parts])
        for key in [(tax.category, tax.rate_basis_points)]
    ]


def overcharges(charged: Iterable[ChargedLine], accrued_cents: int, is_late: bool) -> dict[str, dict[int, int]]:
    """What debit notes took beyond what an invoice owes for lateness: cents by note and line, the last note first.

    The indemnity is owed once there is a day of lateness, and only then.
    """
    lines = sorted(charged, key=lambda line: (line.note_number, line.line_number), reverse=True)
    over = max(sum(line.cents for line in lines if line.kind == "penalty") - accrued_cents, 0)
    found: dict[str, dict[int, int]] = {}
    for line in lines:
        cents = min(over, line.cents) if line.kind == "penalty" else 0 if is_late else line.cents
        if cents > 0:
            found.setdefault(line.note_number, {})[line.line_number] = cents
            over -= cents if line.kind == "penalty" else 0
    return found


def _taxes(lines: Sequence[DraftLine], every_parts: Iterable[Credits]) -> list[TaxTotal]:
    by_number = {line.line_number: line for line in lines}
    return tax_totals(
        (by_number[number].vat_category, by_number[number].vat_rate_basis_points, cents)
        for parts in every_parts
        for number, cents in parts.items()
    )


def _shown(left: Credits) -> str:
    return ", ".join(map(str, sorted(left))) or "none"
