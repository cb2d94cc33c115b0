{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

unrated_calls as (
    select
        month, boot_id, leg_id, call_month, answered_at, customer_id, contract_id,
        origin_number, destination_number, called_digits, billed_seconds, unrated_reason as reason
    from {{ ref('int_calls__exceptions') }}
    where month = '{{ var("month") }}' and unrated_reason is not null
)

select * from unrated_calls
