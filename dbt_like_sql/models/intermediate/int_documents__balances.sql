{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

all_documents as (
    select * from {{ ref('stg_ledger__documents') }}
),

all_payments as (
    select * from {{ source('warehouse', 'payments') }}
),

-- A month is seen from the day its documents were issued; one that issued none, from its last day.
closing as (
    select
        cast('{{ var("month") }}-01' as date) as first_date,
        last_day(cast('{{ var("month") }}-01' as date)) as last_date,
        coalesce(max(issue_date), last_day(cast('{{ var("month") }}-01' as date))) as as_of_date
    from all_documents
    where month = '{{ var("month") }}' and kind <> 'credit_note'
),

documents as (
    select all_documents.*, closing.as_of_date
    from all_documents
    inner join closing on all_documents.issue_date <= closing.as_of_date
),

billed as (
    select settled_number, cast(sum(total_cents) as bigint) as billed_cents
    from documents
    group by settled_number
),

paid as (
    select
        all_payments.document_number,
        cast(sum(all_payments.amount_cents) as bigint) as paid_cents,
        cast(sum(
            case
                when all_payments.value_date between closing.first_date and closing.last_date
                    then all_payments.amount_cents
                else 0
            end
        ) as bigint) as paid_this_month_cents
    from all_payments
    inner join closing on all_payments.value_date <= closing.as_of_date
    group by all_payments.document_number
),

balances as (
    select
        '{{ var("month") }}' as month,
        documents.as_of_date,
        documents.customer_id,
        documents.number,
        documents.kind,
        documents.due_date,
        billed.billed_cents,
        coalesce(paid.paid_cents, 0) as paid_cents,
        coalesce(paid.paid_this_month_cents, 0) as paid_this_month_cents,
        billed.billed_cents - coalesce(paid.paid_cents, 0) as balance_cents,
        greatest(date_diff('day', documents.due_date, documents.as_of_date), 0) as days_overdue
    from documents
    inner join billed on documents.number = billed.settled_number
    left join paid on documents.number = paid.document_number
    where documents.kind <> 'credit_note'
)

select * from balances
