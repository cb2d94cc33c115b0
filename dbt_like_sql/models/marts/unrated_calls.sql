{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

matches as (
    select * from {{ ref('int_calls__prefix_matches') }} where month = '{{ var("month") }}'
),

contracts as (
    select contract_id from {{ source('warehouse', 'contracts') }}
),

unrated_calls as (
    select
        calls.month,
        calls.boot_id,
        calls.leg_id,
        calls.call_month,
        calls.answered_at,
        calls.customer_id,
        calls.contract_id,
        calls.origin_number,
        calls.destination_number,
        calls.billed_seconds,
        case
            when calls.closed_unrated_reason is not null then calls.closed_unrated_reason
            when contracts.contract_id is null then 'NO_CUSTOMER'
            when calls.destination_number is null then 'INVALID_NUMBER'
            when matches.leg_id is not null then 'EXPIRED_RATE'
            else 'NO_RATE'
        end as reason
    from calls
    left join matches on calls.boot_id = matches.boot_id and calls.leg_id = matches.leg_id
    left join contracts on calls.contract_id = contracts.contract_id
    where calls.closed_unrated_reason is not null or not coalesce(matches.is_in_force, false)
)

select * from unrated_calls
