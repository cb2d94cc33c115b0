{{ config(materialized='view') }}

with

calls as (
    select * from {{ ref('int_calls__keyed') }} where is_owed
),

matches as (
    select * from {{ ref('int_calls__prefix_matches') }} where month = '{{ var("month") }}'
),

call_rates as (
    select
        calls.month, calls.boot_id, calls.leg_id, calls.call_month, calls.record_date, calls.answered_at,
        calls.customer_id, calls.contract_id, calls.call_category,
        calls.origin_number, calls.origin_country, calls.origin_number_type,
        calls.destination_number, calls.destination_number_type, calls.called_digits, calls.billed_seconds,
        calls.is_closed, calls.contract_plan,
        matches.rate_id, matches.rate_plan, matches.tariff_version_id, matches.destination_prefix,
        matches.destination_country, matches.category, matches.destination_group,
        matches.price_per_minute_micros, matches.connection_fee_micros, matches.minimum_charge_micros,
        matches.initial_seconds, matches.increment_seconds,
        matches.surcharge_per_call_micros, matches.surcharge_per_minute_micros,
        case
            when coalesce(matches.is_in_force, false) then null
            when not calls.has_contract then 'NO_CUSTOMER'
            when calls.called_digits is null then 'INVALID_NUMBER'
            when matches.rate_id is not null then 'EXPIRED_RATE'
            else 'NO_RATE'
        end as unrated_reason
    from calls
    left join matches
        on calls.deck_prefix = matches.deck_prefix
            and calls.key_plan = matches.key_plan
            and calls.key_country = matches.key_country
            and calls.key_number_type = matches.key_number_type
            and calls.key_category = matches.key_category
            and calls.epoch_date = matches.epoch_date
)

select * from call_rates
