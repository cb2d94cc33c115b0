{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

closed_months as (
    select month from {{ source('warehouse', 'billing_periods') }} where state = 'closed'
),

issued as (
    select * from {{ source('warehouse', 'issued_adjustments') }}
),

adjusted as (
    select
        corrected_month, contract_id, charge, category, destination_country,
        cast(sum(difference_cents) as bigint) as adjusted_cents
    from issued
    where month < '{{ var("month") }}'
    group by corrected_month, contract_id, charge, category, destination_country
),

-- A key that was adjusted and that nothing changes any more is still here: what was billed in its month is.
standing_charges as (
    select
        charges.*,
        {{ half_up('charges.billed_micros', 10000) }} as billed_cents,
        {{ half_up('charges.due_micros', 10000) }} as due_cents,
        coalesce(adjusted.adjusted_cents, 0) as adjusted_cents
    from {{ ref('int_charges__changed') }} as charges
    left join adjusted
        on charges.month = adjusted.corrected_month and charges.contract_id = adjusted.contract_id
            and charges.charge = adjusted.charge and charges.category = adjusted.category
            and charges.destination_country = adjusted.destination_country
    where charges.month < '{{ var("month") }}'
),

-- A closed month's are those it issued: later corrections are for later months.
rating_adjustments as (
    select
        '{{ var("month") }}' as month, month as corrected_month, customer_id, contract_id, charge, category,
        destination_country, billed_cents, adjusted_cents, due_cents,
        due_cents - billed_cents - adjusted_cents as difference_cents
    from standing_charges
    where due_cents <> billed_cents + adjusted_cents
        and '{{ var("month") }}' not in (select closed_months.month from closed_months)
    union all
    select
        month, corrected_month, customer_id, contract_id, charge, category,
        destination_country, billed_cents, adjusted_cents, due_cents, difference_cents
    from issued
    where month = '{{ var("month") }}' and month in (select closed_months.month from closed_months)
)

select * from rating_adjustments
