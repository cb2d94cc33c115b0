{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('rated_calls') }} where month = '{{ var("month") }}'
),

-- A service's own price is a line of its own beside its calls.
call_charges as (
    select
        month, customer_id, contract_id, 'call' as charge, category, destination_country,
        billed_seconds, charged_seconds, included_seconds, amount_micros
    from calls
    union all
    select
        month, customer_id, contract_id, 'surcharge' as charge, category, destination_country,
        billed_seconds, charged_seconds, 0 as included_seconds, surcharge_micros
    from calls
    where surcharge_micros > 0
),

charges as (
    select
        month, customer_id, contract_id, charge, category, destination_country,
        count(*) as calls,
        cast(sum(billed_seconds) as bigint) as billed_seconds,
        cast(sum(charged_seconds) as bigint) as charged_seconds,
        cast(sum(included_seconds) as bigint) as included_seconds,
        cast(sum(amount_micros) as bigint) as amount_micros
    from call_charges
    group by month, customer_id, contract_id, charge, category, destination_country
),

usage_charges as (
    select
        *,
        {{ half_up('amount_micros', 10000) }} as amount_cents
    from charges
)

select * from usage_charges
