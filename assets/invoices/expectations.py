"""What must be true of drafts before they get a number, and of the money that came in.

The sums are worked out again in SQL, from the lines and the charges: an error of the code that made the
invoice must not also make its check. Sources: BILLING_RULES "Invoice", "Money", "Late payment".
"""

from __future__ import annotations

from adapters.expectations import Suite, at_least, equal, matching, none_of, not_below, one_of, present

DRAFTS = Suite(
    name="invoice_totals",
    table="invoices",
    description="Lines add up to the net, VAT is per rate on its base, net and VAT add up to the total, due on time.",
    blocking=True,
    key=("month", "customer_id", "document_kind"),
    sql="""
        with
        bases as (
            select customer_id, document_kind, vat_category, vat_rate_basis_points,
                count(*) as lines, max(line_number) as last_line, sum(amount_cents) as base_cents
            from invoice_lines
            where month = $month
            group by customer_id, document_kind, vat_category, vat_rate_basis_points
        ),
        documents as (
            select customer_id, document_kind,
                cast(sum(lines) as bigint) as lines, max(last_line) as last_line,
                cast(sum(base_cents) as bigint) as net_cents,
                cast(
                    sum(sign(base_cents) * ((2 * abs(base_cents) * vat_rate_basis_points + 10000) // 20000)) as bigint
                ) as vat_cents
            from bases
            group by customer_id, document_kind
        ),
        charged as (
            select distinct customer_id, document_kind, contract_id, true as is_charged
            from invoice_lines
            where month = $month and contract_id is not null
        ),
        terms as (
            -- Several order forms, one document: the longest terms of those it charges; of those in force on its day
            -- where it charges none.
            select invoices.customer_id, invoices.document_kind,
                coalesce(
                    max(payment_days) filter (where is_charged),
                    max(payment_days) filter (
                        where started_on <= issue_date and (ended_on is null or ended_on >= issue_date)
                    ),
                    max(payment_days)
                ) as payment_days
            from invoices
            inner join contracts using (customer_id)
            left join charged using (customer_id, document_kind, contract_id)
            where invoices.month = $month
            group by invoices.customer_id, invoices.document_kind
        )
        select
            invoices.month, invoices.customer_id, invoices.document_kind,
            invoices.lines, coalesce(documents.lines, 0) as lines_found, coalesce(documents.last_line, 0) as last_line,
            invoices.net_cents, coalesce(documents.net_cents, 0) as net_of_lines,
            invoices.vat_cents, coalesce(documents.vat_cents, 0) as vat_of_bases,
            invoices.total_cents, invoices.net_cents + invoices.vat_cents as net_plus_vat,
            cast(invoices.due_date - invoices.issue_date as bigint) as days_to_pay,
            terms.payment_days,
            case when invoices.document_kind = 'debit_note' then invoices.vat_cents else 0 end as vat_of_debit_note
        from invoices
        left join documents using (customer_id, document_kind)
        left join terms using (customer_id, document_kind)
        where invoices.month = $month
    """,
    expectations=(
        equal("lines", "lines_found", "the document does not have the lines it says"),
        equal("lines_found", "last_line", "its lines are not numbered from 1 without a gap"),
        equal("net_cents", "net_of_lines", "its lines do not add up to the net amount"),
        equal("vat_cents", "vat_of_bases", "the VAT is not that of each rate on its base"),
        equal("total_cents", "net_plus_vat", "net and VAT do not add up to the total"),
        at_least("total_cents", 1, "a document of nothing or less"),
        one_of("vat_of_debit_note", [0], "penalties bear no VAT"),
        present("payment_days", "the customer has no contract"),
        equal("days_to_pay", "payment_days", "not due at the end of the contract's payment days"),
    ),
)

