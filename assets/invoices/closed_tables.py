"""What a close keeps of its calls: each leg as it was billed, so that no later tariff, number or record moves it.

No number is kept: those stand in the call records, and leave them when their time is over (``assets.cdr.retention``).
"""

from adapters.warehouse import Column, TableSpec

_KEY = (
    Column("month", "VARCHAR", "Billing month, YYYY-MM in Europe/Paris"),
    Column("boot_id", "VARCHAR", "Boot of the switch"),
    Column("leg_id", "VARCHAR", "Leg"),
)
# Null of a leg that had no price.
_AS_BILLED = (
    ("record_date", "DATE", "Paris day of the answer"),
    ("call_category", "VARCHAR", "direct, forwarded, campaign or incoming"),
    ("origin_country", "VARCHAR", "Country of the customer's number"),
    ("origin_number_type", "VARCHAR", "Number type of the customer's number"),
    ("destination_country", "VARCHAR", "Country the price was for"),
    ("destination_number_type", "VARCHAR", "Number type of the number called"),
    ("category", "VARCHAR", "Invoice line it was summed into, in French"),
    ("plan", "VARCHAR", "Plan of the rate"),
    ("tariff_version_id", "VARCHAR", "Tariff version of the rate"),
    ("rate_id", "BIGINT", "Rate that priced it"),
    ("destination_prefix", "VARCHAR", "Prefix of that rate"),
    ("destination_group", "VARCHAR", "What allowances and tiers counted it with; null: nothing"),
    ("charged_seconds", "BIGINT", "Seconds after the rate's initial seconds and increments: what they counted"),
    ("included_seconds", "BIGINT", "Charged seconds that the allowance covered"),
    ("price_per_minute_micros", "BIGINT", "The rate's own price of a minute, micro-euros without VAT"),
    ("connection_fee_micros", "BIGINT", "Price of being answered, micro-euros without VAT"),
    ("minimum_charge_micros", "BIGINT", "Least price of an answered call, micro-euros without VAT"),
    ("initial_seconds", "BIGINT", "Least seconds charged"),
    ("increment_seconds", "BIGINT", "Step of the seconds charged after them"),
    ("amount_micros", "BIGINT", "Price of the call, micro-euros without VAT, without its surcharge"),
    ("surcharge_micros", "BIGINT", "The service's own price, micro-euros without VAT"),
)
CLOSED_CALLS = TableSpec(
    "closed_calls",
    "month",
    "One row per billable leg that stood in a month when it closed; counts once billing_periods says closed.",
    (
        *_KEY,
        Column("is_billed", "BOOLEAN", "Whether it is on an invoice of the month; one that is not waits for the next"),
        Column("unrated_reason", "VARCHAR", "Why it had no price; null when it had one", nullable=True),
        Column("call_month", "VARCHAR", "Month of its answer in Paris", nullable=True),
        Column("answered_at", "TIMESTAMP", "Answer, UTC", nullable=True),
        Column("customer_id", "VARCHAR", "Customer that held the number; null if nobody did", nullable=True),
        Column("contract_id", "VARCHAR", "Contract that held the number; null if none did", nullable=True),
        Column("billed_seconds", "BIGINT", "Seconds begun since the answer", nullable=True),
        *(Column(*column, nullable=True) for column in _AS_BILLED),
    ),
)
CLOSED_CALL_PARTS = TableSpec(
    "closed_call_parts",
    "month",
    "One row per part of a leg that an allowance or a tier touched, as billed; counts as closed_calls does.",
    (
        *_KEY,
        Column("part_number", "BIGINT", "Rank of the part in the call, from 1"),
        Column("kind", "VARCHAR", "included, rate or tier"),
        Column("seconds", "BIGINT", "Charged seconds in the part"),
        Column("price_per_minute_micros", "BIGINT", "Price of its minute, micro-euros without VAT; 0 when included"),
    ),
)
