{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

-- What a closed month billed, with its working: no tariff, number or record that came since moves it.
billed_calls as (
    select closed_calls.*, calls.origin_number, calls.destination_number, calls.called_digits
    from {{ ref('int_calls__billable') }} as calls
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on calls.month = closed_calls.month and calls.boot_id = closed_calls.boot_id
            and calls.leg_id = closed_calls.leg_id
    where calls.month = '{{ var("month") }}' and calls.is_closed and closed_calls.unrated_reason is null
),

rated_calls as (
    select
        month, boot_id, leg_id, call_month, record_date, answered_at, customer_id, contract_id, call_category,
        origin_number, origin_country, origin_number_type,
        destination_number, destination_country, destination_number_type, called_digits,
        category, plan, tariff_version_id, rate_id, destination_prefix, destination_group,
        billed_seconds, charged_seconds, included_seconds,
        price_per_minute_micros, connection_fee_micros, minimum_charge_micros, initial_seconds, increment_seconds,
        amount_micros, surcharge_micros
    from {{ ref('int_calls__priced') }}
    where month = '{{ var("month") }}' and not is_closed
    union all
    select
        month, boot_id, leg_id, call_month, record_date, answered_at, customer_id, contract_id, call_category,
        origin_number, origin_country, origin_number_type,
        destination_number, destination_country, destination_number_type, called_digits,
        category, plan, tariff_version_id, rate_id, destination_prefix, destination_group,
        billed_seconds, charged_seconds, included_seconds,
        price_per_minute_micros, connection_fee_micros, minimum_charge_micros, initial_seconds, increment_seconds,
        amount_micros, surcharge_micros
    from billed_calls
)

select * from rated_calls
