"""The tables of the invoices group that Python writes. Amounts are cents, HT unless the column says TTC."""

from adapters.warehouse import Column, TableSpec
from assets.invoices.closed_tables import CLOSED_CALL_PARTS, CLOSED_CALLS

MONTH = Column("month", "VARCHAR", "Billing month, YYYY-MM in Europe/Paris")
CUSTOMER = Column("customer_id", "VARCHAR", "Billed party, like acct-1001")
DOCUMENT_KIND = Column("document_kind", "VARCHAR", "invoice or debit_note")

SUBSCRIPTION_CHARGES = TableSpec(
    "subscription_charges",
    "month",
    "One row per contract, month charged and item of its fixed part; what has one price and number of days is one.",
    (
        MONTH,
        CUSTOMER,
        Column("contract_id", "VARCHAR", "Contract (order form) the charge comes from"),
        Column("charged_month", "VARCHAR", "Month it is for: an earlier one when that was refused or recorded late"),
        Column("item", "VARCHAR", "subscription, users, licences or numbers"),
        Column("label", "VARCHAR", "What the customer reads, in French"),
        Column("quantity", "BIGINT", "How many"),
        Column("unit_cents", "BIGINT", "Price of one for a whole month, cents"),
        Column("billed_days", "BIGINT", "Calendar days charged; fewer than month_days in a first partial month"),
        Column("month_days", "BIGINT", "Days of the month"),
        Column("amount_cents", "BIGINT", "quantity x unit_cents x billed_days / month_days, half-up to the cent"),
        Column("events", "VARCHAR", "Events of the contract it comes from, by sequence, comma separated"),
    ),
)
LATE_PAYMENT_PENALTIES = TableSpec(
    "late_payment_penalties",
    "month",
    "One row per invoice paid late or overdue that owes something new this month.",
    (
        MONTH,
        CUSTOMER,
        Column("invoice_number", "VARCHAR", "The invoice that was not paid in time"),
        Column("invoice_date", "DATE", "Its issue date"),
        Column("invoice_total_cents", "BIGINT", "Its total TTC, cents"),
        Column("due_date", "DATE", "Its due date"),
        Column("as_of_date", "DATE", "Last day counted: payments after it are not seen"),
        Column("days_late", "BIGINT", "Days counted, from the day after the due date"),
        Column("rate_basis_points", "BIGINT", "Yearly rate: 3 times the legal rate in force at the due date"),
        Column("rate_multiplier", "BIGINT", "Times the legal rate"),
        Column("year_days", "BIGINT", "Days of the year of the rate, 365"),
        Column("base_cents", "BIGINT", "Principal TTC still unpaid at as_of_date, cents"),
        Column("segments", "VARCHAR", "Working, JSON: start, end, days, base_cents, exact (euros) of each segment"),
        Column("penalty_exact", "VARCHAR", "Interest since the due date in euros, before its one rounding"),
        Column("accrued_cents", "BIGINT", "Interest since the due date, half-up to the cent"),
        Column("previously_charged_cents", "BIGINT", "Interest on debit notes of earlier months"),
        Column("penalty_cents", "BIGINT", "Interest of this month: accrued less previously charged"),
        Column("indemnity_cents", "BIGINT", "Recovery indemnity: once per invoice, 0 when charged before"),
    ),
)
REFUSED_DRAFTS = TableSpec(
    "refused_drafts",
    "month",
    "One row per customer whose invoice may not be drawn up: its calls wait, somebody has to act.",
    (
        MONTH,
        CUSTOMER,
        Column("reason", "VARCHAR", "What is missing and what to do next"),
        Column("amount_cents", "BIGINT", "What it would have been charged, cents"),
    ),
)
INVOICE_LINES = TableSpec(
    "invoice_lines",
    "month",
    "One row per line of a draft.",
    (
        MONTH,
        CUSTOMER,
        DOCUMENT_KIND,
        Column("line_number", "BIGINT", "Rank on the document, from 1"),
        Column("contract_id", "VARCHAR", "Contract the line is about; null for penalties", nullable=True),
        Column("kind", "VARCHAR", "subscription, usage, penalty or indemnity"),
        Column("label", "VARCHAR", "What the customer reads, in French"),
        Column("detail", "VARCHAR", "How the line comes about, in French, printed beside it", nullable=True),
        Column("quantity", "VARCHAR", "Exact decimal text, as printed: 3, 12.5000"),
        Column("unit", "VARCHAR", "Unit of the quantity, in French"),
        Column(
            "unit_price_micros", "BIGINT", "Price of a unit, micro-euros; an average where calls had several prices"
        ),
        Column("amount_cents", "BIGINT", "Amount, cents"),
        Column("vat_category", "VARCHAR", "EN 16931 category: S, AE, G, E, or O for penalties"),
        Column("vat_rate_basis_points", "BIGINT", "VAT rate: 2000 is 20 %"),
        Column("about_number", "VARCHAR", "For a penalty: the invoice it is about", nullable=True),
        Column("destination_country", "VARCHAR", "For usage: country called, ISO 3166 alpha-2", nullable=True),
        Column(
            "caught_up_month", "VARCHAR", "For a fixed part charged late: the closed month it is for", nullable=True
        ),
        Column("corrected_month", "VARCHAR", "For a correction: the closed month it adds to", nullable=True),
        Column("charge", "VARCHAR", "For a correction: call or surcharge", nullable=True),
        Column("category", "VARCHAR", "For a correction: category of the charge, in French", nullable=True),
    ),
)
INVOICES = TableSpec(
    "invoices",
    "month",
    "One row per draft: an invoice or a debit note before it has a number.",
    (
        MONTH,
        CUSTOMER,
        DOCUMENT_KIND,
        Column("issue_date", "DATE", "Date the document will bear"),
        Column("due_date", "DATE", "Last day to pay without penalty"),
        Column("lines", "BIGINT", "Number of lines"),
        Column("net_cents", "BIGINT", "Sum of the lines, cents"),
        Column("vat_cents", "BIGINT", "VAT, once per rate on its base, cents"),
        Column("total_cents", "BIGINT", "Total to pay TTC, cents"),
        Column("content_sha256", "VARCHAR", "Hash of the whole draft as canonical JSON"),
    ),
)
INVOICE_DOCUMENTS = TableSpec(
    "invoice_documents",
    "month",
    "One row per rendered PDF.",
    (
        MONTH,
        Column("number", "VARCHAR", "The document's legal number"),
        Column("kind", "VARCHAR", "invoice, debit_note or credit_note"),
        CUSTOMER,
        Column("path", "VARCHAR", "File, relative to SECONDE_HOME"),
        Column("sha256", "VARCHAR", "Hash of the file"),
        Column("pages", "BIGINT", "Pages"),
    ),
)
TABLES: tuple[TableSpec, ...] = (
    SUBSCRIPTION_CHARGES,
    LATE_PAYMENT_PENALTIES,
    REFUSED_DRAFTS,
    INVOICE_LINES,
    INVOICES,
    CLOSED_CALLS,
    CLOSED_CALL_PARTS,
    INVOICE_DOCUMENTS,
)
