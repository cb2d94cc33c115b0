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

exceptional_calls as (
    select
        calls.month, calls.boot_id, calls.leg_id, calls.call_month, calls.record_date,
        calls.answered_at, calls.customer_id, calls.contract_id, calls.call_category, calls.origin_number,
        calls.destination_number, calls.called_digits, calls.billed_seconds, calls.tariff_version_id,
        calls.destination_group, calls.price_per_minute_micros, calls.initial_seconds, calls.increment_seconds,
        calls.unrated_reason
    from calls
    left join counted_groups
        on calls.contract_id = counted_groups.contract_id and calls.destination_group = counted_groups.destination_group
    where calls.unrated_reason is not null or counted_groups.contract_id is not null
)

select * from exceptional_calls
