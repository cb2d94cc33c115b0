-- Fails when a close corrects one charge of a month twice, or by nothing.
select corrected_month, contract_id, charge, category, destination_country, count(*) as copies
from {{ ref('rating_adjustments') }}
where month = '{{ var("month") }}'
group by corrected_month, contract_id, charge, category, destination_country
having count(*) > 1 or min(abs(difference_cents)) = 0
