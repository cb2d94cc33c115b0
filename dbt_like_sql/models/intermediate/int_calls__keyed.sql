{{ config(materialized='view') }}

with

calls as (
    select * from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

heads as (
    select * from {{ ref('int_prefixes__heads') }} where month = '{{ var("month") }}'
),

days as (
    select * from {{ ref('int_days__epochs') }} where month = '{{ var("month") }}'
),

contracts as (
    select contract_id, plan, coalesce(fallback_plan, plan) as last_plan from {{ ref('int_contracts__plans') }}
    where month = '{{ var("month") }}'
),

-- The longest prefix any plan has for the number: a level at a time, each an equi-join, the deepest found wins.
prefixed_calls as (
    select
        calls.*,
        contracts.contract_id is not null as has_contract,
        contracts.plan as contract_plan,
        contracts.last_plan,
        days.epoch_date,
        coalesce(
            h15.destination_prefix, h12.destination_prefix, h10.destination_prefix,
            h8.destination_prefix, h6.destination_prefix, h4.destination_prefix
        ) as deck_prefix,
        coalesce(h15.scope, h12.scope, h10.scope, h8.scope, h6.scope, h4.scope) as scope
    from calls
    left join contracts on calls.contract_id = contracts.contract_id
    left join days on calls.record_date = days.record_date
    left join heads as h4 on h4.head_length = 4 and substr(calls.called_digits, 1, 4) = h4.head
    left join heads as h6 on h6.head_length = 6 and substr(calls.called_digits, 1, 6) = h6.head
    left join heads as h8 on h8.head_length = 8 and substr(calls.called_digits, 1, 8) = h8.head
    left join heads as h10 on h10.head_length = 10 and substr(calls.called_digits, 1, 10) = h10.head
    left join heads as h12 on h12.head_length = 12 and substr(calls.called_digits, 1, 12) = h12.head
    left join heads as h15 on h15.head_length = 15 and substr(calls.called_digits, 1, 15) = h15.head
),

-- What no rate of the prefix asks is one kind: calls have few kinds, however many calls and prefixes there are.
keyed_calls as (
    select
        month, boot_id, leg_id, call_month, record_date, answered_at, customer_id, contract_id, call_category,
        origin_number, origin_country, origin_number_type, destination_number, destination_number_type,
        called_digits, billed_seconds, is_closed, is_owed,
        has_contract, contract_plan, last_plan, epoch_date, deck_prefix, scope,
        case when scope >= 8 then contract_plan else last_plan end as key_plan,
        case when scope % 8 >= 4 then coalesce(origin_country, '') else '*' end as key_country,
        case when scope % 4 >= 2 then coalesce(origin_number_type, '') else '*' end as key_number_type,
        case when scope % 2 = 1 or call_category = 'incoming' then call_category else '*' end as key_category
    from prefixed_calls
)

select * from keyed_calls
