{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='month') }}

with

documents as (
    select * from {{ ref('stg_ledger__documents') }} where month = '{{ var("month") }}'
),

document_lines as (
    select * from {{ source('warehouse', 'issued_document_lines') }}
),

revenue as (
    select
        month,
        customer_id,
        cast(sum(net_cents) as bigint) as net_cents,
        cast(sum(vat_cents) as bigint) as vat_cents,
        cast(sum(total_cents) as bigint) as total_cents
    from documents
    group by month, customer_id
),

signed_lines as (
    select documents.customer_id, document_lines.kind, documents.sign * document_lines.amount_cents as amount_cents
    from document_lines
    inner join documents on document_lines.number = documents.number
),

revenue_by_kind as (
    select
        customer_id,
        cast(sum(case when kind = 'subscription' then amount_cents else 0 end) as bigint) as subscription_cents,
        cast(sum(case when kind = 'usage' then amount_cents else 0 end) as bigint) as usage_cents,
        cast(sum(case when kind in ('penalty', 'indemnity') then amount_cents else 0 end) as bigint) as penalties_cents
    from signed_lines
    group by customer_id
),

kpi_revenue_monthly as (
    select
        revenue.month,
        revenue.customer_id,
        revenue_by_kind.subscription_cents,
        revenue_by_kind.usage_cents,
        revenue_by_kind.penalties_cents,
        revenue.net_cents,
        revenue.vat_cents,
        revenue.total_cents,
        cast(cast(revenue.total_cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as total_euros
    from revenue
    inner join revenue_by_kind on revenue.customer_id = revenue_by_kind.customer_id
)

select * from kpi_revenue_monthly
