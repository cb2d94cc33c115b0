{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state = 'closed'
),

-- What a closed month left without a price: it says so still, though the next month may have billed it since.
left_calls as (
    select
        closed_calls.month, closed_calls.boot_id, closed_calls.leg_id, closed_calls.call_month,
        closed_calls.answered_at, closed_calls.customer_id, closed_calls.contract_id,
        legs.origin_number, legs.destination_number, legs.called_digits,
        closed_calls.billed_seconds, closed_calls.unrated_reason as reason
    from {{ source('warehouse', 'call_detail_records') }} as legs
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on legs.boot_id = closed_calls.boot_id and legs.leg_id = closed_calls.leg_id
    inner join closed_months on closed_calls.month = closed_months.month
    where closed_calls.month = '{{ var("month") }}' and closed_calls.unrated_reason is not null
),

-- An incoming call that no tariff prices is free: it waits for nothing.
unrated_calls as (
    select
        month, boot_id, leg_id, call_month, answered_at, customer_id, contract_id,
        origin_number, destination_number, called_digits, billed_seconds, unrated_reason as reason
    from {{ ref('int_calls__rates') }}
    where month = '{{ var("month") }}' and not is_closed and unrated_reason is not null
        and call_category <> 'incoming'
    union all
    select * from left_calls
)

select * from unrated_calls
