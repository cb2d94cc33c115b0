{{ config(materialized='view') }}

with

repeated_legs as (
    select boot_id, leg_id from {{ ref('int_legs__repeated') }} where month = '{{ var("month") }}'
),

-- A leg delivered twice is one row; two different rows for one leg fail the tests. A distinct of all legs would hold a
-- month in memory: only those that are known to stand twice are compared.
all_calls as (
    select calls.*
    from {{ ref('int_calls__taken') }} as calls
    left join repeated_legs on calls.boot_id = repeated_legs.boot_id and calls.leg_id = repeated_legs.leg_id
    where calls.month = '{{ var("month") }}' and repeated_legs.leg_id is null
    union all
    select distinct calls.*
    from {{ ref('int_calls__taken') }} as calls
    inner join repeated_legs on calls.boot_id = repeated_legs.boot_id and calls.leg_id = repeated_legs.leg_id
    where calls.month = '{{ var("month") }}'
),

billable_calls as (
    select
        month, boot_id, leg_id, call_month, record_date, answered_at, customer_id, contract_id, call_category,
        origin_number, origin_country, origin_number_type, destination_number, destination_number_type,
        called_digits, billed_seconds, is_closed, is_owed
    from all_calls
)

select * from billable_calls
