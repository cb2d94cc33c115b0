"""The ledger as an accountant books it: documents and receipts up to a day, read at one moment."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlmodel import col, select

from adapters.ledger.deductions import deducted
from adapters.ledger.store import Ledger
from adapters.ledger.tables import (
    BillingPeriod,
    Customer,
    IssuedDocument,
    IssuedDocumentLine,
    Operator,
    Payment,
    UnassignedPayment,
)
from domain.accounting import Pair, Receipt, Sale
from domain.carrying import Deduction
from domain.errors import PermanentError

LABELS = {"invoice": "Facture", "debit_note": "Note de débit", "credit_note": "Avoir"}


@dataclass(frozen=True)
class Books:
    """Everything booked up to a day, the customers' names as last printed, and the months that are closed."""

    siren: str
    sales: tuple[Sale, ...]
    receipts: tuple[Receipt, ...]
    names: dict[str, str]
    # Month to whether it is closed.
    months: dict[str, bool]
    # What credit notes set free and settled another document.
    deductions: tuple[Deduction, ...] = ()

    def pairs(self, until: dt.date) -> list[Pair]:
        """The documents a deduction settled together by a day."""
        return [(one.source, one.target) for one in self.deductions if one.date <= until]


def read_books(ledger: Ledger, until: dt.date) -> Books:
    """What was issued and received up to a day. Raises PermanentError when the ledger has no operator."""
    with ledger.reading() as session:
        operator = session.exec(select(Operator)).first()
        documents = session.exec(select(IssuedDocument).where(IssuedDocument.issue_date <= until)).all()
        lines = session.exec(
            select(IssuedDocumentLine)
            .join(IssuedDocument, col(IssuedDocument.number) == col(IssuedDocumentLine.number))
            .where(IssuedDocument.issue_date <= until)
        ).all()
        payments = session.exec(select(Payment).where(Payment.value_date <= until)).all()
        owners = {row[0]: row[1] for row in session.exec(select(IssuedDocument.number, IssuedDocument.customer_id))}
        unassigned = session.exec(select(UnassignedPayment).where(UnassignedPayment.value_date <= until)).all()
        customers = session.exec(select(Customer)).all()
        periods = session.exec(select(BillingPeriod)).all()
    if operator is None:
        raise PermanentError("the ledger has no operator; load operator.csv with `seconde init`")
    revenue: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        revenue[line.number][line.kind] += line.amount_cents
    named = {customer.customer_id: customer.legal_name for customer in customers}
    ordered = sorted(documents, key=lambda document: (document.issue_date, document.number))
    receipts = [
        Receipt(p.reference, p.value_date, p.amount_cents, p.document_number, owners[p.document_number])
        for p in payments
    ]
    receipts += [Receipt(p.reference, p.value_date, p.amount_cents) for p in unassigned]
    return Books(
        siren=operator.siren,
        sales=tuple(_sale(document, revenue[document.number]) for document in ordered),
        receipts=tuple(receipts),
        # As printed last: a customer that changes its name today does not change last year's file.
        names=named | {d.customer_id: name for d in ordered if (name := _printed_name(d))},
        months={period.month: period.state == "closed" for period in periods},
        deductions=tuple(deducted(documents, payments, until)),
    )


def _sale(document: IssuedDocument, revenue: Counter[str]) -> Sale:
    taxes: Counter[int] = Counter()
    for tax in json.loads(document.payload).get("taxes", []):
        taxes[tax["rate_basis_points"]] += tax["tax_cents"]
    if sum(taxes.values()) != document.vat_cents:
        raise PermanentError(
            f"{document.number}: its VAT per rate comes to {sum(taxes.values())} cents and its total says"
            f" {document.vat_cents}; it was not issued by Seconde: book it by hand"
        )
    about = f" sur {document.corrects_number}" if document.corrects_number else ""
    return Sale(
        number=document.number,
        date=document.issue_date,
        customer_id=document.customer_id,
        settles=document.corrects_number or document.number,
        label=f"{LABELS[document.kind]} {document.number}{about}",
        is_credit=document.kind == "credit_note",
        total_cents=document.total_cents,
        revenue=revenue,
        taxes=taxes,
    )


def _printed_name(document: IssuedDocument) -> str | None:
    buyer = json.loads(document.payload).get("buyer")
    return buyer.get("name") if isinstance(buyer, dict) else None
