{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

-- Calls that differ in none of these take the same rate: thousands of calls are one search.
call_keys as (
    select distinct
        contracts.plan, contracts.fallback_plan, calls.call_category, day_epochs.epoch_date,
        coalesce(calls.origin_country, '') as origin_country,
        coalesce(calls.origin_number_type, '') as origin_number_type,
        substr(calls.called_digits, 1, contracts.longest_prefix) as called_head
    from calls
    inner join {{ ref('int_contracts__plans') }} as contracts on calls.contract_id = contracts.contract_id
    inner join {{ ref('int_days__epochs') }} as day_epochs
        on calls.month = day_epochs.month and calls.record_date = day_epochs.record_date
    where calls.called_digits is not null
),

plan_keys as (
    select *, plan as rate_plan, 1 as is_own from call_keys
    union all
    select *, fallback_plan as rate_plan, 0 as is_own from call_keys where fallback_plan is not null
),

prefix_lengths as (
    select distinct plan, prefix_length from rates
),

-- One row per key and length a prefix can have: longest match becomes an equi-join.
prefix_keys as (
    select plan_keys.*, substr(plan_keys.called_head, 1, prefix_lengths.prefix_length) as called_prefix
    from plan_keys
    inner join prefix_lengths on plan_keys.rate_plan = prefix_lengths.plan
    where length(plan_keys.called_head) >= prefix_lengths.prefix_length
),

-- Precedence in one number: in force, prefix, own plan, country, number type, category; its last digits are the rate.
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
        on prefix_keys.rate_plan = rates.plan and prefix_keys.called_prefix = rates.destination_prefix
            and prefix_keys.epoch_date >= rates.valid_from
    where rates.origin_country in ('*', prefix_keys.origin_country)
        and rates.origin_number_type in ('*', prefix_keys.origin_number_type)
        -- * never takes an incoming call.
        and (
            rates.call_category = prefix_keys.call_category
            or (rates.call_category = '*' and prefix_keys.call_category <> 'incoming')
        )
),

best_matches as (
    select
        '{{ var("month") }}' as month, plan, called_head, origin_country, origin_number_type, call_category, epoch_date,
        max(ranked_rate_id) % 1000000000000 as rate_id,
        max(ranked_rate_id) >= 256000000000000 as is_in_force
    from matches
    group by plan, called_head, origin_country, origin_number_type, call_category, epoch_date
)

select * from best_matches
