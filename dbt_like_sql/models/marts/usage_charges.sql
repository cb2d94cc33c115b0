{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select * from {{ ref('rated_calls') }} where month = '{{ var("month") }}'
),

charges as (
    select
        month,
        customer_id,
        contract_id,
        category,
        destination_country,
        count(*) as calls,
        cast(sum(billed_seconds) as bigint) as billed_seconds,
        cast(sum(charged_seconds) as bigint) as charged_seconds,
        cast(sum(amount_micros) as bigint) as amount_micros
    from calls
    group by month, customer_id, contract_id, category, destination_country
),

usage_charges as (
    select
        *,
        {{ half_up('amount_micros', 10000) }} as amount_cents
    from charges
)

select * from usage_charges
