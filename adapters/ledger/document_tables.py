"""What is final: closed months, document numbers, issued documents, money received."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from adapters.ledger.exact import Exact


class BillingPeriod(SQLModel, table=True):
    """The state of a month: open, frozen or closed. Closing happens in the transaction that issues its documents."""

    __tablename__ = "billing_period"
    __table_args__ = (
        CheckConstraint(
            "(state = 'open' and issue_date is null and closed_calls_sha256 is null)"
            " or (state = 'frozen' and issue_date is null and closed_calls_sha256 is not null)"
            " or (state = 'closed' and issue_date is not null and closed_calls_sha256 is not null)",
            name="ck_billing_period_state",
        ),
        CheckConstraint("month like '____-__'", name="ck_billing_period_month"),
    )

    month: str = Field(primary_key=True)
    state: str = "open"
    issue_date: dt.date | None = None
    # sha256 of closed_calls/month=.../data.parquet: which calls the month took when it froze, then when it closed.
    closed_calls_sha256: str | None = None


class DocumentSeries(SQLModel, table=True):
    """The last number given out in a series of a year. It only goes up, one document at a time."""

    __tablename__ = "document_series"
    __table_args__ = (
        CheckConstraint("last_sequence >= 0", name="ck_document_series_sequence"),
        CheckConstraint("series in ('FA','ND','AV')", name="ck_document_series_series"),
        CheckConstraint("(last_sequence = 0) = (last_issue_date is null)", name="ck_document_series_date"),
    )

    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last_sequence: int = 0
    last_issue_date: dt.date | None = None


class IssuedDocument(SQLModel, table=True):
    """A numbered legal document. Never changed: a correction is another document that cites it."""

    __tablename__ = "issued_document"
    __table_args__ = (
        UniqueConstraint("series", "year", "sequence", name="uq_issued_document_sequence"),
        # One invoice and at most one debit note a month per customer; credit notes, and invoices that replace one
        # that was credited, as many as needed.
        Index(
            "uq_issued_document_month",
            "customer_id",
            "month",
            "kind",
            unique=True,
            sqlite_where=text("kind <> 'credit_note' and replaces_number is null"),
            postgresql_where=text("kind <> 'credit_note' and replaces_number is null"),
        ),
        CheckConstraint(
            "(kind = 'invoice' and series = 'FA') or (kind = 'debit_note' and series = 'ND')"
            " or (kind = 'credit_note' and series = 'AV')",
            name="ck_issued_document_kind",
        ),
        CheckConstraint("sequence > 0", name="ck_issued_document_sequence"),
        CheckConstraint("due_date >= issue_date", name="ck_issued_document_dates"),
        CheckConstraint("total_cents = net_cents + vat_cents and total_cents >= 0", name="ck_issued_document_total"),
        # Penalties and the indemnity are outside VAT.
        CheckConstraint("kind <> 'debit_note' or vat_cents = 0", name="ck_issued_document_debit_note_vat"),
        CheckConstraint("(kind = 'credit_note') = (corrects_number is not null)", name="ck_issued_document_corrects"),
        # An error reduces the penalty's base back to the due date, a gesture from its own date.
        CheckConstraint(
            "(kind = 'credit_note' and credit_reason is not null and credit_reason in ('error','gesture'))"
            " or (kind <> 'credit_note' and credit_reason is null)",
            name="ck_issued_document_reason",
        ),
        CheckConstraint("length(sha256) = 64", name="ck_issued_document_sha256"),
        CheckConstraint("replaces_number is null or kind = 'invoice'", name="ck_issued_document_replaces"),
    )

    number: str = Field(primary_key=True)
    series: str
    year: int
    sequence: int
    kind: str
    customer_id: str = Field(foreign_key="customer.customer_id", index=True)
    month: str = Field(foreign_key="billing_period.month", index=True)
    issue_date: dt.date
    due_date: dt.date
    net_cents: int = Field(sa_type=Exact)
    vat_cents: int = Field(sa_type=Exact)
    total_cents: int = Field(sa_type=Exact)
    corrects_number: str | None = Field(default=None, foreign_key="issued_document.number")
    credit_reason: str | None = None
    # The draft's payload as canonical JSON: parties as they were, taxes, mentions; what is rendered.
    payload: str
    # sha256 of the whole content, lines included (domain.invoice.DraftDocument.content_sha256).
    sha256: str
    # For an invoice issued in the place of another, which a credit note cancels: the other's number.
    replaces_number: str | None = Field(default=None, foreign_key="issued_document.number")


class IssuedDocumentLine(SQLModel, table=True):
    """A line of an issued document."""

    __tablename__ = "issued_document_line"
    __table_args__ = (
        CheckConstraint("kind in ('subscription','usage','penalty','indemnity')", name="ck_issued_document_line_kind"),
        CheckConstraint("line_number > 0", name="ck_issued_document_line_number"),
        # A penalty says which invoice was paid late; nothing else is about an invoice.
        CheckConstraint(
            "(kind in ('penalty','indemnity')) = (about_number is not null)", name="ck_issued_document_line_about"
        ),
        CheckConstraint("vat_category in ('S','AE','G','E','O')", name="ck_issued_document_line_vat_category"),
    )

    number: str = Field(foreign_key="issued_document.number", primary_key=True)
    line_number: int = Field(primary_key=True)
    contract_id: str | None = Field(default=None, foreign_key="contract.contract_id")
    kind: str
    label: str
    # Exact decimal text, as printed: "3", "12.5000".
    quantity: str
    unit: str
    unit_price_micros: int = Field(sa_type=Exact)
    amount_cents: int = Field(sa_type=Exact)
    vat_category: str
    vat_rate_basis_points: int = Field(sa_type=Exact)
    # For penalties: the invoice the line is about.
    about_number: str | None = Field(default=None, foreign_key="issued_document.number")


class DocumentFile(SQLModel, table=True):
    """The PDF a document was written as, for ever: drawn again, it is these bytes or it is not the document."""

    __tablename__ = "document_file"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="ck_document_file_sha256"),
        CheckConstraint("pages > 0", name="ck_document_file_pages"),
    )

    number: str = Field(foreign_key="issued_document.number", primary_key=True)
    sha256: str
    pages: int


class Payment(SQLModel, table=True):
    """Money that reached the operator's account for a document, on its value date."""

    __tablename__ = "payment"
    __table_args__ = (CheckConstraint("amount_cents > 0", name="ck_payment_amount"),)

    # The bank's own reference: a statement imported twice pays once.
    reference: str = Field(primary_key=True)
    document_number: str = Field(foreign_key="issued_document.number", index=True)
    value_date: dt.date
    amount_cents: int = Field(sa_type=Exact)


