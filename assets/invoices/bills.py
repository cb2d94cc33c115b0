"""What finance compares: each customer's documents of a month, issued or drafted, in one shape."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.ledger.tables import IssuedDocument, IssuedDocumentLine
from assets.invoices.invoices import issued_by_close
from assets.platform import Platform
from domain.calendar import Month
from domain.invoice import DraftDocument, DraftLine
from domain.money import divide_half_up, format_cents

# What a line is, as finance says it.
PARTS = {"subscription": "subscription", "usage": "usage", "penalty": "penalties", "indemnity": "penalties"}
# Why a document bears no VAT.
WITHOUT_RATE = {"AE": "reverse charge", "E": "exempt", "G": "outside the EU", "O": "outside VAT"}


@dataclass(frozen=True)
class Bill:
    """A document, by number or, of a draft, by the name its file has."""

    number: str
    customer_id: str
    name: str
    kind: str
    due_date: str
    net_cents: int
    vat_cents: int
    total_cents: int
    # Net cents by part, and (label, base, tax) of each VAT rate.
    parts: Mapping[str, int]
    taxes: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Difference:
    """A customer's total TTC of a month and of the month before, cents, and what made them differ."""

    customer_id: str
    name: str
    now_cents: int
    before_cents: int
    reason: str

    @property
    def cents(self) -> int:
        return self.now_cents - self.before_cents

    @property
    def percent(self) -> str:
        """``+12.3 %``; nothing where there was nothing before."""
        if not self.before_cents:
            return ""
        tenths = divide_half_up(1000 * self.cents, self.before_cents)
        return f"{'-' if tenths < 0 else '+'}{abs(tenths) // 10}.{abs(tenths) % 10} %"


def issued_bills(platform: Platform, month: Month) -> list[Bill]:
    """What the close of a month issued, by number."""
    lines: dict[str, list[IssuedDocumentLine]] = {}
    for line in platform.ledger.document_lines(month):
        lines.setdefault(line.number, []).append(line)
    issued = sorted(issued_by_close(platform.ledger, month), key=lambda document: document.number)
    return [_bill(d.number, d, json.loads(d.payload), lines[d.number]) for d in issued]


def drafted_bills(drafts: Mapping[str, DraftDocument]) -> list[Bill]:
    """Drafts, by the name they are drawn under."""
    return [_bill(name, draft, draft.payload, draft.lines) for name, draft in drafts.items()]


def _bill(
    number: str,
    document: IssuedDocument | DraftDocument,
    payload: Mapping[str, Any],
    lines: Iterable[IssuedDocumentLine | DraftLine],
) -> Bill:
    parts = Counter[str]()
    for line in lines:
        parts[PARTS[line.kind]] += line.amount_cents
    return Bill(
        number,
        document.customer_id,
        payload["buyer"]["name"],
        document.kind,
        document.due_date.isoformat(),
        document.net_cents,
        document.vat_cents,
        document.total_cents,
        parts,
        tuple((_tax_label(tax), tax["base_cents"], tax["tax_cents"]) for tax in payload["taxes"]),
    )


def _tax_label(tax: Mapping[str, Any]) -> str:
    """``20.00 %``, or why there is none, as EN 16931 has it: ``reverse charge (AE)``."""
    rate = tax["rate_basis_points"]
    return f"{rate // 100}.{rate % 100:02d} %" if rate else f"{WITHOUT_RATE[tax['category']]} ({tax['category']})"


def vat_totals(bills: Iterable[Bill]) -> list[tuple[str, int, int, int]]:
    """VAT rate, documents, base and tax in cents, by rate."""
    found: dict[str, list[int]] = {}
    for bill in bills:
        for label, base, tax in bill.taxes:
            total = found.setdefault(label, [0, 0, 0])
            for index, cents in enumerate((1, base, tax)):
                total[index] += cents
    return [(label, *total) for label, total in sorted(found.items())]  # type: ignore[misc]


@dataclass
class _Owed:
    name: str
    total_cents: int = 0
    parts: Counter[str] = field(default_factory=Counter)


def differences(
    now: Iterable[Bill], before: Iterable[Bill], refused: Mapping[str, str], in_service: Iterable[str]
) -> list[Difference]:
    """Customers whose total is not last month's, the largest difference first.

    ``refused``: who may not be invoiced, and why; ``in_service``: customers who have a contract this month.
    """
    new, old, served = _owed(now), _owed(before), set(in_service)
    found = []
    for customer_id in sorted(new.keys() | old.keys()):
        this, last = new.get(customer_id), old.get(customer_id)
        if this is None:
            why = "refused" if customer_id in refused else "nothing to pay" if customer_id in served else "no contract"
            reason = f"gone: {why}"
        elif last is None:
            reason = "new: nothing last month"
        else:
            reason = _moved(this.parts, last.parts)
        name = (this or last or _Owed("")).name
        found.append(
            Difference(customer_id, name, this.total_cents if this else 0, last.total_cents if last else 0, reason)
        )
    changed = [one for one in found if one.cents]
    return sorted(changed, key=lambda one: (-abs(one.cents), one.customer_id))


def _owed(bills: Iterable[Bill]) -> dict[str, _Owed]:
    owed: dict[str, _Owed] = {}
    for bill in bills:
        one = owed.setdefault(bill.customer_id, _Owed(bill.name))
        one.total_cents += bill.total_cents
        one.parts.update(bill.parts)
        one.parts["VAT"] += bill.vat_cents
    return owed


def _moved(this: Counter[str], last: Counter[str]) -> str:
    """``usage +12,30 €, VAT +2,46 €``, the largest first."""
    moved = {part: this[part] - last[part] for part in (*dict.fromkeys(PARTS.values()), "VAT")}
    ordered = sorted(((part, cents) for part, cents in moved.items() if cents), key=lambda one: -abs(one[1]))
    return ", ".join(f"{part} {signed(cents)}" for part, cents in ordered)


def signed(cents: int) -> str:
    """``+12,30 €``."""
    return f"{'+' if cents > 0 else ''}{format_cents(cents)}"
