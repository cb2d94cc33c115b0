{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

-- A frozen month's calls and prices stand as a closed one's do.
closed_months as (
    select month, max(month) over () as last_month
    from {{ source('warehouse', 'billing_periods') }}
    where state in ('frozen', 'closed')
),

-- A close that was killed leaves rows of a month that is still open: they do not count.
calls_closed as (
    select closed.month, closed.call_month, closed.boot_id, closed.leg_id, closed.is_billed
    from {{ source('warehouse', 'closed_calls') }} as closed
    inner join closed_months on closed.month = closed_months.month
),

-- The first open month takes what came after its month had closed, if retention did not cut its numbers since.
months_before as (
    select closed_months.month from closed_months
    where closed_months.last_month
        = substr(cast(cast('{{ var("month") }}-01' as date) - interval '1' month as varchar), 1, 7)
        and closed_months.month not in (select gone.month from {{ source('warehouse', 'truncated_months') }} as gone)
),

late_legs as (
    select distinct legs.month, legs.record_date, legs.boot_id, legs.leg_id
    from {{ ref('int_calls__owed') }} as legs
    inner join months_before on legs.month = months_before.month
    left join calls_closed as billed
        on legs.boot_id = billed.boot_id and legs.leg_id = billed.leg_id and billed.is_billed
    where legs.is_owed and billed.leg_id is null
    union all
    -- Those a closed month took when it was the first open one.
    select distinct legs.month, legs.record_date, legs.boot_id, legs.leg_id
    from {{ ref('int_calls__owed') }} as legs
    inner join calls_closed as taken on legs.boot_id = taken.boot_id and legs.leg_id = taken.leg_id
    where taken.month = '{{ var("month") }}' and taken.call_month < taken.month
),

-- Billed with another month's calls before its record moved to this one.
billed_before as (
    select distinct legs.month, legs.record_date, legs.boot_id, legs.leg_id
    from {{ ref('int_calls__owed') }} as legs
    inner join calls_closed as billed on legs.boot_id = billed.boot_id and legs.leg_id = billed.leg_id
    where legs.month = '{{ var("month") }}' and billed.is_billed and billed.month < legs.month
),

displaced_legs as (
    select '{{ var("month") }}' as month, month as call_month, record_date, boot_id, leg_id, true as is_taken
    from late_legs
    union all
    select '{{ var("month") }}' as month, month as call_month, record_date, boot_id, leg_id, false as is_taken
    from billed_before
)

select * from displaced_legs
