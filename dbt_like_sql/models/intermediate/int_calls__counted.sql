{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__exceptions') }} where month = '{{ var("month") }}' and unrated_reason is null
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

charged_calls as (
    select
        *,
        initial_seconds + increment_seconds * (
            (greatest(billed_seconds - initial_seconds, 0) + increment_seconds - 1) // increment_seconds
        ) as charged_seconds
    from calls
),

running_calls as (
    select
        *,
        sum(charged_seconds) over (
            partition by contract_id, destination_group, call_month
            order by answered_at, boot_id, leg_id rows between unbounded preceding and current row
        ) - charged_seconds as earlier_seconds
    from charged_calls
),

counted_calls as (
    select
        running_calls.month, running_calls.boot_id, running_calls.leg_id, running_calls.call_month,
        running_calls.record_date, running_calls.contract_id, running_calls.destination_group,
        running_calls.tariff_version_id, running_calls.price_per_minute_micros, running_calls.charged_seconds,
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
