"""What must be true of call records, read from the table itself and not from the code that made it.

Sources: BILLING_RULES "What is charged" (every started second is due; the answer instant dates the call) and
FACTS "Legs" (only an answered outgoing carrier leg is billed).
"""

from __future__ import annotations

from typing import get_args

from adapters.data_quality import Suite, expect
from domain.call import Disposition

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
            cast(direction = 'outgoing' and is_carrier_leg and answered_at is not null as bigint)
                as is_answered_outgoing_carrier_leg,
            direction, leg_side, disposition
        from call_detail_records
        where month = $month
    """,
    expectations=(
        expect(
            "column_values_to_be_in_set", "a leg stands more than once and would be billed as often",
            column="copies", value_set=[1],
        ),
        expect(
            "column_pair_values_to_be_equal", "the month is not the record date's",
            column_A="month", column_B="month_of_record_date",
        ),
        expect(
            "column_pair_values_to_be_equal", "the record date is not the Paris day of the answer (or of the end)",
            column_A="record_date", column_B="paris_date",
        ),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "the call ends before it starts",
            column_A="ended_micros", column_B="started_micros", or_equal=True,
        ),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "the call is answered before it starts",
            column_A="answered_micros", column_B="started_micros", or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "the call ends before it is answered",
            column_A="ended_micros", column_B="answered_micros", or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        expect(
            "column_pair_values_to_be_equal", "talk time is not the end minus the answer",
            column_A="talk_micros", column_B="talk_micros_due",
        ),
        expect(
            "column_pair_values_to_be_equal", "billed seconds are not talk time with every started second",
            column_A="billed_seconds", column_B="billed_seconds_due",
        ),
        expect(
            "column_pair_values_to_be_equal", "a leg is billable exactly when it is an answered outgoing carrier leg",
            column_A="is_billable", column_B="is_answered_outgoing_carrier_leg",
        ),
        expect(
            "column_values_to_be_in_set", "unknown direction",
            column="direction", value_set=["outgoing", "incoming", "internal"],
        ),
        expect("column_values_to_be_in_set", "unknown leg side", column="leg_side", value_set=["A", "B"]),
        expect(
            "column_values_to_be_in_set", "unknown disposition",
            column="disposition", value_set=list(get_args(Disposition)),
        ),
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
        expect(
            "column_values_to_not_be_null", "no customer owned the calling number that day", column="customer_id"
        ),
        expect(
            "column_values_to_not_be_null", "no contract held the calling number that day", column="contract_id"
        ),
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
        expect("column_values_to_match_regex", "the origin is not E.164", column="origin_number", regex=E164),
        expect(
            "column_values_to_be_between", "the call lasts more than a day: the switch may have lost its end",
            column="billed_seconds", max_value=LONGEST_CALL_SECONDS,
        ),
        expect(
            "column_values_to_be_in_set", "the disposition contradicts the answer",
            column="answer_contradicts_disposition", value_set=[0],
        ),
        expect(
            "column_values_to_be_in_set", "two billable legs of one call to one number talk at the same time",
            column="overlaps_a_billable_leg", value_set=[0],
        ),
    ),
)

CALL_RECORD_SUITES = (INTEGRITY, OWNERS, PLAUSIBILITY)
