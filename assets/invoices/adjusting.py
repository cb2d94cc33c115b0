"""What a close gives back of earlier months: credit notes on the invoices that charged too much, and the books of it.

What was charged last is given back first: a correction of a correction credits the invoice that bore it. A person may
have credited the same line as an error before: that is not given back twice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from adapters.ledger.adjustments import Corrections
from adapters.ledger.credit_notes import Correctable, Credit, Decision, correctable
from adapters.ledger.store import Ledger
from adapters.ledger.tables import RatingAdjustment
from adapters.warehouse import Warehouse
from assets.invoices.adjustment_lines import ADJUSTMENTS, TABLES, Row, adjustment_key, corrected_labels
from assets.invoices.charge_lines import UsageKey
from assets.invoices.close import month_rows
from assets.invoices.crediting import Order, credit_draft, overcharges_credited
from domain.calendar import Month
from domain.crediting import left_to_credit
from domain.errors import PermanentError
from domain.french import french_month, french_of
from domain.money import format_cents

MOTIVE = "Régularisation des communications {months}"
Line = tuple[str, int]


def corrections(
    ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date, waiting: Collection[str] = ()
) -> Corrections:
    """What the close of a month corrects; nothing, once it is closed: it was issued then.

    ``waiting``: the customers whose invoice is refused, and with it what it would have added.

    Raises:
        PermanentError: a month that was corrected before has lost its ``rating_changes``.
    """
    period = ledger.period(month)
    if period is not None and period.state == "closed":
        return Corrections()
    _refuse_forgotten(ledger, warehouse)
    with warehouse.connect(TABLES) as connection:
        rows = month_rows(connection, ADJUSTMENTS, month)
        labels = corrected_labels(connection, rows)
    giving = _Giving(ledger, labels)
    # An extra line waits while its customer may not be invoiced; what is owed to a customer does not.
    kept = [row for row in rows if row["difference_cents"] < 0 or row["customer_id"] not in waiting]
    adjustments = [
        RatingAdjustment(**row, credited_before_cents=giving.give(row) if row["difference_cents"] < 0 else 0)
        for row in kept
    ]
    return Corrections(giving.credits(month, issue_date), adjustments)


def _refuse_forgotten(ledger: Ledger, warehouse: Warehouse) -> None:
    for month in sorted({row.corrected_month for row in ledger.adjustments()}):
        if not warehouse.path("rating_changes", month).exists():
            raise PermanentError(
                f"{month} was corrected before and its rating_changes are gone: every correction would be taken back; "
                f"run `seconde rerate {month}` first"
            )


class _Giving:
    """Decides which lines of which invoices give an amount back."""

    def __init__(self, ledger: Ledger, labels: Mapping[tuple[str, UsageKey], str]) -> None:
        self.ledger = ledger
        self.labels = labels
        self.documents = ledger.documents()
        self.replaced = {d.replaces_number: d.number for d in self.documents if d.replaces_number is not None}
        self.adjusted = ledger.adjustments()
        self.known: dict[str, Correctable] = {}
        self.parts: dict[str, Counter[int]] = defaultdict(Counter)
        self.months: dict[str, set[str]] = defaultdict(set)

    def give(self, row: Row) -> int:
        """Credit what a charge was too high. Returns the cents of it that credit notes had given back before.

        Raises:
            PermanentError: no line of an issued invoice charged it: nothing left to give back is another thing.
        """
        lines = self._lines(row)
        if not lines:
            raise PermanentError(
                f"{row['corrected_month']}: {row['customer_id']} is owed {format_cents(-row['difference_cents'])} of"
                f" {row['category']} ({row['contract_id']}, {row['destination_country']}) and no line of an invoice of"
                f' that month says "{self.labels[row["corrected_month"], adjustment_key(row)]}": usage_charges of'
                " that month is not what it issued; restore it from the backup, then close again"
            )
        same = [one for one in self.adjusted if _key(one.model_dump()) == _key(row)]
        by_hand = sum(self._credited_by_hand(line) for line in lines) - sum(one.credited_before_cents for one in same)
        need = -row["difference_cents"] - min(max(by_hand, 0), -row["difference_cents"])
        before = -row["difference_cents"] - need
        for number, line_number in lines:
            document = self._correctable(number)
            left = left_to_credit(document.lines, document.earlier).get(line_number, 0)
            cents = min(need, left - self.parts[number][line_number])
            if cents > 0:
                self.parts[number][line_number] += cents
                self.months[number].add(row["corrected_month"])
                need -= cents
        # Nothing is left on any line to give back: a gesture did, or the whole document was credited.
        return int(before + need)

    def _lines(self, row: Row) -> list[Line]:
        """The lines that charged it, the last one first, on the invoices that stand today."""
        lines = [
            (one.document_number, one.line_number)
            for one in reversed(self.adjusted)
            if _key(one.model_dump()) == _key(row) and one.document_number and one.line_number
        ]
        label = self.labels[row["corrected_month"], adjustment_key(row)]
        for document in self.documents:
            if (document.customer_id, document.month, document.kind) == (
                row["customer_id"], row["corrected_month"], "invoice",
            ) and document.replaces_number is None:  # fmt: skip
                adjusted = {a["line_number"] for a in json.loads(document.payload).get("adjustments", [])}
                lines += [
                    (document.number, line.line_number)
                    for line in self._correctable(document.number).lines
                    if (line.kind, line.contract_id, line.label) == ("usage", row["contract_id"], label)
                    and line.line_number not in adjusted
                ]
        return [(self._standing(number), line_number) for number, line_number in lines]

    def _standing(self, number: str) -> str:
        while number in self.replaced:
            number = self.replaced[number]
        return number

    def _correctable(self, number: str) -> Correctable:
        if number not in self.known:
            self.known[number] = correctable(self.ledger, number)
        return self.known[number]

    def _credited_by_hand(self, line: Line) -> int:
        """What persons took back of a line as an error."""
        number, line_number = line
        notes = (note for note in self._correctable(number).credits if note.credit_reason == "error")
        said = [json.loads(note.payload) for note in notes]
        parts = (part for one in said if "corrected_months" not in one for part in one.get("credits", []))
        return sum(part["amount_cents"] for part in parts if part["line_number"] == line_number)

    def credits(self, month: Month, on: dt.date) -> list[tuple[Credit, Decision]]:
        """A credit note for each invoice that gives back, and those of the penalties that go with it."""
        found = []
        for number in sorted(number for number, parts in self.parts.items() if parts.total()):
            months = sorted(self.months[number])
            motive = MOTIVE.format(
                months=" et ".join(french_of(french_month(Month.parse(m).first_date)) for m in months)
            )
            decision = Decision(f"seconde close {month}", motive, on)
            order, document = Order(number, "error", decision), self._correctable(number)
            parts = {line: cents for line, cents in self.parts[number].items() if cents}
            draft = credit_draft(document, parts, month, order, motive)
            draft = replace(draft, payload={**draft.payload, "is_whole": False, "corrected_months": months})
            notes = [Credit(draft, number, "error")]
            notes += overcharges_credited(self.ledger, document.document, draft, month, order)
            found += [(note, decision) for note in notes]
        return found


def _key(row: Mapping[str, object]) -> tuple[object, ...]:
    names = ("corrected_month", "customer_id", "contract_id", "charge", "category", "destination_country")
    return tuple(row[name] for name in names)
