{{ config(materialized='view') }}

with

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

own_plans as (
    select plan from {{ source('warehouse', 'tariff_plans') }} where fallback_plan is not null
),

-- What a call to a prefix may be told apart by: what some rate of that prefix, or of its beginning, names.
rate_scopes as (
    select
        rates.destination_prefix,
        max(case when own_plans.plan is null then 0 else 1 end) as names_plans,
        max(case when rates.origin_country = '*' then 0 else 1 end) as names_countries,
        max(case when rates.origin_number_type = '*' then 0 else 1 end) as names_number_types,
        max(case when rates.call_category = '*' then 0 else 1 end) as names_categories
    from rates
    left join own_plans on rates.plan = own_plans.plan
    group by rates.destination_prefix
),

prefix_lengths as (
    select distinct prefix_length from rates
),

beginnings as (
    select
        rate_scopes.destination_prefix,
        substr(rate_scopes.destination_prefix, 1, prefix_lengths.prefix_length) as beginning
    from rate_scopes
    cross join prefix_lengths
    where length(rate_scopes.destination_prefix) >= prefix_lengths.prefix_length
),

prefix_scopes as (
    select
        beginnings.destination_prefix,
        cast(
            8 * max(rate_scopes.names_plans) + 4 * max(rate_scopes.names_countries)
            + 2 * max(rate_scopes.names_number_types) + max(rate_scopes.names_categories) as bigint
        ) as scope
    from beginnings
    inner join rate_scopes on beginnings.beginning = rate_scopes.destination_prefix
    group by beginnings.destination_prefix
)

select * from prefix_scopes
