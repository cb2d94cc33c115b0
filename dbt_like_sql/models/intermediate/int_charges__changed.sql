{{ config(materialized='view') }}

with

-- Changes that a person had computed, of months whose bills are out.
changes as (
    select changes.* from {{ ref('rating_changes') }} as changes
    inner join {{ source('warehouse', 'billing_periods') }} as periods on changes.month = periods.month
    where periods.state = 'closed'
),

months as (
    select month from changes
    union
    select corrected_month as month from {{ source('warehouse', 'issued_adjustments') }}
),

billed_calls as (
    select closed.* from {{ source('warehouse', 'closed_calls') }} as closed
    inner join months on closed.month = months.month
    where closed.is_billed
),

amounts as (
    select
        month, customer_id, contract_id, 'call' as charge, category, destination_country,
        amount_micros as billed_micros, amount_micros as due_micros
    from billed_calls
    union all
    select
        month, customer_id, contract_id, 'surcharge' as charge, category, destination_country,
        surcharge_micros as billed_micros, surcharge_micros as due_micros
    from billed_calls
    where surcharge_micros > 0
    union all
    select
        month, billed_customer_id as customer_id, billed_contract_id as contract_id, 'call' as charge,
        billed_category as category, billed_destination_country as destination_country,
        0 as billed_micros, -changes.billed_micros as due_micros
    from changes
    where reason <> 'price_missing'
    union all
    select
        month, billed_customer_id as customer_id, billed_contract_id as contract_id, 'surcharge' as charge,
        billed_category as category, billed_destination_country as destination_country,
        0 as billed_micros, -changes.billed_surcharge_micros as due_micros
    from changes
    where reason <> 'price_missing' and billed_surcharge_micros > 0
    union all
    select
        month, due_customer_id as customer_id, due_contract_id as contract_id, 'call' as charge,
        due_category as category, due_destination_country as destination_country,
        0 as billed_micros, due_micros
    from changes
    where due_category is not null
    union all
    select
        month, due_customer_id as customer_id, due_contract_id as contract_id, 'surcharge' as charge,
        due_category as category, due_destination_country as destination_country,
        0 as billed_micros, due_surcharge_micros as due_micros
    from changes
    where due_category is not null and due_surcharge_micros > 0
    union all
    select
        corrected_month as month, customer_id, contract_id, charge, category, destination_country,
        0 as billed_micros, 0 as due_micros
    from {{ source('warehouse', 'issued_adjustments') }}
),

charges as (
    select
        month, customer_id, contract_id, charge, category, destination_country,
        cast(sum(billed_micros) as bigint) as billed_micros,
        cast(sum(due_micros) as bigint) as due_micros
    from amounts
    group by month, customer_id, contract_id, charge, category, destination_country
)

select * from charges
