{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

call_days as (
    select distinct month, record_date from {{ ref('int_calls__billable') }} where month = '{{ var("month") }}'
),

-- Prices change at midnight in Paris: between two of these days they are all the same.
changes as (
    select valid_from as epoch_date from {{ source('warehouse', 'tariff_rates') }}
    union
    select valid_to as epoch_date from {{ source('warehouse', 'tariff_rates') }} where valid_to is not null
),

day_epochs as (
    select call_days.month, call_days.record_date, max(changes.epoch_date) as epoch_date
    from call_days
    left join changes on call_days.record_date >= changes.epoch_date
    group by call_days.month, call_days.record_date
)

select * from day_epochs
