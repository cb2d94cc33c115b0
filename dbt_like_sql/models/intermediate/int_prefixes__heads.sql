{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

rates as (
    select * from {{ source('warehouse', 'tariff_rates') }}
),

prefixes as (
    select distinct
        destination_prefix,
        prefix_length,
        cast(case
            when prefix_length <= 4 then 4
            when prefix_length <= 6 then 6
            when prefix_length <= 8 then 8
            when prefix_length <= 10 then 10
            when prefix_length <= 12 then 12
            else 15
        end as bigint) as head_length
    from rates
),

digits as (
    select ten.digit
    from (values ('0'), ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7'), ('8'), ('9')) as ten (digit)
),

-- A prefix stands for all longer ones: three times a digit more makes the shortest as long as its level.
one_longer as (
    select destination_prefix, prefix_length, head_length, destination_prefix as head from prefixes
    union all
    select
        prefixes.destination_prefix, prefixes.prefix_length, prefixes.head_length,
        prefixes.destination_prefix || digits.digit as head
    from prefixes
    cross join digits
    where prefixes.prefix_length < prefixes.head_length
),

two_longer as (
    select * from one_longer
    union all
    select
        one_longer.destination_prefix, one_longer.prefix_length, one_longer.head_length,
        one_longer.head || digits.digit as head
    from one_longer
    cross join digits
    where length(one_longer.head) = one_longer.prefix_length + 1
        and length(one_longer.head) < one_longer.head_length
),

three_longer as (
    select * from two_longer
    union all
    select
        two_longer.destination_prefix, two_longer.prefix_length, two_longer.head_length,
        two_longer.head || digits.digit as head
    from two_longer
    cross join digits
    where length(two_longer.head) = two_longer.prefix_length + 2
        and length(two_longer.head) < two_longer.head_length
),

longest_first as (
    select *, row_number() over (partition by head_length, head order by prefix_length desc) as place
    from three_longer
),

prefix_heads as (
    select
        '{{ var("month") }}' as month, longest_first.head_length, longest_first.head,
        longest_first.destination_prefix, scopes.scope
    from longest_first
    inner join {{ ref('int_prefixes__scopes') }} as scopes
        on longest_first.destination_prefix = scopes.destination_prefix
    where longest_first.place = 1
)

select * from prefix_heads
