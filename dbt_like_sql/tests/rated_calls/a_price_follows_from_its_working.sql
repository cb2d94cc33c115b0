-- Fails when a rated call charges too few or too many seconds, part of an increment, or not their price.
with

parts as (
    select boot_id, leg_id, sum(seconds * price_per_minute_micros) as sixtieths
    from {{ ref('rated_call_parts') }}
    where month = '{{ var("month") }}'
    group by boot_id, leg_id
),

calls as (
    select
        rated_calls.*,
        coalesce(
            parts.sixtieths, rated_calls.charged_seconds * rated_calls.price_per_minute_micros
        ) as price_sixtieths
    from {{ ref('rated_calls') }} as rated_calls
    left join parts on rated_calls.boot_id = parts.boot_id and rated_calls.leg_id = parts.leg_id
    where rated_calls.month = '{{ var("month") }}'
)

select boot_id, leg_id, billed_seconds, charged_seconds, included_seconds, amount_micros
from calls
where billed_seconds < 1
    or charged_seconds < billed_seconds
    or charged_seconds < initial_seconds
    or (charged_seconds - initial_seconds) % increment_seconds <> 0
    or charged_seconds >= greatest(billed_seconds, initial_seconds) + increment_seconds
    or included_seconds < 0
    or included_seconds > charged_seconds
    or surcharge_micros < 0
    or (included_seconds = charged_seconds and amount_micros <> 0)
    or (included_seconds < charged_seconds and amount_micros < minimum_charge_micros)
    or (
        included_seconds < charged_seconds
        and amount_micros <> minimum_charge_micros
        and abs(60 * (amount_micros - connection_fee_micros) - price_sixtieths) > 30
    )
