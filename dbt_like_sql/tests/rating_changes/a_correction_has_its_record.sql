-- Fails when the record of a leg a closed month billed is gone: it would be credited as if it had been free.
select closed.boot_id, closed.leg_id
from {{ source('warehouse', 'closed_calls') }} as closed
inner join {{ source('warehouse', 'billing_periods') }} as periods
    on closed.month = periods.month and periods.state = 'closed'
left join {{ ref('int_calls__billable') }} as billable
    on closed.month = billable.month and closed.boot_id = billable.boot_id and closed.leg_id = billable.leg_id
where closed.month = '{{ var("month") }}' and closed.is_billed and billable.leg_id is null
