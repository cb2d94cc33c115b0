-- Fails when the usage lines of a month hold more or less than its rated calls, in calls or in micro-euros.
with

charged as (
    select
        coalesce(sum(case when charge = 'call' then calls else 0 end), 0) as calls,
        coalesce(sum(amount_micros), 0) as amount_micros
    from {{ ref('usage_charges') }}
    where month = '{{ var("month") }}'
),

rated as (
    select count(*) as calls, coalesce(sum(amount_micros + surcharge_micros), 0) as amount_micros
    from {{ ref('rated_calls') }}
    where month = '{{ var("month") }}'
)

select
    charged.calls as charged_calls,
    rated.calls as rated_calls,
    charged.amount_micros as charged_micros,
    rated.amount_micros as rated_micros
from charged
cross join rated
where charged.calls <> rated.calls or charged.amount_micros <> rated.amount_micros
