{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state in ('frozen', 'closed')
),

-- What a closed month billed stays, whatever its calls would come to now.
rated_call_parts as (
    select month, boot_id, leg_id, part_number, kind, seconds, price_per_minute_micros
    from {{ ref('int_calls__parts') }}
    where month = '{{ var("month") }}' and month not in (select closed_months.month from closed_months)
    union all
    select month, boot_id, leg_id, part_number, kind, seconds, price_per_minute_micros
    from {{ source('warehouse', 'closed_call_parts') }}
    where month = '{{ var("month") }}' and month in (select closed_months.month from closed_months)
)

select * from rated_call_parts
