-- Fails when a kind of call has two best rates.
select plan, called_head, origin_country, origin_number_type, call_category, epoch_date, count(*) as copies
from {{ ref('int_calls__prefix_matches') }}
where month = '{{ var("month") }}'
group by plan, called_head, origin_country, origin_number_type, call_category, epoch_date
having count(*) > 1
