-- Fails when a leg of a closed month is compared twice: its correction would be counted twice.
select boot_id, leg_id, count(*) as copies
from {{ ref('rating_changes') }}
where month = '{{ var("month") }}'
group by boot_id, leg_id
having count(*) > 1
