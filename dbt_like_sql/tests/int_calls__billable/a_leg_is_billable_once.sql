-- Fails when a leg stands twice in a month: it would be charged twice.
select boot_id, leg_id, count(*) as copies
from {{ ref('int_calls__billable') }}
where month = '{{ var("month") }}'
group by boot_id, leg_id
having count(*) > 1
