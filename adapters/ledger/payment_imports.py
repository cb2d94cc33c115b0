"""Imports of payments: the good rows land, the others come back with their reason.

Money that names no document we issued is on the account all the same: it is kept as unassigned, and a later import of
the same reference with the right number makes it a payment.
"""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from adapters.ledger.csv_files import Column, Row, RowProblem, read_csv
from adapters.ledger.csv_values import as_cents, as_date, as_text
from adapters.ledger.merging import ImportReport
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument, Payment, UnassignedPayment
from domain.errors import BadInput

PAYMENTS = (
    Column("reference", as_text),
    Column("document_number", as_text),
    Column("value_date", as_date),
    Column("amount_eur", as_cents, field="amount_cents"),
)


def import_payments(ledger: Ledger, path: Path) -> ImportReport:
    """Record payments; the bank's reference makes a statement imported twice pay once.

    Raises:
        BadInput: the file itself cannot be read; a bad row is in the report instead.
    """
    rows, rejected = read_csv(path, PAYMENTS)
    accepted = already_known = 0
    with ledger.session() as session:
        kinds = {document.number: document.kind for document in session.exec(select(IssuedDocument))}
        known = {payment.reference: payment for payment in session.exec(select(Payment))}
        unassigned = {payment.reference: payment for payment in session.exec(select(UnassignedPayment))}
        for row in rows:
            payment = Payment(**row.values)
            try:
                if _is_known(known.get(payment.reference), row):
                    already_known += 1
                    continue
                _check(payment)
                _refuse_another(unassigned.get(payment.reference), payment)
                if kinds.get(payment.document_number) in (None, "credit_note"):
                    _keep_unassigned(session, unassigned, payment)
                    raise BadInput(_unplaced(payment, kinds.get(payment.document_number)))
            except BadInput as error:
                rejected.append(RowProblem(row.number, str(error)))
                continue
            if payment.reference in unassigned:
                session.delete(unassigned.pop(payment.reference))
            session.add(payment)
            known[payment.reference] = payment
            accepted += 1
    return ImportReport(accepted, already_known, tuple(sorted(rejected)))


def _is_known(known: Payment | None, row: Row) -> bool:
    """Whether the same payment was recorded; raises BadInput when its reference means another one."""
    if known is None:
        return False
    differing = [name for name, value in row.values.items() if getattr(known, name) != value]
    if differing:
        said = ", ".join(f"{name} {getattr(known, name)}, not {row.values[name]}" for name in differing)
        raise BadInput(f"reference {known.reference} was recorded with {said}; a payment has a reference of its own")
    return True


def _check(payment: Payment) -> None:
    if payment.amount_cents == 0:
        raise BadInput("amount_eur: nothing was paid")


def _refuse_another(unassigned: UnassignedPayment | None, payment: Payment) -> None:
    """The number it pays may be put right; its day and its amount are the bank's."""
    if unassigned is None:
        return
    if (unassigned.value_date, unassigned.amount_cents) != (payment.value_date, payment.amount_cents):
        raise BadInput(
            f"reference {payment.reference} was recorded, unassigned, with value_date {unassigned.value_date} and"
            f" {unassigned.amount_cents} cents; a payment has a reference of its own"
        )


def _keep_unassigned(session: Session, unassigned: dict[str, UnassignedPayment], payment: Payment) -> None:
    row = unassigned.get(payment.reference)
    if row is None:
        row = unassigned[payment.reference] = UnassignedPayment(
            reference=payment.reference,
            said_number=payment.document_number,
            value_date=payment.value_date,
            amount_cents=payment.amount_cents,
        )
    row.said_number = payment.document_number
    session.add(row)


def _unplaced(payment: Payment, kind: str | None) -> str:
    kept = "the money is kept as unassigned (account 471); import the row again with the right number"
    if kind is None:
        return f"document {payment.document_number} was never issued; find the number the customer meant: {kept}"
    return f"{payment.document_number} is a credit note: it is not paid, it reduces what is due; {kept}"
