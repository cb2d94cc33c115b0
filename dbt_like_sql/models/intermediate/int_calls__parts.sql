{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

calls as (
    select
        *,
        least(charged_seconds, greatest(allowance_seconds - seconds_before, 0)) as included_seconds,
        seconds_before + charged_seconds as seconds_after
    from {{ ref('int_calls__counted') }}
    where month = '{{ var("month") }}'
),

tiers as (
    select version_id, destination_group, 60 * from_minutes as from_seconds, price_per_minute_micros
    from {{ source('warehouse', 'tariff_tiers') }}
),

-- The rate's own price holds up to the first tier; without a tier, for ever.
bands as (
    select
        version_id, destination_group, 'tier' as kind, from_seconds, price_per_minute_micros,
        min(from_seconds) over (
            partition by version_id, destination_group order by from_seconds rows between 1 following and 1 following
        ) as to_seconds
    from tiers
    union all
    select
        version_id, destination_group, 'rate' as kind, 0 as from_seconds, null as price_per_minute_micros,
        min(from_seconds) as to_seconds
    from tiers
    group by version_id, destination_group
),

paid_parts as (
    select
        calls.month, calls.boot_id, calls.leg_id, calls.record_date, calls.charged_seconds,
        coalesce(bands.kind, 'rate') as kind,
        coalesce(bands.from_seconds, 0) as from_seconds,
        least(coalesce(bands.to_seconds, calls.seconds_after), calls.seconds_after)
        - greatest(coalesce(bands.from_seconds, 0), calls.seconds_before + calls.included_seconds) as seconds,
        coalesce(bands.price_per_minute_micros, calls.price_per_minute_micros) as price_per_minute_micros
    from calls
    left join bands
        on calls.tariff_version_id = bands.version_id and calls.destination_group = bands.destination_group
),

parts as (
    select month, boot_id, leg_id, record_date, charged_seconds, kind, from_seconds, seconds, price_per_minute_micros
    from paid_parts
    where seconds > 0
    union all
    select
        month, boot_id, leg_id, record_date, charged_seconds, 'included' as kind, -1 as from_seconds,
        included_seconds as seconds, 0 as price_per_minute_micros
    from calls
    where included_seconds > 0
),

numbered_parts as (
    select
        month, boot_id, leg_id, record_date, kind, seconds, price_per_minute_micros,
        row_number() over (partition by boot_id, leg_id order by from_seconds) as part_number,
        kind = 'rate' and seconds = charged_seconds as is_whole_at_its_rate
    from parts
),

call_parts as (
    select month, boot_id, leg_id, record_date, part_number, kind, seconds, price_per_minute_micros
    from numbered_parts
    where not is_whole_at_its_rate
)

select * from call_parts
