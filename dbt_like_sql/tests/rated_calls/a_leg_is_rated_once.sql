-- Fails when a leg is priced twice in a month.
select boot_id, leg_id, count(*) as copies
from {{ ref('rated_calls') }}
where month = '{{ var("month") }}'
group by boot_id, leg_id
having count(*) > 1
