-- Fails when a leg has two best rates.
select boot_id, leg_id, count(*) as copies
from {{ ref('int_calls__prefix_matches') }}
where month = '{{ var("month") }}'
group by boot_id, leg_id
having count(*) > 1
