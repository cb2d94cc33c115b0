{{ config(materialized='view') }}

with

-- A frozen month's calls and prices stand as a closed one's do.
closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state in ('frozen', 'closed')
),

displaced_legs as (
    select * from {{ ref('int_legs__displaced') }} where month = '{{ var("month") }}'
),

own_calls as (
    select legs.*
    from {{ ref('int_calls__owed') }} as legs
    left join displaced_legs as billed
        on legs.boot_id = billed.boot_id and legs.leg_id = billed.leg_id and not billed.is_taken
    where legs.month = '{{ var("month") }}' and legs.is_owed and billed.leg_id is null
),

late_calls as (
    select legs.*
    from {{ ref('int_calls__owed') }} as legs
    inner join displaced_legs as late
        on legs.month = late.call_month and legs.record_date = late.record_date
            and legs.boot_id = late.boot_id and legs.leg_id = late.leg_id and late.is_taken
    where legs.is_owed
),

calls_of_open_month as (
    select * from own_calls
    union all
    select * from late_calls
),

-- A closed month keeps its calls, whatever arrived or was found free since; what it billed is priced again.
calls_of_closed_month as (
    select legs.*, legs.is_owed and closed_calls.is_billed as is_owed_still
    from {{ ref('int_calls__owed') }} as legs
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on legs.boot_id = closed_calls.boot_id and legs.leg_id = closed_calls.leg_id
    inner join closed_months on closed_calls.month = closed_months.month
    where closed_calls.month = '{{ var("month") }}'
),

taken_calls as (
    select
        '{{ var("month") }}' as month, boot_id, leg_id, month as call_month, record_date, answered_at,
        customer_id, contract_id, call_category, origin_number, origin_country, origin_number_type,
        destination_number, destination_number_type, called_digits, billed_seconds,
        false as is_closed, true as is_owed
    from calls_of_open_month
    where '{{ var("month") }}' not in (select closed_months.month from closed_months)
    union all
    select
        '{{ var("month") }}' as month, boot_id, leg_id, month as call_month, record_date, answered_at,
        customer_id, contract_id, call_category, origin_number, origin_country, origin_number_type,
        destination_number, destination_number_type, called_digits, billed_seconds,
        true as is_closed, is_owed_still as is_owed
    from calls_of_closed_month
)

select * from taken_calls
