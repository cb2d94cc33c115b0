{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

contracts as (
    select contract_id, tariff_plan as plan from {{ source('warehouse', 'contracts') }}
),

fallbacks as (
    select plan, fallback_plan from {{ source('warehouse', 'tariff_plans') }}
),

decks as (
    select
        plan,
        max(case when call_category = 'incoming' then 1 else 0 end) as incoming_rates
    from {{ source('warehouse', 'tariff_rates') }}
    group by plan
),

contract_plans as (
    select
        '{{ var("month") }}' as month,
        contracts.contract_id,
        contracts.plan,
        fallbacks.fallback_plan,
        coalesce(own.incoming_rates, 0) + coalesce(standard.incoming_rates, 0) > 0 as has_incoming_rates
    from contracts
    left join fallbacks on contracts.plan = fallbacks.plan
    left join decks as own on contracts.plan = own.plan
    left join decks as standard on fallbacks.fallback_plan = standard.plan
)

select * from contract_plans
