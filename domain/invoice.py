"""A document before it has a number: what a month's close hands to the ledger.

Amounts are integers of the unit in the field's name. A credit note's amounts are positive too: its
kind says which way the money goes. Sources: BILLING_RULES, "Invoice" and "Late payment".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from domain.calendar import Month
from domain.vat import tax_totals

DocumentKind = Literal["invoice", "debit_note", "credit_note"]
LineKind = Literal["subscription", "usage", "penalty", "indemnity"]


@dataclass(frozen=True)
class DraftLine:
    """One line. ``quantity`` is exact decimal text, as printed: ``3``, ``12.5000``."""

    line_number: int
    kind: LineKind
    label: str
    quantity: str
    unit: str
    unit_price_micros: int
    amount_cents: int
    # EN 16931 category code: S standard, AE reverse charge, G outside the EU, E exempt, O outside VAT.
    vat_category: str
    vat_rate_basis_points: int
    contract_id: str | None = None
    # For penalties: the number of the invoice the line is about.
    about_number: str | None = None


@dataclass(frozen=True)
class DraftDocument:
    """A whole document but its number. ``month`` is ``YYYY-MM``; ``payload`` is all else that is printed.

    ``payload`` (parties as they are, VAT per rate, mentions) holds JSON values only: dicts with text
    keys, lists, text, integers, booleans and None. Never a float.

    Raises:
        ValueError: the sums do not hold, the lines are not numbered from 1, or there is none.
    """

    customer_id: str
    kind: DocumentKind
    month: str
    issue_date: dt.date
    due_date: dt.date
    lines: tuple[DraftLine, ...]
    net_cents: int
    vat_cents: int
    total_cents: int
    payload: Mapping[str, object]

    def __post_init__(self) -> None:
        Month.parse(self.month)
        name = f"{self.kind} of {self.customer_id} for {self.month}"
        if [line.line_number for line in self.lines] != list(range(1, len(self.lines) + 1)) or not self.lines:
            raise ValueError(f"{name}: lines are numbered 1, 2, 3 ... and there is at least one")
        if sum(line.amount_cents for line in self.lines) != self.net_cents:
            raise ValueError(f"{name}: its lines do not add up to {self.net_cents} cents net")
        if self.net_cents + self.vat_cents != self.total_cents:
            raise ValueError(f"{name}: net and VAT do not add up to {self.total_cents} cents")
        if self.due_date < self.issue_date:
            raise ValueError(f"{name}: due on {self.due_date}, before it is issued on {self.issue_date}")

    @property
    def content(self) -> dict[str, object]:
        """Everything the document says, as JSON values."""
        lines = [asdict(line) for line in self.lines]
        dates = {"issue_date": self.issue_date.isoformat(), "due_date": self.due_date.isoformat()}
        return {**vars(self), **dates, "lines": lines, "payload": dict(self.payload)}

    @property
    def content_sha256(self) -> str:
        """sha256 of the canonical content: equal drafts, equal hash; the ledger keeps it for ever."""
        return hashlib.sha256(canonical_json(self.content).encode()).hexdigest()


def draft_document(
    *,
    customer_id: str,
    kind: DocumentKind,
    month: Month,
    issue_date: dt.date,
    due_date: dt.date,
    lines: Iterable[DraftLine],
    payload: Mapping[str, object],
) -> DraftDocument:
    """A draft whose totals are the sums of its lines, and whose VAT is computed once per rate on the rate's base.

    The payload gains ``taxes``: category, rate, base and tax of each rate.
    """
    numbered = tuple(lines)
    taxes = tax_totals((line.vat_category, line.vat_rate_basis_points, line.amount_cents) for line in numbered)
    net_cents = sum(tax.base_cents for tax in taxes)
    vat_cents = sum(tax.tax_cents for tax in taxes)
    return DraftDocument(
        customer_id=customer_id,
        kind=kind,
        month=str(month),
        issue_date=issue_date,
        due_date=due_date,
        lines=numbered,
        net_cents=net_cents,
        vat_cents=vat_cents,
        total_cents=net_cents + vat_cents,
        payload={**payload, "taxes": [asdict(tax) for tax in taxes]},
    )


def canonical_json(value: object) -> str:
    """One text for one value: sorted keys, no spaces, UTF-8 as it is.

    Raises:
        TypeError: a float, a date or anything else JSON cannot hold exactly.
    """
    _refuse_inexact(value, "$")
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _refuse_inexact(value: object, path: str) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path}: key {key!r} is not text")
            _refuse_inexact(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _refuse_inexact(item, f"{path}[{index}]")
    elif value is not None and not isinstance(value, str | int):
        raise TypeError(f"{path}: {value!r} is a {type(value).__name__}; write an integer of its unit, or text")
