-- Each day of the variable "month": its hang-ups as counted in the events, its call records, what became of them.
with heard as (
    select
        record_date,
        cast(sum(hangups) as bigint) as hangups,
        cast(sum(confirmed_hangups) as bigint) as confirmed_hangups,
        cast(sum(heard_only) as bigint) as heard_only,
        cast(sum(filed_only) as bigint) as filed_only,
        cast(sum(files_suppressed) as bigint) as files_suppressed,
        cast(sum(refused_legs) as bigint) as refused_legs
    from switch_days
    where month = getvariable('month')
    group by record_date
),

-- A call that waited for a rate stands in a later month too: once rated, it is rated.
rated as (
    select distinct
        boot_id,
        leg_id
    from rated_calls
    where call_month = getvariable('month')
),

set_aside as (
    select distinct
        boot_id,
        leg_id
    from unrated_calls
    where call_month = getvariable('month')
),

records as (
    select
        legs.record_date,
        count(*) as landed_legs,
        count(*) filter (where not legs.is_billable) as unbillable_legs,
        count(*) filter (where legs.is_billable and rated.leg_id is not null) as rated_legs,
        count(*) filter (where legs.is_billable and rated.leg_id is null and set_aside.leg_id is not null)
            as set_aside_legs,
        count(*) filter (where legs.is_billable and rated.leg_id is null and set_aside.leg_id is null) as waiting_legs
    from call_detail_records as legs
    left join rated using (boot_id, leg_id)
    left join set_aside using (boot_id, leg_id)
    where legs.month = getvariable('month')
    group by legs.record_date
)

select
    getvariable('month') as month,
    record_date,
    coalesce(hangups, 0) as hangups,
    coalesce(confirmed_hangups, 0) as confirmed_hangups,
    coalesce(heard_only, 0) as heard_only,
    coalesce(filed_only, 0) as filed_only,
    coalesce(files_suppressed, 0) as files_suppressed,
    coalesce(refused_legs, 0) as refused_legs,
    coalesce(landed_legs, 0) as landed_legs,
    coalesce(unbillable_legs, 0) as unbillable_legs,
    coalesce(rated_legs, 0) as rated_legs,
    coalesce(set_aside_legs, 0) as set_aside_legs,
    coalesce(waiting_legs, 0) as waiting_legs,
    coalesce(hangups, 0) = coalesce(landed_legs, 0) and coalesce(waiting_legs, 0) = 0 as is_balanced
from heard
full join records using (record_date)
order by record_date
