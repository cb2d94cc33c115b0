{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state = 'closed'
),

-- What a closed month billed, with its working: no tariff, number or record that came since moves it.
billed_calls as (
    select
        closed_calls.*,
        legs.origin_number, legs.destination_number, legs.called_digits
    from {{ source('warehouse', 'call_detail_records') }} as legs
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on legs.boot_id = closed_calls.boot_id and legs.leg_id = closed_calls.leg_id
    inner join closed_months on closed_calls.month = closed_months.month
    where closed_calls.month = '{{ var("month") }}' and closed_calls.unrated_reason is null
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
