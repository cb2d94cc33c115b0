-- Fails when the amounts of a month's traffic are more or less than what its calls were rated at.
with

traffic as (
    select coalesce(sum(amount_micros), 0) as amount_micros
    from {{ ref('kpi_traffic_daily') }}
    where month = '{{ var("month") }}'
),

last_months as (
    select boot_id, leg_id, max(month) as month
    from {{ ref('rated_calls') }}
    where call_month = '{{ var("month") }}'
    group by boot_id, leg_id
),

rated as (
    select coalesce(sum(rated_calls.amount_micros + rated_calls.surcharge_micros), 0) as amount_micros
    from {{ ref('rated_calls') }} as rated_calls
    inner join last_months
        on rated_calls.month = last_months.month
            and rated_calls.boot_id = last_months.boot_id
            and rated_calls.leg_id = last_months.leg_id
)

select traffic.amount_micros as traffic_micros, rated.amount_micros as rated_micros
from traffic
cross join rated
where traffic.amount_micros <> rated.amount_micros
