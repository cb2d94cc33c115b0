-- Fails when a customer has two rows for a month.
select customer_id, count(*) as copies
from {{ ref('kpi_receivables_monthly') }}
where month = '{{ var("month") }}'
group by customer_id
having count(*) > 1
