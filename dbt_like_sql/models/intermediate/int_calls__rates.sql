{{ config(materialized='view') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }}
),

contracts as (
    select * from {{ ref('int_contracts__plans') }}
),

days as (
    select * from {{ ref('int_days__epochs') }}
),

matches as (
    select * from {{ ref('int_calls__prefix_matches') }}
),

call_rates as (
    select
        calls.month, calls.boot_id, calls.leg_id, calls.call_month, calls.record_date, calls.answered_at,
        calls.customer_id, calls.contract_id, calls.call_category, calls.origin_number, calls.origin_country,
        calls.origin_number_type, calls.destination_number, calls.destination_number_type, calls.called_digits,
        calls.billed_seconds, calls.closed_unrated_reason,
        contracts.plan as contract_plan,
        matches.rate_id,
        case
            when calls.closed_unrated_reason is not null then calls.closed_unrated_reason
            when coalesce(matches.is_in_force, false) then null
            when contracts.contract_id is null then 'NO_CUSTOMER'
            when calls.called_digits is null then 'INVALID_NUMBER'
            when matches.rate_id is not null then 'EXPIRED_RATE'
            else 'NO_RATE'
        end as unrated_reason
    from calls
    left join contracts on calls.contract_id = contracts.contract_id
    left join days on calls.month = days.month and calls.record_date = days.record_date
    left join matches
        on calls.month = matches.month
            and contracts.plan = matches.plan
            and substr(calls.called_digits, 1, contracts.longest_prefix) = matches.called_head
            and coalesce(calls.origin_country, '') = matches.origin_country
            and coalesce(calls.origin_number_type, '') = matches.origin_number_type
            and calls.call_category = matches.call_category
            and days.epoch_date = matches.epoch_date
)

select * from call_rates
