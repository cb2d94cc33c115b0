"""What must be true of the rates before a call is rated: read from the table, whatever the ledger's guards said."""

from __future__ import annotations

from typing import get_args

from adapters.expectations import Suite, above, at_least, at_most, equal, matching, none_of, one_of
from domain.call import CallCategory
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
            cast(length(destination_prefix) as bigint) as digits, trim(category) as category, call_category,
            price_per_minute_micros, connection_fee_micros, initial_seconds, increment_seconds, minimum_charge_micros,
            surcharge_per_call_micros, surcharge_per_minute_micros,
            epoch_us(valid_from_at) as valid_from_micros, epoch_us(valid_to_at) as valid_to_micros,
            cast(
                valid_from_at < max(coalesce(valid_to_at, timestamp '9999-12-31')) over (
                    partition by plan, origin_country, origin_number_type, destination_prefix, call_category
                    order by valid_from_at, rate_id rows between unbounded preceding and 1 preceding
                )
            as bigint) as overlaps_an_earlier_rate
        from tariff_rates
    """,
    expectations=(
        matching(
            "destination_prefix",
            r"^(?:[1-9]\d{0,14}|[A-Z]{2}[1-9]\d{1,5})$",
            "the prefix is neither E.164 digits nor a country and short number",
        ),
        one_of("call_category", ["*", *get_args(CallCategory)], "the call category is neither a known one nor *"),
        equal("prefix_length", "digits", "the prefix is not as long as said: it would win or lose wrongly"),
        matching("origin_country", r"^(?:[A-Z]{2}|\*)$", "the origin is neither a country nor *"),
        one_of(
            "origin_number_type", ["*", *get_args(NumberType)], "the origin number type is neither a known type nor *"
        ),
        matching("category", r"\S", "no category: the invoice line has no name"),
        at_least("price_per_minute_micros", 0, "a negative price"),
        at_least("connection_fee_micros", 0, "a negative connection fee"),
        at_least("minimum_charge_micros", 0, "a negative minimum charge"),
        at_least("surcharge_per_call_micros", 0, "a negative surcharge a call"),
        at_least("surcharge_per_minute_micros", 0, "a negative surcharge a minute"),
        at_least("initial_seconds", 1, "no initial second"),
        at_least("increment_seconds", 1, "no increment"),
        above("valid_to_micros", "valid_from_micros", "the rate ends before it begins"),
        one_of("overlaps_an_earlier_rate", [0], "two rates of a plan price the same destination at the same time"),
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
        at_most(
            "price_per_minute_micros", DEAREST_MINUTE_MICROS, "dearer than 15 EUR a minute: has a decimal point moved?"
        ),
    ),
)

# A call without a price is not billed: money is lost until somebody acts, and each reason asks for another act.
UNRATED = Suite(
    name="calls_without_a_price",
    table="unrated_calls",
    description="Every billable call found its price; the month is not issued without one that did not, "
    "unless somebody answers for it: it then waits for the next month.",
    blocking=True,
    key=("boot_id", "leg_id"),
    sql="""
        select boot_id, leg_id, customer_id, destination_number, billed_seconds, reason
        from unrated_calls
        where month = $month
    """,
    expectations=(
        none_of("reason", ["NO_RATE"], "no rate for its destination: add the prefix to the tariff of its plan"),
        none_of("reason", ["EXPIRED_RATE"], "the rate of its destination has ended: add one that follows it"),
        none_of("reason", ["NO_CUSTOMER"], "its number belonged to no contract that day: correct the inventory"),
        none_of("reason", ["INVALID_NUMBER"], "what was dialled is no number a tariff can price: look at the call"),
    ),
)

TARIFF_SUITES = (INTEGRITY, PLAUSIBILITY)
UNRATED_SUITES = (UNRATED,)
