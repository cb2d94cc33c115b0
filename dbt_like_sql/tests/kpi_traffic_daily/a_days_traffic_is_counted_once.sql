-- Fails when a cell of the table stands twice.
select record_date, customer_id, direction, other_party_country, count(*) as copies
from {{ ref('kpi_traffic_daily') }}
where month = '{{ var("month") }}'
group by record_date, customer_id, direction, other_party_country
having count(*) > 1
