-- Fails when the parts of a leg are more or less than its charged seconds, or one of them is empty.
with

parts as (
    select boot_id, leg_id, sum(seconds) as seconds, min(seconds) as shortest
    from {{ ref('int_calls__parts') }}
    where month = '{{ var("month") }}'
    group by boot_id, leg_id
),

calls as (
    select * from {{ ref('int_calls__counted') }} where month = '{{ var("month") }}'
)

select parts.boot_id, parts.leg_id, parts.seconds, calls.charged_seconds
from parts
left join calls on parts.boot_id = calls.boot_id and parts.leg_id = calls.leg_id
where calls.leg_id is null or parts.seconds <> calls.charged_seconds or parts.shortest < 1
