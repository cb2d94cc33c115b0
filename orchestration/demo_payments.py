"""How the demo's customers pay: a share of an invoice on a value date, as a bank statement would say it."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adapters.ledger.tables import IssuedDocument
from domain.errors import BadInput
from domain.money import CENTS_PER_EURO, divide_half_up

REST = "rest"


@dataclass(frozen=True)
class Habit:
    """One payment to come: ``share_percent`` of the month's invoice, or None for all that is left of it."""

    customer_id: str
    month: str
    value_date: dt.date
    share_percent: int | None


@dataclass(frozen=True)
class BankLine:
    """A line of the operator's bank statement."""

    reference: str
    document_number: str
    value_date: dt.date
    amount_cents: int


def read_habits(path: Path) -> list[Habit]:
    """The file's rows, oldest first. Raises BadInput naming the line."""
    habits = []
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                share = None if row["share_percent"] == REST else int(row["share_percent"])
                habits.append(Habit(row["customer_id"], row["month"], dt.date.fromisoformat(row["value_date"]), share))
            except (KeyError, ValueError) as error:
                raise BadInput(f"{path} line {line}: {error}; write customer, month, date, percent or rest") from error
    return sorted(habits, key=lambda habit: (habit.value_date, habit.customer_id))


def bank_lines(habits: Iterable[Habit], documents: Iterable[IssuedDocument], until: dt.date) -> list[BankLine]:
    """What reached the account by ``until``: the same invoices give the same references and amounts."""
    invoices = {(d.customer_id, d.month): d for d in documents if d.kind == "invoice"}
    paid_cents: dict[str, int] = {}
    lines = []
    for habit in habits:
        invoice = invoices.get((habit.customer_id, habit.month))
        if invoice is None or habit.value_date > until:
            continue
        left = invoice.total_cents - paid_cents.get(invoice.number, 0)
        amount = left if habit.share_percent is None else divide_half_up(invoice.total_cents * habit.share_percent, 100)
        paid_cents[invoice.number] = paid_cents.get(invoice.number, 0) + amount
        reference = f"VIR-{habit.value_date:%Y%m%d}-{invoice.number}"
        lines.append(BankLine(reference, invoice.number, habit.value_date, amount))
    return lines


def write_statement(path: Path, lines: Iterable[BankLine]) -> Path:
    """The lines as the file ``seconde import payments`` takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["reference", "document_number", "value_date", "amount_eur"])
        for line in lines:
            euros, cents = divmod(line.amount_cents, CENTS_PER_EURO)
            writer.writerow([line.reference, line.document_number, line.value_date, f"{euros}.{cents:02d}"])
    return path
