{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

contracts as (
    select contract_id, tariff_plan from {{ source('warehouse', 'contracts') }}
),

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

prefix_lengths as (
    select distinct plan, prefix_length from rates
),

-- One row per call and length a prefix of its plan can have: longest match becomes an equi-join.
call_prefixes as (
    select
        calls.month,
        calls.boot_id,
        calls.leg_id,
        calls.answered_at,
        calls.origin_country,
        calls.origin_number_type,
        prefix_lengths.plan,
        substr(calls.destination_number, 2, prefix_lengths.prefix_length) as called_prefix
    from calls
    inner join contracts on calls.contract_id = contracts.contract_id
    inner join prefix_lengths on contracts.tariff_plan = prefix_lengths.plan
    where length(calls.destination_number) > prefix_lengths.prefix_length
),

-- A rate that has not begun yet matches nothing; one that has ended only says why there is no price.
matches as (
    select
        call_prefixes.month,
        call_prefixes.boot_id,
        call_prefixes.leg_id,
        rates.rate_id,
        rates.prefix_length,
        rates.origin_country <> '*' as is_for_country,
        rates.origin_number_type <> '*' as is_for_number_type,
        rates.valid_to_at is null or call_prefixes.answered_at < rates.valid_to_at as is_in_force
    from call_prefixes
    inner join rates on call_prefixes.plan = rates.plan and call_prefixes.called_prefix = rates.destination_prefix
    where rates.origin_country in ('*', call_prefixes.origin_country)
        and rates.origin_number_type in ('*', call_prefixes.origin_number_type)
        and rates.valid_from_at <= call_prefixes.answered_at
),

ranked_matches as (
    select
        *,
        row_number() over (
            partition by boot_id, leg_id
            order by is_in_force desc, prefix_length desc, is_for_country desc, is_for_number_type desc, rate_id asc
        ) as match_rank
    from matches
),

best_matches as (
    select month, boot_id, leg_id, rate_id, is_in_force from ranked_matches where match_rank = 1
)

select * from best_matches
