-- Fails when a leg a month closed with is no longer among its billable legs: its invoice could not be explained.
select closed.boot_id, closed.leg_id
from {{ source('warehouse', 'closed_calls') }} as closed
inner join {{ source('warehouse', 'billing_periods') }} as periods
    on closed.month = periods.month and periods.state in ('frozen', 'closed')
left join {{ ref('int_calls__billable') }} as billable
    on closed.month = billable.month and closed.boot_id = billable.boot_id and closed.leg_id = billable.leg_id
where closed.month = '{{ var("month") }}' and billable.leg_id is null
