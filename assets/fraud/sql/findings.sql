-- What of a month's days must be looked at: one row per rule, day, customer and what it is about. Reads spend (the
-- month's spend_daily and the four weeks before it), caps (contract_id, cap_micros); variables month and thresholds.
-- A day is compared with the days of its kind (working day or weekend) of the customer's own 28 days before it: with
-- their mean times a factor and with the busiest of them, and never below a floor. A customer seen on fewer days than
-- history_days has no usual: the floor times the factor counts.
with by_destination as (
    select
        record_date,
        customer_id,
        destination,
        isodow(record_date) >= 6 as is_weekend,
        sum(calls)::bigint as calls,
        sum(billed_seconds)::bigint as seconds,
        sum(amount_micros)::bigint as micros
    from spend
    group by all
),

by_customer as (
    select
        record_date,
        customer_id,
        isodow(record_date) >= 6 as is_weekend,
        sum(night_calls)::bigint as night_calls,
        max(burst_calls) as burst_calls,
        max_by(burst_prefix, burst_calls) as burst_prefix,
        max_by(destination, burst_calls) as burst_destination
    from spend
    group by all
),

customers as (
    select
        *,
        count(*) over four_weeks as history_days,
        max(burst_calls) over four_weeks as busiest_burst,
        count(*) over alike as like_days,
        sum(night_calls) over alike as usual_night_calls,
        max(night_calls) over alike as busiest_night
    from by_customer
    window
        four_weeks as (
            partition by customer_id order by record_date
            range between interval 28 days preceding and interval 1 day preceding
        ),
        alike as (
            partition by customer_id, is_weekend order by record_date
            range between interval 28 days preceding and interval 1 day preceding
        )
),

destinations as (
    select
        by_destination.*,
        customers.history_days,
        customers.like_days,
        coalesce(sum(by_destination.micros) over alike, 0)::bigint as usual_micros,
        coalesce(max(by_destination.micros) over alike, 0) as busiest_micros,
        coalesce(sum(by_destination.seconds) over alike, 0)::bigint as usual_seconds,
        coalesce(max(by_destination.seconds) over alike, 0) as busiest_seconds
    from by_destination
    inner join customers using (customer_id, record_date)
    window alike as (
        partition by by_destination.customer_id, by_destination.destination, by_destination.is_weekend
        order by by_destination.record_date
        range between interval 28 days preceding and interval 1 day preceding
    )
),

limits as (
    select
        *,
        case
            when history_days < getvariable('history_days')
                then getvariable('usual_factor') * getvariable('least_spend_micros')
            else greatest(
                getvariable('least_spend_micros'), busiest_micros,
                getvariable('usual_factor') * usual_micros // greatest(like_days, 1)
            )
        end as most_micros,
        case
            when history_days < getvariable('history_days')
                then getvariable('usual_factor') * getvariable('least_seconds')
            else greatest(
                getvariable('least_seconds'), busiest_seconds,
                getvariable('usual_factor') * usual_seconds // greatest(like_days, 1)
            )
        end as most_seconds
    from destinations
),

contract_days as (
    select
        record_date,
        customer_id,
        contract_id,
        cap_micros,
        sum(amount_micros)::bigint as micros
    from spend
    inner join caps using (contract_id)
    group by all
),

risky_destinations as (
    select
        record_date,
        customer_id,
        destination,
        destination_class,
        sum(calls)::bigint as calls,
        sum(billed_seconds)::bigint as seconds
    from spend
    where destination_class in ('satellite', 'high_risk')
    group by all
),

risky as (
    select
        *,
        sum(calls) over (partition by record_date, customer_id) as calls_of_day
    from risky_destinations
),

found as (
    select
        'unusual_spend' as check_name,
        record_date,
        customer_id,
        destination as about,
        format('{}.{:02d} EUR and {} minutes to {}, usually at most {}.{:02d} EUR and {} minutes',
            micros // 1000000, micros % 1000000 // 10000, seconds // 60, destination,
            most_micros // 1000000, most_micros % 1000000 // 10000, most_seconds // 60) as reason,
        true as is_told
    from limits
    where micros > most_micros or seconds > most_seconds
    union all
    select
        'high_risk_calls',
        record_date,
        customer_id,
        destination,
        format('{} calls, {} minutes to {} ({}): a range the switch refuses by default',
            calls, seconds // 60, destination, destination_class),
        calls_of_day >= getvariable('high_risk_calls')
    from risky
    union all
    select
        'short_call_burst',
        record_date,
        customer_id,
        burst_destination,
        format('{} answered calls under {} seconds within an hour to {}... ({})',
            burst_calls, getvariable('short_call_seconds'), coalesce(burst_prefix, 'invalid'), burst_destination),
        true
    from customers
    where burst_calls >= getvariable('burst_calls') and burst_calls > 2 * coalesce(busiest_burst, 0)
    union all
    select
        'night_traffic',
        record_date,
        customer_id,
        'night',
        format('{} calls at night or on a weekend, usually at most {}', night_calls, coalesce(busiest_night, 0)),
        true
    from customers
    where night_calls >= getvariable('night_calls')
        and night_calls > coalesce(busiest_night, 0)
        and night_calls * greatest(like_days, 1) > getvariable('usual_factor') * coalesce(usual_night_calls, 0)
    union all
    select
        case when micros > cap_micros then 'daily_cap_passed' else 'daily_cap_near' end,
        record_date,
        customer_id,
        contract_id,
        format('{} spent {}.{:02d} EUR of its daily cap of {}.{:02d} EUR',
            contract_id, micros // 1000000, micros % 1000000 // 10000, cap_micros // 1000000, cap_micros % 1000000 // 10000),
        true
    from contract_days
    where micros * 100 >= cap_micros * getvariable('cap_percent')
)

select * from found
where strftime(record_date, '%Y-%m') = getvariable('month')
order by check_name, record_date, customer_id, about
