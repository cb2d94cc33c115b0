"""The ledger's tables as the warehouse sees them: same names, same units, one description per column."""

from adapters.warehouse import Column, TableSpec

BILLING_PERIODS = TableSpec(
    "billing_periods",
    "table",
    "One row per month the ledger knows: open, frozen, or closed with the date its documents bear.",
    (
        Column("month", "VARCHAR", "Billing month, YYYY-MM in Europe/Paris"),
        Column("state", "VARCHAR", "open, frozen or closed"),
        Column("issue_date", "DATE", "Date of the month's documents; null until it is closed", nullable=True),
        Column(
            "closed_calls_sha256", "VARCHAR", "Hash of the calls the month took when it froze or closed", nullable=True
        ),
    ),
)
CUSTOMERS = TableSpec(
    "customers",
    "table",
    "One row per billed party.",
    (
        Column("customer_id", "VARCHAR", "The account code the switch says, like acct-1001"),
        Column("legal_name", "VARCHAR", "Legal name, as printed"),
        Column("address_line", "VARCHAR", "Street and number"),
        Column("postal_code", "VARCHAR", "Postal code"),
        Column("city", "VARCHAR", "City"),
        Column("country", "VARCHAR", "ISO 3166 alpha-2 country of the address"),
        Column("email", "VARCHAR", "Where documents and reminders go"),
        Column("siren", "VARCHAR", "French company number, nine digits", nullable=True),
        Column("vat_number", "VARCHAR", "VAT identification number", nullable=True),
        Column("vat_territory", "VARCHAR", "FR_MAINLAND, FR_DOM, FR_VAT_EXEMPT, EU or NON_EU"),
        Column("is_reseller", "BOOLEAN", "Another operator who buys for resale: reverse charge"),
        Column("order_reference", "VARCHAR", "The customer's own order number, printed when given", nullable=True),
        Column("full_numbers_requested", "BOOLEAN", "Asked in writing for unmasked called numbers (CPCE D98-5)"),
        Column("is_high_risk_allowed", "BOOLEAN", "The switch lets it call satellites and known-fraud ranges"),
    ),
)
CONTRACTS = TableSpec(
    "contracts",
    "table",
    "One row per order form (bon de commande), as signed; subscription_charges has each month's quantities and prices.",
    (
        Column("contract_id", "VARCHAR", "Contract, like ctr-1001-1"),
        Column("customer_id", "VARCHAR", "Who pays"),
        Column("subscription_type", "VARCHAR", "Name of the subscription, as printed"),
        Column("subscription_cents", "BIGINT", "Monthly price of the subscription, cents without VAT"),
        Column("users", "BIGINT", "Users signed for"),
        Column("user_cents", "BIGINT", "Monthly price of a user, cents without VAT"),
        Column("licences", "BIGINT", "Call-centre licences signed for"),
        Column("licence_cents", "BIGINT", "Monthly price of a licence, cents without VAT"),
        Column("tariff_plan", "VARCHAR", "Plan whose rates its calls take"),
        Column("first_month_rule", "VARCHAR", "prorata by calendar days, or full"),
        Column("payment_days", "BIGINT", "Days from issue to due date"),
        Column("itemised_annex", "VARCHAR", "Calls behind the usage lines: none, pdf or pdf_csv"),
        Column("started_on", "DATE", "First day of service"),
        Column("ended_on", "DATE", "Last day of service; its month is due in full", nullable=True),
        Column("daily_cap_cents", "BIGINT", "People are told when a day's calls come near it; null: no cap", True),
    ),
)
CONTRACT_ALLOWANCES = TableSpec(
    "contract_allowances",
    "table",
    "One row per contract, destination group and time it includes minutes.",
    (
        Column("contract_id", "VARCHAR", "Contract that includes them"),
        Column("destination_group", "VARCHAR", "Where they may be used, as tariff_rates groups destinations"),
        Column("minutes", "BIGINT", "How many each calendar month"),
        Column("valid_from", "DATE", "First Paris day a call may draw on them"),
        Column("valid_to", "DATE", "First Paris day it no longer may; null: still may", nullable=True),
    ),
)
TARIFF_PLANS = TableSpec(
    "tariff_plans",
    "table",
    "One row per tariff plan contracts may name.",
    (
        Column("plan", "VARCHAR", "Its name"),
        Column(
            "fallback_plan",
            "VARCHAR",
            "Plan whose rate stands where this one has none as long for a number; null: none",
            nullable=True,
        ),
    ),
)
TARIFF_TIERS = TableSpec(
    "tariff_tiers",
    "table",
    "One row per version, destination group and monthly volume from which a minute has another price.",
    (
        Column("version_id", "VARCHAR", "Tariff version it belongs to"),
        Column("destination_group", "VARCHAR", "What is counted together"),
        Column("from_minutes", "BIGINT", "Minutes of the month after which the price holds"),
        Column("price_per_minute_micros", "BIGINT", "Price of a minute, micro-euros without VAT"),
    ),
)
PHONE_NUMBERS = TableSpec(
    "phone_numbers",
    "table",
    "One row per number and the time it belongs to a contract: the number inventory.",
    (
        Column("number", "VARCHAR", "E.164 with +"),
        Column("contract_id", "VARCHAR", "Contract that holds it"),
        Column("country", "VARCHAR", "ISO 3166 alpha-2"),
        Column("number_type", "VARCHAR", "fixed, mobile, ..."),
        Column("monthly_cents", "BIGINT", "Monthly price, cents without VAT"),
        Column("valid_from", "DATE", "First Paris day it belongs to the contract"),
        Column("valid_to", "DATE", "First Paris day it no longer does; null: still does", nullable=True),
    ),
)
PAYMENTS = TableSpec(
    "payments",
    "table",
    "One row per payment that reached the operator's account.",
    (
        Column("reference", "VARCHAR", "The bank's own reference"),
        Column("document_number", "VARCHAR", "The document it pays"),
        Column("value_date", "DATE", "Day the money reached the account"),
        Column("amount_cents", "BIGINT", "Amount, cents"),
    ),
)
ISSUED_DOCUMENTS = TableSpec(
    "issued_documents",
    "table",
    "One row per numbered document: invoice, debit note or credit note. None ever changes.",
    (
        Column("number", "VARCHAR", "The legal number"),
        Column("series", "VARCHAR", "Series the number belongs to"),
        Column("year", "BIGINT", "Year of the series"),
        Column("sequence", "BIGINT", "Rank in the series and year, gapless from 1"),
        Column("kind", "VARCHAR", "invoice, debit_note or credit_note"),
        Column("customer_id", "VARCHAR", "Who owes it"),
        Column("month", "VARCHAR", "Billing month it was issued for"),
        Column("issue_date", "DATE", "Date of the document"),
        Column("due_date", "DATE", "Last day to pay without penalty"),
        Column("net_cents", "BIGINT", "Total without VAT, cents"),
        Column("vat_cents", "BIGINT", "VAT, cents"),
        Column("total_cents", "BIGINT", "Total to pay, cents"),
        Column("corrects_number", "VARCHAR", "For a credit note: the document it corrects", nullable=True),
        Column("credit_reason", "VARCHAR", "For a credit note: error or gesture", nullable=True),
        Column("sha256", "VARCHAR", "Hash of the document's canonical content"),
        Column("replaces_number", "VARCHAR", "For an invoice in another's place: the other's number", nullable=True),
    ),
)
ISSUED_DOCUMENT_LINES = TableSpec(
    "issued_document_lines",
    "table",
    "One row per line of an issued document.",
    (
        Column("number", "VARCHAR", "The document's legal number"),
        Column("line_number", "BIGINT", "Rank on the document, from 1"),
        Column("contract_id", "VARCHAR", "Contract the line is about", nullable=True),
        Column("kind", "VARCHAR", "subscription, usage, penalty or indemnity"),
        Column("label", "VARCHAR", "What the customer reads"),
        Column("quantity", "VARCHAR", "Exact decimal text, as printed"),
        Column("unit", "VARCHAR", "Unit of the quantity"),
        Column("unit_price_micros", "BIGINT", "Price of a unit, micro-euros without VAT"),
        Column("amount_cents", "BIGINT", "Amount, cents without VAT"),
        Column("vat_category", "VARCHAR", "EN 16931 category: S, AE, G, E or O"),
        Column("vat_rate_basis_points", "BIGINT", "VAT rate in hundredths of a percent"),
        Column("about_number", "VARCHAR", "For a penalty: the invoice it is about", nullable=True),
    ),
)
ISSUED_ADJUSTMENTS = TableSpec(
    "issued_adjustments",
    "table",
    "One row per usage charge of a closed month that a later close corrected. None ever changes.",
    (
        Column("month", "VARCHAR", "Month whose close corrected it"),
        Column("corrected_month", "VARCHAR", "Closed month that billed it"),
        Column("contract_id", "VARCHAR", "Contract"),
        Column("charge", "VARCHAR", "call, or surcharge: the service's own price"),
        Column("category", "VARCHAR", "Invoice line, in French"),
        Column("destination_country", "VARCHAR", "Country the price was for"),
        Column("customer_id", "VARCHAR", "Customer"),
        Column("billed_cents", "BIGINT", "What its month billed, cents without VAT"),
        Column("adjusted_cents", "BIGINT", "What closes in between had added, or taken back below zero"),
        Column("due_cents", "BIGINT", "What should have been billed"),
        Column("difference_cents", "BIGINT", "What the close added; below zero, what it took back"),
        Column("credited_before_cents", "BIGINT", "Of what is taken back: what credit notes had given back already"),
        Column("document_number", "VARCHAR", "Invoice that charges what was added", nullable=True),
        Column("line_number", "BIGINT", "Its line", nullable=True),
    ),
)
DELIVERIES = TableSpec(
    "deliveries",
    "table",
    "One row per document or notice and address it goes to: how far it got. As of the last sending.",
    (
        Column("delivery_id", "VARCHAR", "Hash of channel, recipient and subject"),
        Column("channel", "VARCHAR", "email, or folder for an approved platform"),
        Column("recipient", "VARCHAR", "E-mail address, or the platform's name"),
        Column("customer_id", "VARCHAR", "Whose document it is"),
        Column("document_number", "VARCHAR", "The document; null for a notice", nullable=True),
        Column("tariff_version_id", "VARCHAR", "For a notice of a new tariff: its version", nullable=True),
        Column("contract_id", "VARCHAR", "For a notice of a contract's own price: the contract", nullable=True),
        Column("event_sequence", "BIGINT", "Which of the contract's events says the price", nullable=True),
        Column("state", "VARCHAR", "queued, sending, sent, bounced or failed"),
        Column("round", "BIGINT", "How many times a person asked for it"),
        Column("attempts", "BIGINT", "Attempts of the round"),
        Column("queued_at", "TIMESTAMP", "When it was queued, UTC"),
        Column("next_attempt_at", "TIMESTAMP", "When it may be tried again, UTC; null when it is over", nullable=True),
        Column("sent_at", "TIMESTAMP", "When the relay or the folder took it, UTC", nullable=True),
        Column("message_id", "VARCHAR", "Message-ID of its mail", nullable=True),
        Column("last_error", "VARCHAR", "What the last attempt, or the bounce, said", nullable=True),
    ),
)
TABLES: tuple[TableSpec, ...] = (
    BILLING_PERIODS,
    CUSTOMERS,
    CONTRACTS,
    CONTRACT_ALLOWANCES,
    TARIFF_PLANS,
    TARIFF_TIERS,
    PHONE_NUMBERS,
    PAYMENTS,
    ISSUED_DOCUMENTS,
    ISSUED_DOCUMENT_LINES,
    ISSUED_ADJUSTMENTS,
    DELIVERIES,
)
