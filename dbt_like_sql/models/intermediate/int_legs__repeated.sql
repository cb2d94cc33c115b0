{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

legs as (
    select month, boot_id, leg_id, substr(leg_id, 1, 12) as leg_head
    from {{ ref('int_calls__taken') }}
    where month = '{{ var("month") }}'
),

-- Few legs share the first characters of their id: only those are compared whole, in little memory.
shared_heads as (
    select leg_head from legs
    group by leg_head
    having count(*) > 1
),

repeated_legs as (
    select legs.month, legs.boot_id, legs.leg_id, count(*) as deliveries
    from legs
    inner join shared_heads on legs.leg_head = shared_heads.leg_head
    group by legs.month, legs.boot_id, legs.leg_id
    having count(*) > 1
)

select * from repeated_legs
