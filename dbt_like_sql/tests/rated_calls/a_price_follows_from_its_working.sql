-- Fails when a rated call charges too few or too many seconds, part of an increment, or not their price.
select boot_id, leg_id, billed_seconds, charged_seconds, amount_micros
from {{ ref('rated_calls') }}
where month = '{{ var("month") }}'
    and (
        billed_seconds < 1
        or charged_seconds < billed_seconds
        or charged_seconds < initial_seconds
        or (charged_seconds - initial_seconds) % increment_seconds <> 0
        or charged_seconds >= greatest(billed_seconds, initial_seconds) + increment_seconds
        or abs(60 * (amount_micros - connection_fee_micros) - charged_seconds * price_per_minute_micros) > 30
    )
