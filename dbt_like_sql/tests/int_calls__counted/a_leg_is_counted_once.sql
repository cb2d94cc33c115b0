-- Fails when a leg is counted twice in a month: two allowances or two closes at once.
select boot_id, leg_id, count(*) as copies
from {{ ref('int_calls__counted') }}
where month = '{{ var("month") }}'
group by boot_id, leg_id
having count(*) > 1
