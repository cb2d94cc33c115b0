{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__rates') }} where month = '{{ var("month") }}' and unrated_reason is null
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
),

-- What months that closed before have counted: a late call goes on from there.
closed_counts as (
    select
        closed.contract_id, closed.destination_group, closed.call_month,
        cast(sum(closed.charged_seconds) as bigint) as charged_seconds
    from {{ source('warehouse', 'closed_calls') }} as closed
    inner join {{ source('warehouse', 'billing_periods') }} as periods on closed.month = periods.month
    where periods.state in ('frozen', 'closed') and closed.is_billed and closed.month < '{{ var("month") }}'
    group by closed.contract_id, closed.destination_group, closed.call_month
),

group_calls as (
    select
        calls.*,
        calls.initial_seconds + calls.increment_seconds * (
            (greatest(calls.billed_seconds - calls.initial_seconds, 0) + calls.increment_seconds - 1)
            // calls.increment_seconds
        ) as charged_seconds
    from calls
    inner join counted_groups
        on calls.contract_id = counted_groups.contract_id and calls.destination_group = counted_groups.destination_group
),

running_calls as (
    select
        *,
        sum(charged_seconds) over (
            partition by contract_id, destination_group, call_month
            order by answered_at, boot_id, leg_id rows between unbounded preceding and current row
        ) - charged_seconds as earlier_seconds
    from group_calls
),

counted_calls as (
    select
        running_calls.month, running_calls.boot_id, running_calls.leg_id, running_calls.call_month,
        running_calls.contract_id, running_calls.destination_group, running_calls.tariff_version_id,
        running_calls.price_per_minute_micros, running_calls.charged_seconds,
        cast(running_calls.earlier_seconds + coalesce(closed_counts.charged_seconds, 0) as bigint) as seconds_before,
        60 * coalesce(allowances.minutes, 0) as allowance_seconds
    from running_calls
    left join closed_counts
        on running_calls.contract_id = closed_counts.contract_id
            and running_calls.destination_group = closed_counts.destination_group
            and running_calls.call_month = closed_counts.call_month
    left join {{ source('warehouse', 'contract_allowances') }} as allowances
        on running_calls.contract_id = allowances.contract_id
            and running_calls.destination_group = allowances.destination_group
            and running_calls.record_date >= allowances.valid_from
            and (allowances.valid_to is null or running_calls.record_date < allowances.valid_to)
)

select * from counted_calls
