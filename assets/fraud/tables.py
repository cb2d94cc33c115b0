"""The tables of the watch over spend: each day's estimate, and what it was made from.

The amounts are exact sums of an estimate; which day is unusual, short, at night or at risk is judgement
(``domain.fraud``, ``domain.risky_ranges``, docs/decisions/0016).
"""

from adapters.warehouse import Column, TableSpec

MONTH = Column("month", "VARCHAR", "Local (Europe/Paris) month, YYYY-MM.")
RECORD_DATE = Column("record_date", "DATE", "Local day of the answers.")

SPEND_DAILY = TableSpec(
    "spend_daily",
    "parts",
    "One row per local day, contract and destination: answered billable calls and what they should cost. An estimate, "
    "made when the day lands with the prices of the ledger then, before allowances and tiers: bills nothing.",
    (
        MONTH,
        RECORD_DATE,
        Column("customer_id", "VARCHAR", "Who calls; of nobody's number, the account the switch named, or unknown."),
        Column(
            "contract_id",
            "VARCHAR",
            "The contract of the number used; unknown of nobody's number, whose calls have no price.",
        ),
        Column("destination", "VARCHAR", "Country called, ISO 3166 alpha-2; the class of a number that has none."),
        Column("destination_class", "VARCHAR", "Class of the numbers called: national, satellite, high_risk, ..."),
        Column("calls", "BIGINT", "Answered billable calls."),
        Column("billed_seconds", "BIGINT", "Their billed seconds."),
        Column("amount_micros", "BIGINT", "What they should cost without VAT, surcharges included."),
        Column("unpriced_calls", "BIGINT", "Those no rate was found for: they count for nothing in the amount."),
        Column("night_calls", "BIGINT", "Those answered from 22:00 to 06:00 in Paris, or on a Saturday or Sunday."),
        Column("burst_calls", "BIGINT", "The most short calls to one prefix that began within one hour."),
        Column(
            "burst_prefix",
            "VARCHAR",
            "The first digits of the numbers they called; invalid where there are none.",
            True,
        ),
    ),
)
SPEND_DAYS = TableSpec(
    "spend_days",
    "parts",
    "One row per local day of spend_daily that was judged, and what it was made from; made again when that changes.",
    (MONTH, RECORD_DATE, Column("inputs_sha256", "VARCHAR", "Of the day's call records and the rules.")),
)
TABLES: tuple[TableSpec, ...] = (SPEND_DAILY, SPEND_DAYS)
