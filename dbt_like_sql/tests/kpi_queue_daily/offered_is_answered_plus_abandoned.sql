-- Fails when a queue's counts contradict each other.
select record_date, customer_id, queue_name, offered, answered, abandoned
from {{ ref('kpi_queue_daily') }}
where month = '{{ var("month") }}'
    and (
        offered <> answered + abandoned
        or answered_within_20_seconds > answered
        or average_wait_seconds > longest_wait_seconds
        or longest_wait_seconds < 0
    )