class UnassignedPayment(SQLModel, table=True):
    """Money on the account that pays no document we know: on the suspense account until somebody knows whose it is."""

    __tablename__ = "unassigned_payment"
    __table_args__ = (CheckConstraint("amount_cents > 0", name="ck_unassigned_payment_amount"),)

    reference: str = Field(primary_key=True)
    # What the bank's file named: the customer's own words, perhaps.
    said_number: str
    value_date: dt.date
    amount_cents: int = Field(sa_type=Exact)


class CreditDecision(SQLModel, table=True):
    """Who had a credit note issued, when and why. It never changes."""

    __tablename__ = "credit_decision"
    __table_args__ = (
        CheckConstraint("trim(decided_by) <> '' and trim(because) <> ''", name="ck_credit_decision_signed"),
    )

    number: str = Field(foreign_key="issued_document.number", primary_key=True)
    decided_by: str
    because: str
    decided_on: dt.date


class RatingAdjustment(SQLModel, table=True):
    """A usage charge of a closed month that a later close corrected, once: written with the documents that say so."""

    __tablename__ = "rating_adjustment"
    __table_args__ = (
        CheckConstraint("month > corrected_month", name="ck_rating_adjustment_months"),
        CheckConstraint("charge in ('call','surcharge')", name="ck_rating_adjustment_charge"),
        CheckConstraint(
            "difference_cents = due_cents - billed_cents - adjusted_cents and difference_cents <> 0",
            name="ck_rating_adjustment_difference",
        ),
        CheckConstraint("credited_before_cents >= 0", name="ck_rating_adjustment_credited_before"),
    )

    # The close that corrected it, and the month it billed wrongly.
    month: str = Field(foreign_key="billing_period.month", primary_key=True)
    corrected_month: str = Field(foreign_key="billing_period.month", primary_key=True)
    contract_id: str = Field(foreign_key="contract.contract_id", primary_key=True)
    charge: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    destination_country: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.customer_id")
    billed_cents: int = Field(sa_type=Exact)
    # What closes in between added, or took back below zero.
    adjusted_cents: int = Field(sa_type=Exact)
    due_cents: int = Field(sa_type=Exact)
    difference_cents: int = Field(sa_type=Exact)
    # Of a negative difference: what a person's credit notes on the line had given back already.
    credited_before_cents: int = Field(default=0, sa_type=Exact)
    # The invoice and line that charge a positive difference.
    document_number: str | None = Field(default=None, foreign_key="issued_document.number")
    line_number: int | None = None
