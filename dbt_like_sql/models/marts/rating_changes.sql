{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

billed_calls as (
    select closed.* from {{ source('warehouse', 'closed_calls') }} as closed
    inner join {{ source('warehouse', 'billing_periods') }} as periods on closed.month = periods.month
    where closed.month = '{{ var("month") }}' and closed.is_billed and periods.state = 'closed'
),

-- The same legs by what the records, the numbers and the tariffs say today; one that is free now is not here.
legs_now as (
    select * from {{ ref('int_calls__rates') }} where month = '{{ var("month") }}' and is_closed
),

priced_now as (
    select * from {{ ref('int_calls__priced') }} where month = '{{ var("month") }}' and is_closed
),

judged_calls as (
    select
        billed.*, now.customer_id as now_customer_id, now.contract_id as now_contract_id,
        due.category as due_category, due.destination_country as due_destination_country,
        due.tariff_version_id as due_version_id, due.rate_id as due_rate_id,
        due.amount_micros as now_micros, due.surcharge_micros as now_surcharge_micros,
        case
            when now.leg_id is null then 'no_longer_billable'
            when now.contract_id <> billed.contract_id and due.leg_id is null then 'customer_price_missing'
            when coalesce(now.contract_id, '') <> billed.contract_id then 'customer_changed'
            when due.leg_id is null then 'price_missing'
            when now.billed_seconds <> billed.billed_seconds or now.call_category <> billed.call_category
                or coalesce(now.origin_country, '') <> coalesce(billed.origin_country, '')
                or coalesce(now.origin_number_type, '') <> coalesce(billed.origin_number_type, '')
                then 'call_corrected'
            when due.rate_id <> billed.rate_id then 'rate_changed'
            else 'counted_otherwise'
        end as reason
    from billed_calls as billed
    left join legs_now as now on billed.boot_id = now.boot_id and billed.leg_id = now.leg_id
    left join priced_now as due on billed.boot_id = due.boot_id and billed.leg_id = due.leg_id
),

-- A call our tariffs no longer price is not free: what was billed stands until somebody acts. Not by somebody whose
-- call it never was: they are credited, and no one is charged until the other's plan has a price.
due_calls as (
    select
        *,
        case when reason = 'price_missing' then amount_micros else coalesce(now_micros, 0) end as due_micros,
        case when reason = 'price_missing' then surcharge_micros else coalesce(now_surcharge_micros, 0) end
            as due_surcharge_micros
    from judged_calls
),

rating_changes as (
    select
        month, boot_id, leg_id, call_month, answered_at, reason,
        customer_id as billed_customer_id, contract_id as billed_contract_id, category as billed_category,
        destination_country as billed_destination_country, tariff_version_id as billed_version_id,
        rate_id as billed_rate_id, amount_micros as billed_micros, surcharge_micros as billed_surcharge_micros,
        now_customer_id as due_customer_id, now_contract_id as due_contract_id, due_category,
        due_destination_country, due_version_id, due_rate_id, due_micros, due_surcharge_micros,
        due_micros + due_surcharge_micros - amount_micros - surcharge_micros as difference_micros
    from due_calls
    where reason in ('no_longer_billable', 'customer_changed', 'customer_price_missing', 'price_missing')
        or due_micros <> amount_micros or due_surcharge_micros <> surcharge_micros
        or due_category <> category or due_destination_country <> destination_country
)

select * from rating_changes
