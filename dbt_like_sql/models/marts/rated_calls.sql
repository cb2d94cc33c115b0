{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

matches as (
    select * from {{ ref('int_calls__prefix_matches') }} where month = '{{ var("month") }}'
),

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

priceable_calls as (
    select
        calls.*,
        rates.destination_country,
        rates.category,
        rates.version_id as tariff_version_id,
        rates.rate_id,
        rates.destination_prefix,
        rates.price_per_minute_micros,
        rates.connection_fee_micros,
        rates.initial_seconds,
        rates.increment_seconds,
        greatest(calls.billed_seconds - rates.initial_seconds, 0) as seconds_after_initial
    from calls
    inner join matches on calls.boot_id = matches.boot_id and calls.leg_id = matches.leg_id
    inner join rates on matches.rate_id = rates.rate_id
    where matches.is_in_force and calls.closed_unrated_reason is null
),

-- Increments begun after the initial seconds are due whole: rounded up in integers.
charged_calls as (
    select
        *,
        initial_seconds
        + (seconds_after_initial + increment_seconds - 1) // increment_seconds * increment_seconds as charged_seconds
    from priceable_calls
),

rated_calls as (
    select
        month,
        boot_id,
        leg_id,
        call_month,
        record_date,
        answered_at,
        customer_id,
        contract_id,
        origin_number,
        origin_country,
        origin_number_type,
        destination_number,
        destination_country,
        destination_number_type,
        category,
        tariff_version_id,
        rate_id,
        destination_prefix,
        billed_seconds,
        charged_seconds,
        price_per_minute_micros,
        connection_fee_micros,
        initial_seconds,
        increment_seconds,
        connection_fee_micros + {{ half_up('charged_seconds * price_per_minute_micros', 60) }} as amount_micros
    from charged_calls
)

select * from rated_calls
