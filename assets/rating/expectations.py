"""What must be true of the rates before a call is rated: read from the table, whatever the ledger's guards said."""

from __future__ import annotations

from typing import get_args

from adapters.data_quality import Suite, expect
from domain.french_numbers import NumberType

# The dearest satellite minute retails below 10 EUR: above 15, a decimal point has moved.
DEAREST_MINUTE_MICROS = 15_000_000

INTEGRITY = Suite(
    name="tariff_integrity",
    table="tariff_rates",
    description="Prefixes are digits, prices and steps make sense, and no instant has two prices for one destination.",
    blocking=True,
    key=("version_id", "rate_id"),
    sql="""
        select
            version_id, rate_id, origin_country, origin_number_type, destination_prefix, prefix_length,
            cast(length(destination_prefix) as bigint) as digits, trim(category) as category,
            price_per_minute_micros, connection_fee_micros, initial_seconds, increment_seconds,
            epoch_us(valid_from_at) as valid_from_micros, epoch_us(valid_to_at) as valid_to_micros,
            cast(
                valid_from_at < max(coalesce(valid_to_at, timestamp '9999-12-31')) over (
                    partition by plan, origin_country, origin_number_type, destination_prefix
                    order by valid_from_at, rate_id rows between unbounded preceding and 1 preceding
                )
            as bigint) as overlaps_an_earlier_rate
        from tariff_rates
    """,
    expectations=(
        expect(
            "column_values_to_match_regex", "the prefix is not E.164 digits",
            column="destination_prefix", regex=r"^[1-9]\d{0,14}$",
        ),
        expect(
            "column_pair_values_to_be_equal", "the prefix is not as long as said: it would win or lose wrongly",
            column_A="prefix_length", column_B="digits",
        ),
        expect(
            "column_values_to_match_regex", "the origin is neither a country nor *",
            column="origin_country", regex=r"^([A-Z]{2}|\*)$",
        ),
        expect(
            "column_values_to_be_in_set", "the origin number type is neither a known type nor *",
            column="origin_number_type", value_set=["*", *get_args(NumberType)],
        ),
        expect(
            "column_values_to_match_regex", "no category: the invoice line has no name", column="category", regex=r"\S"
        ),
        expect("column_values_to_be_between", "a negative price", column="price_per_minute_micros", min_value=0),
        expect("column_values_to_be_between", "a negative connection fee", column="connection_fee_micros", min_value=0),
        expect("column_values_to_be_between", "no initial second", column="initial_seconds", min_value=1),
        expect("column_values_to_be_between", "no increment", column="increment_seconds", min_value=1),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "the rate ends before it begins",
            column_A="valid_to_micros", column_B="valid_from_micros", ignore_row_if="either_value_is_missing",
        ),
        expect(
            "column_values_to_be_in_set", "two rates of a plan price the same destination at the same time",
            column="overlaps_an_earlier_rate", value_set=[0],
        ),
    ),
)

PLAUSIBILITY = Suite(
    name="tariff_plausibility",
    table="tariff_rates",
    description="No minute is dearer than any real one: the mark of a moved decimal point.",
    severity="warning",
    key=("version_id", "rate_id"),
    sql="select version_id, rate_id, destination_prefix, price_per_minute_micros from tariff_rates",
    expectations=(
        expect(
            "column_values_to_be_between", "dearer than 15 EUR a minute: has a decimal point moved?",
            column="price_per_minute_micros", max_value=DEAREST_MINUTE_MICROS,
        ),
    ),
)

TARIFF_SUITES = (INTEGRITY, PLAUSIBILITY)
