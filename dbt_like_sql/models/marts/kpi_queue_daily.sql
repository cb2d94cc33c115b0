{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

-- The caller's own leg tells the whole wait; legs rung towards agents name the queue but never joined it.
member_legs as (
    select * from {{ source('warehouse', 'call_detail_records') }}
    where month = '{{ var("month") }}' and queue_joined_at is not null
),

waits as (
    select
        month,
        record_date,
        customer_id,
        queue_name,
        queue_answered_at is not null as is_answered,
        date_diff('second', queue_joined_at, coalesce(queue_answered_at, queue_left_at)) as wait_seconds
    from member_legs
),

daily_waits as (
    select
        month,
        record_date,
        customer_id,
        queue_name,
        count(*) as offered,
        count(case when is_answered then 1 end) as answered,
        count(case when is_answered and wait_seconds <= 20 then 1 end) as answered_within_20_seconds,
        cast(sum(wait_seconds) as bigint) as wait_seconds,
        max(wait_seconds) as longest_wait_seconds
    from waits
    group by month, record_date, customer_id, queue_name
),

kpi_queue_daily as (
    select
        month,
        record_date,
        customer_id,
        queue_name,
        offered,
        answered,
        offered - answered as abandoned,
        answered_within_20_seconds,
        {{ half_up('10000 * answered_within_20_seconds', 'offered') }} as service_level_basis_points,
        {{ half_up('wait_seconds', 'offered') }} as average_wait_seconds,
        longest_wait_seconds
    from daily_waits
)

select * from kpi_queue_daily
