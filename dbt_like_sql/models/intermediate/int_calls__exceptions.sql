{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__rates') }} where month = '{{ var("month") }}'
),

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }} where destination_group is not null
),

plan_groups as (
    select distinct rates.plan, tiers.destination_group
    from {{ source('warehouse', 'tariff_tiers') }} as tiers
    inner join rates on tiers.version_id = rates.version_id
),

counted_groups as (
    select contract_id, destination_group from {{ source('warehouse', 'contract_allowances') }}
    union
    select contracts.contract_id, plan_groups.destination_group
    from {{ ref('int_contracts__plans') }} as contracts
    inner join plan_groups on contracts.plan = plan_groups.plan or contracts.fallback_plan = plan_groups.plan
    where contracts.month = '{{ var("month") }}'
),

-- An incoming call that no tariff prices is free: it waits for nothing.
exceptional_calls as (
    select
        calls.month, calls.boot_id, calls.leg_id, calls.call_month, calls.record_date, calls.answered_at,
        calls.customer_id, calls.contract_id, calls.origin_number, calls.destination_number, calls.called_digits,
        calls.billed_seconds, calls.unrated_reason,
        case when calls.unrated_reason is null then calls.tariff_version_id end as tariff_version_id,
        case when calls.unrated_reason is null then calls.destination_group end as destination_group,
        case when calls.unrated_reason is null then calls.price_per_minute_micros end as price_per_minute_micros,
        case when calls.unrated_reason is null then calls.initial_seconds end as initial_seconds,
        case when calls.unrated_reason is null then calls.increment_seconds end as increment_seconds
    from calls
    left join counted_groups
        on calls.contract_id = counted_groups.contract_id and calls.destination_group = counted_groups.destination_group
    where (calls.unrated_reason is null and counted_groups.contract_id is not null)
        or (calls.unrated_reason is not null and calls.call_category <> 'incoming' and not calls.is_closed)
),

-- What a closed month left without a price: it says so still, though the next month may have billed it since.
left_calls as (
    select
        calls.month, calls.boot_id, calls.leg_id, closed_calls.call_month, calls.record_date, closed_calls.answered_at,
        closed_calls.customer_id, closed_calls.contract_id,
        calls.origin_number, calls.destination_number, calls.called_digits,
        closed_calls.billed_seconds, closed_calls.unrated_reason,
        closed_calls.tariff_version_id, closed_calls.destination_group, closed_calls.price_per_minute_micros,
        closed_calls.initial_seconds, closed_calls.increment_seconds
    from {{ ref('int_calls__billable') }} as calls
    inner join {{ source('warehouse', 'closed_calls') }} as closed_calls
        on calls.month = closed_calls.month and calls.boot_id = closed_calls.boot_id
            and calls.leg_id = closed_calls.leg_id
    where calls.month = '{{ var("month") }}' and calls.is_closed and closed_calls.unrated_reason is not null
),

-- In one order, whether the month is open or closed: the same rows are then the same bytes.
ordered_calls as (
    select * from exceptional_calls
    union all
    select * from left_calls
    order by record_date, answered_at, boot_id, leg_id
)

select * from ordered_calls
