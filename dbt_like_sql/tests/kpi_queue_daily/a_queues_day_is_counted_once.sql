-- Fails when a queue has two rows for one day.
select record_date, customer_id, queue_name, count(*) as copies
from {{ ref('kpi_queue_daily') }}
where month = '{{ var("month") }}'
group by record_date, customer_id, queue_name
having count(*) > 1
