-- Fails when a contract has two lines for one charge of one category of calls.
select contract_id, charge, category, destination_country, count(*) as copies
from {{ ref('usage_charges') }}
where month = '{{ var("month") }}'
group by contract_id, charge, category, destination_country
having count(*) > 1
