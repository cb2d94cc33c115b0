{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

balances as (
    select * from {{ ref('int_documents__balances') }} where month = '{{ var("month") }}'
),

documents as (
    select * from {{ ref('stg_ledger__documents') }} where month <= '{{ var("month") }}'
),

-- This month and the two before it: what DSO compares the debt with.
window_documents as (
    select *
    from documents
    where issue_date <= (select max(balances.as_of_date) from balances)
        and month >= substr(cast(cast('{{ var("month") }}-01' as date) - interval '2' month as varchar), 1, 7)
),

billed as (
    select
        customer_id,
        cast(sum(case when month = '{{ var("month") }}' then total_cents else 0 end) as bigint) as billed_cents,
        cast(sum(total_cents) as bigint) as window_billed_cents,
        cast(min(month) || '-01' as date) as window_date
    from window_documents
    group by customer_id
),

owed as (
    select
        month,
        as_of_date,
        customer_id,
        cast(sum(paid_this_month_cents) as bigint) as paid_cents,
        cast(sum(balance_cents) as bigint) as outstanding_cents,
        cast(sum(case when days_overdue = 0 then greatest(balance_cents, 0) else 0 end) as bigint) as not_due_cents,
        cast(sum(case when days_overdue between 1 and 30 then greatest(balance_cents, 0) else 0 end) as bigint)
            as overdue_1_30_cents,
        cast(sum(case when days_overdue between 31 and 60 then greatest(balance_cents, 0) else 0 end) as bigint)
            as overdue_31_60_cents,
        cast(sum(case when days_overdue between 61 and 90 then greatest(balance_cents, 0) else 0 end) as bigint)
            as overdue_61_90_cents,
        cast(sum(case when days_overdue > 90 then greatest(balance_cents, 0) else 0 end) as bigint)
            as overdue_over_90_cents,
        cast(sum(greatest(-balance_cents, 0)) as bigint) as overpaid_cents
    from balances
    group by month, as_of_date, customer_id
),

periods as (
    select
        owed.*,
        coalesce(billed.billed_cents, 0) as billed_cents,
        nullif(greatest(billed.window_billed_cents, 0), 0) as window_billed_cents,
        date_diff('day', billed.window_date, last_day(cast('{{ var("month") }}-01' as date))) + 1 as window_days
    from owed
    left join billed on owed.customer_id = billed.customer_id
),

kpi_receivables_monthly as (
    select
        month,
        as_of_date,
        customer_id,
        billed_cents,
        paid_cents,
        outstanding_cents,
        not_due_cents,
        overdue_1_30_cents,
        overdue_31_60_cents,
        overdue_61_90_cents,
        overdue_over_90_cents,
        overpaid_cents,
        {{ half_up('greatest(outstanding_cents, 0) * window_days', 'window_billed_cents') }} as dso_days
    from periods
)

select * from kpi_receivables_monthly
