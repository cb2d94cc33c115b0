-- Fails when a billable leg is not in exactly one of rated_calls and unrated_calls, or one of those is not billable.
-- An incoming leg that no tariff prices is free: it may be in neither.
with

outcomes as (
    select boot_id, leg_id, 0 as is_billable, 1 as outcome, 0 as is_incoming
    from {{ ref('rated_calls') }}
    where month = '{{ var("month") }}'
    union all
    select boot_id, leg_id, 0 as is_billable, 1 as outcome, 0 as is_incoming
    from {{ ref('unrated_calls') }}
    where month = '{{ var("month") }}'
    union all
    select boot_id, leg_id, 1 as is_billable, 0 as outcome, case when call_category = 'incoming' then 1 else 0 end
    from {{ ref('int_calls__billable') }}
    where month = '{{ var("month") }}'
)

select boot_id, leg_id, sum(is_billable) as billable, sum(outcome) as outcomes
from outcomes
group by boot_id, leg_id
having sum(is_billable) <> 1 or sum(outcome) > 1 or sum(outcome) + max(is_incoming) < 1
