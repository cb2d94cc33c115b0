-- Fails when a customer's debts by age, less what was overpaid, are not what is outstanding.
select customer_id, outstanding_cents
from {{ ref('kpi_receivables_monthly') }}
where month = '{{ var("month") }}'
    and outstanding_cents + overpaid_cents <> not_due_cents
    + overdue_1_30_cents + overdue_31_60_cents + overdue_61_90_cents + overdue_over_90_cents
