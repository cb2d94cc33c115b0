-- Fails when a leg a closed month billed is no longer among its call records: land its day again; what stands stays.
select closed.boot_id, closed.leg_id
from {{ source('warehouse', 'closed_calls') }} as closed
inner join {{ source('warehouse', 'billing_periods') }} as periods
    on closed.month = periods.month and periods.state in ('frozen', 'closed')
left join {{ ref('int_calls__billable') }} as billable
    on closed.month = billable.month and closed.boot_id = billable.boot_id and closed.leg_id = billable.leg_id
where closed.month = '{{ var("month") }}' and closed.unrated_reason is null and billable.leg_id is null
