{{ config(materialized='view') }}

with

incoming_contracts as (
    select contract_id from {{ ref('int_contracts__plans') }} where has_incoming_rates
),

-- An incoming call is free unless a tariff says otherwise.
legs as (
    select
        all_legs.*,
        all_legs.is_billable
        or (
            incoming_contracts.contract_id is not null and all_legs.call_category = 'incoming'
            and all_legs.is_carrier_leg and all_legs.billed_seconds > 0
        ) as is_owed
    from {{ source('warehouse', 'call_detail_records') }} as all_legs
    left join incoming_contracts on all_legs.contract_id = incoming_contracts.contract_id
),

-- A frozen month's calls and prices stand as a closed one's do.
closed_months as (
    select month, max(month) over () as last_month
    from {{ source('warehouse', 'billing_periods') }}
    where state in ('frozen', 'closed')
),

-- A close that was killed leaves rows of a month that is still open: they do not count.
closed_calls as (
    select closed.* from {{ source('warehouse', 'closed_calls') }} as closed
    inner join closed_months on closed.month = closed_months.month
),

-- An open month takes its own calls; the first also those that came late, of no month whose numbers were truncated.
months_taken as (
    select '{{ var("month") }}' as month
    where '{{ var("month") }}' not in (select closed_months.month from closed_months)
    union all
    select closed_months.month
    from closed_months
    where closed_months.last_month
        = substr(cast(cast('{{ var("month") }}-01' as date) - interval '1' month as varchar), 1, 7)
        and closed_months.month not in (select gone.month from {{ source('warehouse', 'truncated_months') }} as gone)
),

calls_of_open_month as (
    select legs.*
    from legs
    inner join months_taken on legs.month = months_taken.month
    left join closed_calls as billed
        on legs.boot_id = billed.boot_id and legs.leg_id = billed.leg_id and billed.is_billed
    where billed.leg_id is null and legs.is_owed
),

-- A closed month keeps its calls, whatever arrived or was found free since; what it billed is priced again.
calls_of_closed_month as (
    select legs.*, legs.is_owed and closed_calls.is_billed as is_owed_still
    from legs
    inner join closed_calls on legs.boot_id = closed_calls.boot_id and legs.leg_id = closed_calls.leg_id
    where closed_calls.month = '{{ var("month") }}'
),

taken_calls as (
    select
        '{{ var("month") }}' as month, boot_id, leg_id, month as call_month, record_date, answered_at,
        customer_id, contract_id, call_category, origin_number, origin_country, origin_number_type,
        destination_number, destination_number_type, called_digits, billed_seconds,
        false as is_closed, true as is_owed
    from calls_of_open_month
    union all
    select
        '{{ var("month") }}' as month, boot_id, leg_id, month as call_month, record_date, answered_at,
        customer_id, contract_id, call_category, origin_number, origin_country, origin_number_type,
        destination_number, destination_number_type, called_digits, billed_seconds,
        true as is_closed, is_owed_still as is_owed
    from calls_of_closed_month
)

select * from taken_calls
