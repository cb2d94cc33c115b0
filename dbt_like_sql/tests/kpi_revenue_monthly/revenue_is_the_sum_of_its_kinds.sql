-- Fails when a customer's lines do not add up to the documents' net, or net and VAT to the total.
select customer_id, net_cents, vat_cents, total_cents
from {{ ref('kpi_revenue_monthly') }}
where month = '{{ var("month") }}'
    and (
        net_cents <> subscription_cents + usage_cents + penalties_cents
        or total_cents <> net_cents + vat_cents
    )
