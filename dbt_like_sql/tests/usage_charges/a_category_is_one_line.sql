-- Fails when a contract has two lines for one category of calls.
select contract_id, category, destination_country, count(*) as copies
from {{ ref('usage_charges') }}
where month = '{{ var("month") }}'
group by contract_id, category, destination_country
having count(*) > 1
