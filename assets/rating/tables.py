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
        Column("destination_prefix", "VARCHAR", "E.164 digits the called number begins with, without +"),
        Column("prefix_length", "BIGINT", "Digits in destination_prefix: the longest match wins"),
        Column("destination_country", "VARCHAR", "ISO 3166 alpha-2 of the destination"),
        Column("category", "VARCHAR", "The invoice line the call is summed into, in French"),
        Column("price_per_minute_micros", "BIGINT", "Price of a minute, micro-euros without VAT"),
        Column("connection_fee_micros", "BIGINT", "Price of being answered, micro-euros without VAT"),
        Column("initial_seconds", "BIGINT", "Least seconds charged"),
        Column("increment_seconds", "BIGINT", "Step of the seconds charged after them"),
        Column("valid_from_at", "TIMESTAMP", "First instant in force, UTC"),
        Column("valid_to_at", "TIMESTAMP", "First instant no longer in force, UTC; null: still is", nullable=True),
    ),
)
TABLES: tuple[TableSpec, ...] = (TARIFF_RATES,)
