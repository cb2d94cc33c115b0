{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

-- Calls that differ in none of these take the same rate: thousands of calls are one search.
call_keys as (
    select distinct deck_prefix, key_plan, key_country, key_number_type, key_category, epoch_date
    from {{ ref('int_calls__keyed') }}
    where deck_prefix is not null and has_contract
),

plan_keys as (
    select *, key_plan as searched_plan, 1 as is_own from call_keys
    union all
    select call_keys.*, tariff_plans.fallback_plan as searched_plan, 0 as is_own from call_keys
    inner join {{ source('warehouse', 'tariff_plans') }} as tariff_plans on call_keys.key_plan = tariff_plans.plan
    where tariff_plans.fallback_plan is not null
),

prefix_lengths as (
    select distinct plan, prefix_length from rates
),

prefix_keys as (
    select plan_keys.*, substr(plan_keys.deck_prefix, 1, prefix_lengths.prefix_length) as called_prefix from plan_keys
    inner join prefix_lengths on plan_keys.searched_plan = prefix_lengths.plan
    where length(plan_keys.deck_prefix) >= prefix_lengths.prefix_length
),

-- Precedence in one number: in force, prefix, own plan, country, number type, category; last the rate.
matches as (
    select
        prefix_keys.*,
        rates.rate_id + 1000000000000 * (
            case when rates.valid_to is null or prefix_keys.epoch_date < rates.valid_to then 256 else 0 end
            + 16 * rates.prefix_length + 8 * prefix_keys.is_own
            + case when rates.origin_country = '*' then 0 else 4 end
            + case when rates.origin_number_type = '*' then 0 else 2 end
            + case when rates.call_category = '*' then 0 else 1 end
        ) as ranked_rate_id
    from prefix_keys
    inner join rates
        on prefix_keys.searched_plan = rates.plan and prefix_keys.called_prefix = rates.destination_prefix
            and prefix_keys.epoch_date >= rates.valid_from
    where rates.origin_country in ('*', prefix_keys.key_country)
        and rates.origin_number_type in ('*', prefix_keys.key_number_type)
        -- * never takes an incoming call.
        and (
            rates.call_category = prefix_keys.key_category
            or (rates.call_category = '*' and prefix_keys.key_category <> 'incoming')
        )
),

best_matches as (
    select
        deck_prefix, key_plan, key_country, key_number_type, key_category, epoch_date,
        max(ranked_rate_id) % 1000000000000 as rate_id,
        max(ranked_rate_id) >= 256000000000000 as is_in_force
    from matches
    group by deck_prefix, key_plan, key_country, key_number_type, key_category, epoch_date
),

-- The rate whole, so that a hundred million calls join one small table once.
best_rates as (
    select
        '{{ var("month") }}' as month, best_matches.*,
        rates.plan as rate_plan, rates.version_id as tariff_version_id, rates.destination_prefix,
        rates.destination_country, rates.category, rates.destination_group,
        rates.price_per_minute_micros, rates.connection_fee_micros, rates.minimum_charge_micros,
        rates.initial_seconds, rates.increment_seconds,
        rates.surcharge_per_call_micros, rates.surcharge_per_minute_micros
    from best_matches
    inner join rates on best_matches.rate_id = rates.rate_id
)

select * from best_rates
