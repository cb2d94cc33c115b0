-- Fails when a contract's month draws more included seconds than its allowance ever was.
with

drawn as (
    select boot_id, leg_id, sum(seconds) as seconds
    from {{ ref('int_calls__parts') }}
    where month = '{{ var("month") }}' and kind = 'included'
    group by boot_id, leg_id
),

calls as (
    select * from {{ ref('int_calls__counted') }} where month = '{{ var("month") }}'
)

select
    calls.contract_id, calls.destination_group, calls.call_month,
    sum(drawn.seconds) as drawn_seconds,
    max(calls.allowance_seconds) as allowance_seconds
from calls
inner join drawn on calls.boot_id = drawn.boot_id and calls.leg_id = drawn.leg_id
group by calls.contract_id, calls.destination_group, calls.call_month
having sum(drawn.seconds) > max(calls.allowance_seconds)
