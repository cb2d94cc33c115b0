"""What must be true of call records, read from the table itself and not from the code that made it.

Sources: BILLING_RULES "What is charged" (every started second is due; the answer instant dates the call) and
FACTS "Legs" (only an answered outgoing carrier leg is billed), BILLING_RULES "French numbers" (free ones are free).
"""

from __future__ import annotations

from typing import get_args

from adapters.expectations import Suite, at_most, equal, matching, not_below, one_of, present
from domain.call import CallCategory, Disposition

# A leg that talks for more than a day is a switch that lost its end, not a conversation.
LONGEST_CALL_SECONDS = 24 * 3600
E164 = r"^\+[1-9]\d{2,14}$"

INTEGRITY = Suite(
    name="call_record_integrity",
    table="call_detail_records",
    description="A leg stands once, in the month of its answer, with every started second and no other billed.",
    blocking=True,
    key=("boot_id", "leg_id"),
    sql="""
        select
            boot_id, leg_id,
            count(*) over (partition by boot_id, leg_id) as copies,
            month,
            strftime(record_date, '%Y-%m') as month_of_record_date,
            cast(record_date as varchar) as record_date,
            cast(cast(timezone('Europe/Paris', timezone('UTC', coalesce(answered_at, ended_at))) as date) as varchar)
                as paris_date,
            epoch_us(started_at) as started_micros,
            epoch_us(answered_at) as answered_micros,
            epoch_us(ended_at) as ended_micros,
            talk_micros,
            coalesce(epoch_us(ended_at) - epoch_us(answered_at), 0) as talk_micros_due,
            billed_seconds,
            case when answered_at is null then 0
                else greatest(1, (epoch_us(ended_at) - epoch_us(answered_at) + 999999) // 1000000)
            end as billed_seconds_due,
            cast(is_billable as bigint) as is_billable,
            cast(
                direction = 'outgoing' and is_carrier_leg and answered_at is not null
                and not coalesce(
                    destination_number_type = 'emergency'
                    or (destination_number_type = 'free' and destination_country = 'FR'), false
                )
            as bigint) as is_to_be_billed,
            direction, leg_side, disposition, call_category
        from call_detail_records
        where month = $month
    """,
    expectations=(
        one_of("copies", [1], "a leg stands more than once and would be billed as often"),
        equal("month", "month_of_record_date", "the month is not the record date's"),
        equal("record_date", "paris_date", "the record date is not the Paris day of the answer (or of the end)"),
        not_below("ended_micros", "started_micros", "the call ends before it starts"),
        not_below("answered_micros", "started_micros", "the call is answered before it starts"),
        not_below("ended_micros", "answered_micros", "the call ends before it is answered"),
        equal("talk_micros", "talk_micros_due", "talk time is not the end minus the answer"),
        equal("billed_seconds", "billed_seconds_due", "billed seconds are not talk time with every started second"),
        equal(
            "is_billable",
            "is_to_be_billed",
            "a leg is billable exactly when it is an answered outgoing carrier leg to a number not free to the caller",
        ),
        one_of("direction", ["outgoing", "incoming", "internal"], "unknown direction"),
        one_of("leg_side", ["A", "B"], "unknown leg side"),
        one_of("disposition", list(get_args(Disposition)), "unknown disposition"),
        one_of("call_category", list(get_args(CallCategory)), "unknown call category"),
    ),
)

OWNERS = Suite(
    name="call_record_owners",
    table="call_detail_records",
    description="Every billable call has a customer and a contract; without them it is unrated, never free.",
    key=("boot_id", "leg_id"),
    sql="""
        select boot_id, leg_id, customer_id, contract_id, account_code
        from call_detail_records
        where month = $month and is_billable
    """,
    expectations=(
        present("customer_id", "no customer owned the calling number that day"),
        present("contract_id", "no contract held the calling number that day"),
    ),
)

PLAUSIBILITY = Suite(
    name="call_record_plausibility",
    table="call_detail_records",
    description="Numbers are E.164, the disposition agrees with the answer, no call lasts a day or is billed twice.",
    severity="warning",
    key=("boot_id", "leg_id"),
    sql="""
        select
            boot_id, leg_id, origin_number, destination_number, billed_seconds, disposition,
            cast((answered_at is null) = (disposition = 'answered') and disposition <> 'abandoned_in_queue' as bigint)
                as answer_contradicts_disposition,
            cast(
                is_billable
                and lag(ended_at) over (
                    partition by is_billable, boot_id, call_id, destination_number order by answered_at, leg_id
                ) > answered_at
            as bigint) as overlaps_a_billable_leg
        from call_detail_records
        where month = $month
    """,
    expectations=(
        matching("origin_number", E164, "the origin is not E.164"),
        matching("destination_number", E164, "the destination is not E.164"),
        at_most(
            "billed_seconds", LONGEST_CALL_SECONDS, "the call lasts more than a day: the switch may have lost its end"
        ),
        one_of("answer_contradicts_disposition", [0], "the disposition contradicts the answer"),
        one_of("overlaps_a_billable_leg", [0], "two billable legs of one call to one number talk at the same time"),
    ),
)

CALL_RECORD_SUITES = (INTEGRITY, OWNERS, PLAUSIBILITY)
