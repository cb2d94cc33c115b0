{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

-- Carrier legs only: an attempt crosses the carrier's border once, however many legs it has inside.
legs as (
    select * from {{ source('warehouse', 'call_detail_records') }}
    where month = '{{ var("month") }}' and is_carrier_leg
),

-- A call that came late, or whose draft was refused, is rated again in a later month: the last one counts.
all_rated_calls as (
    select
        *,
        row_number() over (partition by boot_id, leg_id order by month desc) as rank_from_last
    from {{ ref('rated_calls') }}
    where call_month = '{{ var("month") }}'
),

rated_calls as (
    select boot_id, leg_id, amount_micros + surcharge_micros as amount_micros
    from all_rated_calls
    where rank_from_last = 1
),

attempts as (
    select
        legs.month,
        legs.record_date,
        legs.customer_id,
        legs.direction,
        case when legs.direction = 'incoming' then legs.origin_country else legs.destination_country end
            as other_party_country,
        legs.answered_at is not null as is_answered,
        legs.billed_seconds,
        legs.ring_micros,
        coalesce(rated_calls.amount_micros, 0) as amount_micros
    from legs
    left join rated_calls on legs.boot_id = rated_calls.boot_id and legs.leg_id = rated_calls.leg_id
),

daily_traffic as (
    select
        month,
        record_date,
        customer_id,
        direction,
        other_party_country,
        count(*) as attempts,
        count(case when is_answered then 1 end) as answered,
        cast(sum(billed_seconds) as bigint) as billed_seconds,
        cast(sum(case when is_answered then ring_micros else 0 end) as bigint) as ring_micros,
        cast(sum(amount_micros) as bigint) as amount_micros
    from attempts
    group by month, record_date, customer_id, direction, other_party_country
),

kpi_traffic_daily as (
    select
        month,
        record_date,
        customer_id,
        direction,
        other_party_country,
        attempts,
        answered,
        {{ half_up('10000 * answered', 'attempts') }} as asr_basis_points,
        billed_seconds,
        cast(cast({{ half_up('100 * billed_seconds', 60) }} as decimal(18, 0)) * 0.01 as decimal(18, 2))
            as billed_minutes,
        {{ half_up('billed_seconds', 'nullif(answered, 0)') }} as acd_seconds,
        {{ half_up('ring_micros', '1000 * nullif(answered, 0)') }} as average_ring_milliseconds,
        amount_micros,
        cast(cast(amount_micros as decimal(18, 0)) * 0.000001 as decimal(18, 6)) as amount_euros
    from daily_traffic
)

select * from kpi_traffic_daily
