{{ config(materialized='view') }}

with

documents as (
    select * from {{ source('warehouse', 'issued_documents') }}
),

signed_documents as (
    select
        number,
        -- The document whose balance it moves: a credit note's is the one it corrects.
        coalesce(corrects_number, number) as settled_number,
        kind,
        customer_id,
        month,
        issue_date,
        due_date,
        case when kind = 'credit_note' then cast(-1 as bigint) else cast(1 as bigint) end as sign,
        case when kind = 'credit_note' then -net_cents else net_cents end as net_cents,
        case when kind = 'credit_note' then -vat_cents else vat_cents end as vat_cents,
        case when kind = 'credit_note' then -total_cents else total_cents end as total_cents
    from documents
)

select * from signed_documents
