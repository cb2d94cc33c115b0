{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state in ('frozen', 'closed')
),

-- What a closed month left without a price: it says so still, though the next month may have billed it since.
left_calls as (
    select
        closed_calls.month, closed_calls.boot_id, closed_calls.leg_id, closed_calls.call_month,
        closed_calls.answered_at, closed_calls.customer_id, closed_calls.contract_id,
        calls.origin_number, calls.destination_number, calls.called_digits,
        closed_calls.billed_seconds, closed_calls.unrated_reason as reason
    from {{ ref('int_calls__billable') }} as calls
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on calls.month = closed_calls.month and calls.boot_id = closed_calls.boot_id
            and calls.leg_id = closed_calls.leg_id
    where calls.month = '{{ var("month") }}' and calls.is_closed and closed_calls.unrated_reason is not null
),

-- An incoming call that no tariff prices is free: it waits for nothing.
unrated_calls as (
    select
        month, boot_id, leg_id, call_month, answered_at, customer_id, contract_id,
        origin_number, destination_number, called_digits, billed_seconds, unrated_reason as reason
    from {{ ref('int_calls__exceptions') }}
    where month = '{{ var("month") }}' and unrated_reason is not null and call_category <> 'incoming'
        and month not in (select closed_months.month from closed_months)
    union all
    select * from left_calls
)

select * from unrated_calls
