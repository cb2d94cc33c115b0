-- Fails when a leg is priced twice in a month. Few legs share the first digits of their id: only those are compared
-- whole, in little memory.
with

legs as (
    select boot_id, leg_id, substr(leg_id, 1, 12) as leg_head
    from {{ ref('rated_calls') }}
    where month = '{{ var("month") }}'
),

shared_heads as (
    select leg_head from legs
    group by leg_head
    having count(*) > 1
)

select legs.boot_id, legs.leg_id, count(*) as copies
from legs
inner join shared_heads on legs.leg_head = shared_heads.leg_head
group by legs.boot_id, legs.leg_id
having count(*) > 1