LINES = Suite(
    name="invoice_line_integrity",
    table="invoice_lines",
    description="Each line stands on a document of its kind, with a name and a VAT rate its category allows.",
    blocking=True,
    key=("month", "customer_id", "document_kind", "line_number"),
    sql="""
        select
            line.month, line.customer_id, line.document_kind, line.line_number, line.kind,
            trim(line.label) as label, line.vat_category, line.vat_rate_basis_points,
            cast(invoices.customer_id is not null as bigint) as has_document,
            cast((line.kind in ('penalty', 'indemnity')) = (line.document_kind = 'debit_note') as bigint)
                as kind_fits_document,
            cast((line.kind in ('penalty', 'indemnity')) = (line.about_number is not null) as bigint)
                as names_its_invoice,
            cast((line.vat_category = 'S') = (line.vat_rate_basis_points > 0) as bigint) as rate_fits_category
        from invoice_lines as line
        left join invoices using (month, customer_id, document_kind)
        where line.month = $month
    """,
    expectations=(
        one_of("has_document", [1], "the line stands on no document"),
        one_of("kind_fits_document", [1], "penalties stand on a debit note, charges on an invoice"),
        one_of("names_its_invoice", [1], "a penalty names the invoice it is about, and nothing else does"),
        one_of("rate_fits_category", [1], "only the standard category S has a rate above zero"),
        matching("label", r"\S", "the line has no name"),
    ),
)

COMPLETENESS = Suite(
    name="invoice_completeness",
    table="invoice_lines",
    description="What was charged is what is invoiced, to the cent, by customer and kind; nothing of a refused draft.",
    blocking=True,
    key=("month", "customer_id", "kind"),
    sql="""
        with
        refused as (
            select customer_id from refused_drafts where month = $month
        ),
        charges as (
            select customer_id, 'subscription' as kind, amount_cents
            from subscription_charges
            where month = $month and customer_id not in (select customer_id from refused)
            union all
            select customer_id, 'usage', amount_cents
            from usage_charges
            where month = $month and customer_id not in (select customer_id from refused)
            union all
            select customer_id, 'usage', difference_cents
            from rating_adjustments
            where month = $month and difference_cents > 0 and customer_id not in (select customer_id from refused)
            union all
            select customer_id, 'penalty', penalty_cents from late_payment_penalties where month = $month
            union all
            select customer_id, 'indemnity', indemnity_cents from late_payment_penalties where month = $month
        ),
        charged as (
            select customer_id, kind, cast(sum(amount_cents) as bigint) as cents from charges group by customer_id, kind
        ),
        invoiced as (
            select customer_id, kind, cast(sum(amount_cents) as bigint) as cents
            from invoice_lines
            where month = $month
            group by customer_id, kind
        )
        select
            $month as month, customer_id, kind,
            coalesce(charged.cents, 0) as charged_cents, coalesce(invoiced.cents, 0) as invoiced_cents
        from charged
        full join invoiced using (customer_id, kind)
    """,
    expectations=(equal("invoiced_cents", "charged_cents", "the lines do not add up to the charges"),),
)

PAYMENTS = Suite(
    name="payment_plausibility",
    table="payments",
    description="Each payment settles a document that asks for money, after its date, once, and no more than it asks.",
    severity="warning",
    key=("reference",),
    sql="""
        select
            payments.reference, payments.document_number, payments.amount_cents,
            coalesce(documents.kind, '') as kind,
            cast(payments.value_date - documents.issue_date as bigint) as days_after_issue,
            documents.total_cents,
            cast(sum(payments.amount_cents) over (
                partition by payments.document_number order by payments.value_date, payments.reference
            ) as bigint) as paid_so_far_cents,
            count(*) over (
                partition by payments.document_number, payments.value_date, payments.amount_cents
            ) as alike
        from payments
        left join issued_documents as documents on documents.number = payments.document_number
    """,
    expectations=(
        at_least("amount_cents", 1, "a payment of nothing or less"),
        none_of("kind", ["credit_note"], "it pays a credit note, which asks for nothing"),
        at_least("days_after_issue", 0, "the money came before the document existed: is it about another one?"),
        not_below("total_cents", "paid_so_far_cents", "more is paid than the document asks"),
        one_of("alike", [1], "same document, day and amount under two references: imported twice?"),
    ),
)

INVOICE_SUITES = (DRAFTS, LINES, COMPLETENESS)
PAYMENT_SUITES = (PAYMENTS,)
