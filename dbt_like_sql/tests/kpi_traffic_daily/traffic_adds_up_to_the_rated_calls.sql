-- Fails when the amounts of a month's traffic are more or less than what its calls were rated at.
with

traffic as (
    select coalesce(sum(amount_micros), 0) as amount_micros
    from {{ ref('kpi_traffic_daily') }}
    where month = '{{ var("month") }}'
),

rated as (
    select coalesce(sum(amount_micros), 0) as amount_micros
    from {{ ref('rated_calls') }}
    where call_month = '{{ var("month") }}'
)

select traffic.amount_micros as traffic_micros, rated.amount_micros as rated_micros
from traffic
cross join rated
where traffic.amount_micros <> rated.amount_micros
