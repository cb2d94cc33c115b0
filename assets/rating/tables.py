"""The warehouse tables of rating that Python writes; the SQL models declare their own."""

from adapters.warehouse import Column, TableSpec

TARIFF_RATES = TableSpec(
    "tariff_rates",
    "table",
    "One row per rate and the time it is in force: what a call is rated against.",
    (
        Column("version_id", "VARCHAR", "The tariff version the rate belongs to"),
        Column("plan", "VARCHAR", "The tariff plan contracts name"),
        Column("rate_id", "BIGINT", "The rate's row in the ledger"),
        Column("origin_country", "VARCHAR", "ISO 3166 alpha-2 of the calling number, or * for any"),
        Column("origin_number_type", "VARCHAR", "Number type of the calling number, or * for any"),
        Column("call_category", "VARCHAR", "direct, forwarded, campaign, incoming, or * for any but incoming"),
        Column(
            "destination_prefix", "VARCHAR", "What called_digits begin with: E.164 digits without +, or FR3639 for 3639"
        ),
        Column("prefix_length", "BIGINT", "Characters in destination_prefix: the longest match wins"),
        Column("destination_country", "VARCHAR", "ISO 3166 alpha-2 of the destination"),
        Column("category", "VARCHAR", "The invoice line the call is summed into, in French"),
        Column("destination_group", "VARCHAR", "What allowances and tiers count together; null: none", nullable=True),
        Column("price_per_minute_micros", "BIGINT", "Price of a minute, micro-euros without VAT"),
        Column("connection_fee_micros", "BIGINT", "Price of being answered, micro-euros without VAT"),
        Column("minimum_charge_micros", "BIGINT", "Least price of an answered call, connection fee included"),
        Column("surcharge_per_call_micros", "BIGINT", "The service's own price of a call, an amount apart"),
        Column("surcharge_per_minute_micros", "BIGINT", "The service's own price of a minute, an amount apart"),
        Column("initial_seconds", "BIGINT", "Least seconds charged"),
        Column("increment_seconds", "BIGINT", "Step of the seconds charged after them"),
        Column("valid_from", "DATE", "First Paris day in force"),
        Column("valid_to", "DATE", "First Paris day no longer in force; null: still is", nullable=True),
        Column("valid_from_at", "TIMESTAMP", "First instant in force, UTC"),
        Column("valid_to_at", "TIMESTAMP", "First instant no longer in force, UTC; null: still is", nullable=True),
    ),
)
TABLES: tuple[TableSpec, ...] = (TARIFF_RATES,)
