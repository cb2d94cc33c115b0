{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__rates') }}
    where month = '{{ var("month") }}' and unrated_reason is not null
),

-- An incoming call that no tariff prices is free: it waits for nothing.
unrated_calls as (
    select
        month, boot_id, leg_id, call_month, answered_at, customer_id, contract_id,
        origin_number, destination_number, called_digits, billed_seconds, unrated_reason as reason
    from calls
    where call_category <> 'incoming'
)

select * from unrated_calls
