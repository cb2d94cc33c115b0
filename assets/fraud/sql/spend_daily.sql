-- One day of spend_daily. Reads: legs (the day's call records), contracts, rates (in force that day); variables
-- day, prefix_digits, short_micros. A price is looked for once per distinct way of calling, by equi-joins on the
-- prefix's length; the rule is domain.rating's: longest prefix, own plan, then the rate that names most.
with calls as (
    -- A call of nobody's number is watched too, under the account the switch names: a hijacked trunk shows any number.
    select
        legs.* replace (
            coalesce(legs.customer_id, legs.account_code, 'unknown') as customer_id,
            coalesce(legs.contract_id, 'unknown') as contract_id
        ),
        contracts.plan,
        contracts.fallback_plan,
        left(legs.called_digits, (select max(length(destination_prefix)) from rates)) as called_head,
        timezone('Europe/Paris', timezone('UTC', legs.answered_at)) as answered_local
    from legs
    left join contracts on legs.contract_id = contracts.contract_id
    where legs.is_billable
),

keys as (
    select distinct plan, fallback_plan, called_head, origin_country, origin_number_type, call_category
    from calls
),

plans as (
    select *, plan as rate_plan, true as is_own from keys
    union all
    select *, fallback_plan, false from keys
    where fallback_plan is not null
),

lengths as (
    select distinct plan as rate_plan, length(destination_prefix) as prefix_length from rates
),

tried as (
    select plans.*, left(plans.called_head, lengths.prefix_length) as prefix
    from plans
    inner join lengths on plans.rate_plan = lengths.rate_plan and lengths.prefix_length <= length(plans.called_head)
),

prices as (
    select
        tried.plan,
        tried.called_head,
        tried.origin_country as called_from,
        tried.origin_number_type as called_from_type,
        tried.call_category as called_as,
        rates.*
    from tried
    inner join rates on tried.rate_plan = rates.plan and tried.prefix = rates.destination_prefix
    where rates.origin_country in ('*', tried.origin_country)
        and rates.origin_number_type in ('*', tried.origin_number_type)
        and rates.call_category in ('*', tried.call_category)
    qualify row_number() over (
        partition by tried.plan, tried.called_head, tried.origin_country, tried.origin_number_type, tried.call_category
        order by
            length(tried.prefix) desc, tried.is_own desc, rates.origin_country <> '*' desc,
            rates.origin_number_type <> '*' desc, rates.call_category <> '*' desc, rates.id
    ) = 1
),

seconds as (
    select
        calls.*,
        prices.* exclude (
            plan, called_head, called_from, called_from_type, called_as, origin_country, origin_number_type, call_category
        ),
        prices.initial_seconds + (
            greatest(calls.billed_seconds - prices.initial_seconds, 0) + prices.increment_seconds - 1
        ) // prices.increment_seconds * prices.increment_seconds as charged_seconds
    from calls
    left join prices
        on calls.plan = prices.plan
        and calls.called_head = prices.called_head
        and calls.origin_country is not distinct from prices.called_from
        and calls.origin_number_type is not distinct from prices.called_from_type
        and calls.call_category = prices.called_as
),

short_calls as (
    -- A text that is no number has no digits: those are one prefix.
    select
        customer_id,
        contract_id,
        coalesce(destination_country, destination_class, 'none') as destination,
        coalesce(destination_class, 'invalid') as destination_class,
        coalesce(left(called_digits, getvariable('prefix_digits')), 'invalid') as prefix,
        count(*) over (
            partition by
                customer_id, contract_id, destination_country, destination_class,
                left(called_digits, getvariable('prefix_digits'))
            order by answered_at range between interval 1 hour preceding and current row
        ) as calls
    from calls
    where talk_micros < getvariable('short_micros')
),

bursts as (
    select
        customer_id,
        contract_id,
        destination,
        destination_class,
        max(calls) as burst_calls,
        max_by(prefix, calls) as burst_prefix
    from short_calls
    group by all
),

days as (
    select
        customer_id,
        contract_id,
        coalesce(destination_country, destination_class, 'none') as destination,
        coalesce(destination_class, 'invalid') as destination_class,
        count(*) as calls,
        sum(billed_seconds)::bigint as billed_seconds,
        coalesce(sum(
            greatest(
                connection_fee_micros + (2 * charged_seconds * price_per_minute_micros + 60) // 120, minimum_charge_micros
            )
            + surcharge_per_call_micros + (2 * charged_seconds * surcharge_per_minute_micros + 60) // 120
        ), 0)::bigint as amount_micros,
        count(*) filter (where id is null) as unpriced_calls,
        count(*) filter (
            where isodow(answered_local) >= 6 or hour(answered_local) >= 22 or hour(answered_local) < 6
        ) as night_calls
    from seconds
    group by all
)

select
    strftime(getvariable('day'), '%Y-%m') as month,
    getvariable('day') as record_date,
    days.*,
    coalesce(bursts.burst_calls, 0) as burst_calls,
    bursts.burst_prefix
from days
left join bursts using (customer_id, contract_id, destination, destination_class)
order by customer_id, contract_id, destination, destination_class
