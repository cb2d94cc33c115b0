-- Fails when a document has two balances in a month.
select number, count(*) as copies
from {{ ref('int_documents__balances') }}
where month = '{{ var("month") }}'
group by number
having count(*) > 1
