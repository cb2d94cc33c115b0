{{ config(materialized='view') }}

with

incoming_contracts as (
    select contract_id from {{ ref('int_contracts__plans') }}
    where month = '{{ var("month") }}' and has_incoming_rates
),

-- An incoming call is free unless a tariff says otherwise.
owed_calls as (
    select
        legs.month, legs.boot_id, legs.leg_id, legs.record_date, legs.answered_at, legs.customer_id, legs.contract_id,
        legs.call_category, legs.origin_number, legs.origin_country, legs.origin_number_type,
        legs.destination_number, legs.destination_number_type, legs.called_digits, legs.billed_seconds,
        legs.is_billable
        or (
            legs.call_category = 'incoming' and legs.is_carrier_leg and legs.billed_seconds > 0
            and legs.contract_id is not null
            and legs.contract_id in (select incoming_contracts.contract_id from incoming_contracts)
        ) as is_owed
    from {{ source('warehouse', 'call_detail_records') }} as legs
)

select * from owed_calls
