{{ config(materialized='view') }}

with

calls as (
    select * from {{ ref('int_calls__rates') }} where month = '{{ var("month") }}' and unrated_reason is null
),

-- The days at hand: where the month is priced a few days at a time, no other day's parts are needed.
days as (
    select min(record_date) as first_date, max(record_date) as last_date
    from {{ source('warehouse', 'call_detail_records') }}
),

-- Only calls that an allowance or a tier touches have any.
parts as (
    select
        boot_id, leg_id,
        cast(sum(seconds * price_per_minute_micros) as bigint) as sixtieths,
        cast(sum(case when kind = 'included' then seconds else 0 end) as bigint) as included_seconds
    from {{ ref('int_calls__parts') }}
    where month = '{{ var("month") }}'
        and record_date >= (select days.first_date from days) and record_date <= (select days.last_date from days)
    group by boot_id, leg_id
),

-- Increments begun after the initial seconds are due whole: rounded up in integers.
charged_calls as (
    select
        *,
        initial_seconds + increment_seconds * (
            (greatest(billed_seconds - initial_seconds, 0) + increment_seconds - 1) // increment_seconds
        ) as charged_seconds
    from calls
),

exact_calls as (
    select
        calls.*,
        calls.rate_plan as plan,
        coalesce(parts.included_seconds, 0) as included_seconds,
        coalesce(parts.sixtieths, calls.charged_seconds * calls.price_per_minute_micros) as price_sixtieths
    from charged_calls as calls
    left join parts on calls.boot_id = parts.boot_id and calls.leg_id = parts.leg_id
),

priced_calls as (
    select
        month, boot_id, leg_id, is_closed, call_month, record_date, answered_at, customer_id, contract_id,
        call_category, origin_number, origin_country, origin_number_type,
        destination_number, destination_country, destination_number_type, called_digits,
        category, plan, tariff_version_id, rate_id, destination_prefix, destination_group,
        billed_seconds, charged_seconds, included_seconds,
        price_per_minute_micros, connection_fee_micros, minimum_charge_micros, initial_seconds, increment_seconds,
        -- A call wholly included owes nothing, not even its connection.
        case
            when included_seconds = charged_seconds then 0
            else greatest(
                    connection_fee_micros + {{ half_up('price_sixtieths', 60) }}, minimum_charge_micros
                )
        end as amount_micros,
        surcharge_per_call_micros
        + {{ half_up('charged_seconds * surcharge_per_minute_micros', 60) }} as surcharge_micros
    from exact_calls
)

select * from priced_calls
