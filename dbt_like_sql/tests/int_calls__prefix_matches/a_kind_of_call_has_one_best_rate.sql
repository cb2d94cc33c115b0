-- Fails when a kind of call has two best rates.
select deck_prefix, key_plan, key_country, key_number_type, key_category, epoch_date, count(*) as copies
from {{ ref('int_calls__prefix_matches') }}
where month = '{{ var("month") }}'
group by deck_prefix, key_plan, key_country, key_number_type, key_category, epoch_date
having count(*) > 1
