-- Fails when a billable leg is not in exactly one of rated_calls and unrated_calls, or one of those is not billable.
-- An incoming leg that no tariff prices is free: it may be in neither.
-- Legs are counted by the first digits of their id, in little memory, and compared whole where a count is wrong.
with

outcomes as (
    select boot_id, leg_id, 0 as is_billable, 1 as outcome, call_category = 'incoming' as is_incoming
    from {{ ref('rated_calls') }}
    where month = '{{ var("month") }}'
    union all
    select boot_id, leg_id, 0 as is_billable, 1 as outcome, false as is_incoming
    from {{ ref('unrated_calls') }}
    where month = '{{ var("month") }}'
    union all
    select boot_id, leg_id, 1 as is_billable, 0 as outcome, call_category = 'incoming' as is_incoming
    from {{ ref('int_calls__billable') }}
    where month = '{{ var("month") }}'
),

wrong_heads as (
    select substr(leg_id, 1, 4) as leg_head
    from outcomes
    group by substr(leg_id, 1, 4)
    having sum(case when is_incoming then 0 else is_billable - outcome end) <> 0
        or sum(case when is_incoming then is_billable - outcome else 0 end) < 0
)

select outcomes.boot_id, outcomes.leg_id, sum(outcomes.is_billable) as billable, sum(outcomes.outcome) as outcomes
from outcomes
inner join wrong_heads on substr(outcomes.leg_id, 1, 4) = wrong_heads.leg_head
group by outcomes.boot_id, outcomes.leg_id
having sum(outcomes.is_billable) <> 1 or sum(outcomes.outcome) > 1
    or sum(outcomes.outcome) + max(case when outcomes.is_incoming then 1 else 0 end) < 1
