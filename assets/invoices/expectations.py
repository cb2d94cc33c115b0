"""What must be true of drafts before they get a number, and of the money that came in.

The sums are worked out again in SQL, from the lines and the charges: an error of the code that made the
invoice must not also make its check. Sources: BILLING_RULES "Invoice", "Money", "Late payment".
"""

from __future__ import annotations

from adapters.data_quality import Suite, expect

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
        terms as (
            select customer_id, min(payment_days) as shortest_days, max(payment_days) as longest_days
            from contracts
            group by customer_id
        )
        select
            invoices.month, invoices.customer_id, invoices.document_kind,
            invoices.lines, coalesce(documents.lines, 0) as lines_found, coalesce(documents.last_line, 0) as last_line,
            invoices.net_cents, coalesce(documents.net_cents, 0) as net_of_lines,
            invoices.vat_cents, coalesce(documents.vat_cents, 0) as vat_of_bases,
            invoices.total_cents, invoices.net_cents + invoices.vat_cents as net_plus_vat,
            cast(invoices.due_date - invoices.issue_date as bigint) as days_to_pay,
            terms.shortest_days, terms.longest_days,
            case when invoices.document_kind = 'debit_note' then invoices.vat_cents else 0 end as vat_of_debit_note
        from invoices
        left join documents using (customer_id, document_kind)
        left join terms using (customer_id)
        where invoices.month = $month
    """,
    expectations=(
        expect(
            "column_pair_values_to_be_equal", "the document does not have the lines it says",
            column_A="lines", column_B="lines_found",
        ),
        expect(
            "column_pair_values_to_be_equal", "its lines are not numbered from 1 without a gap",
            column_A="lines_found", column_B="last_line",
        ),
        expect(
            "column_pair_values_to_be_equal", "its lines do not add up to the net amount",
            column_A="net_cents", column_B="net_of_lines",
        ),
        expect(
            "column_pair_values_to_be_equal", "the VAT is not that of each rate on its base",
            column_A="vat_cents", column_B="vat_of_bases",
        ),
        expect(
            "column_pair_values_to_be_equal", "net and VAT do not add up to the total",
            column_A="total_cents", column_B="net_plus_vat",
        ),
        expect("column_values_to_be_between", "a document of nothing or less", column="total_cents", min_value=1),
        expect("column_values_to_be_in_set", "penalties bear no VAT", column="vat_of_debit_note", value_set=[0]),
        expect("column_values_to_not_be_null", "the customer has no contract", column="shortest_days"),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "due before the contract's payment days have run",
            column_A="days_to_pay", column_B="shortest_days", or_equal=True, ignore_row_if="either_value_is_missing",
        ),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "due after the contract's payment days",
            column_A="longest_days", column_B="days_to_pay", or_equal=True, ignore_row_if="either_value_is_missing",
        ),
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
            lines.month, lines.customer_id, lines.document_kind, lines.line_number, lines.kind,
            trim(lines.label) as label, lines.vat_category, lines.vat_rate_basis_points,
            cast(invoices.customer_id is not null as bigint) as has_document,
            cast((lines.kind in ('penalty', 'indemnity')) = (lines.document_kind = 'debit_note') as bigint)
                as kind_fits_document,
            cast((lines.kind in ('penalty', 'indemnity')) = (lines.about_number is not null) as bigint)
                as names_its_invoice,
            cast((lines.vat_category = 'S') = (lines.vat_rate_basis_points > 0) as bigint) as rate_fits_category
        from invoice_lines as lines
        left join invoices using (month, customer_id, document_kind)
        where lines.month = $month
    """,
    expectations=(
        expect("column_values_to_be_in_set", "the line stands on no document", column="has_document", value_set=[1]),
        expect(
            "column_values_to_be_in_set", "penalties stand on a debit note, charges on an invoice",
            column="kind_fits_document", value_set=[1],
        ),
        expect(
            "column_values_to_be_in_set", "a penalty names the invoice it is about, and nothing else does",
            column="names_its_invoice", value_set=[1],
        ),
        expect(
            "column_values_to_be_in_set", "only the standard category S has a rate above zero",
            column="rate_fits_category", value_set=[1],
        ),
        expect("column_values_to_match_regex", "the line has no name", column="label", regex=r"\S"),
    ),
)

COMPLETENESS = Suite(
    name="invoice_completeness",
    table="invoice_lines",
    description="What was charged is what is invoiced, to the cent, for each customer and kind of charge.",
    blocking=True,
    key=("month", "customer_id", "kind"),
    sql="""
        with
        charges as (
            select customer_id, 'subscription' as kind, amount_cents from subscription_charges where month = $month
            union all
            select customer_id, 'usage', amount_cents from usage_charges where month = $month
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
    expectations=(
        expect(
            "column_pair_values_to_be_equal", "the lines do not add up to the charges",
            column_A="invoiced_cents", column_B="charged_cents",
        ),
    ),
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
        expect("column_values_to_be_between", "a payment of nothing or less", column="amount_cents", min_value=1),
        expect(
            "column_values_to_not_be_in_set", "it pays a credit note, which asks for nothing",
            column="kind", value_set=["credit_note"],
        ),
        expect(
            "column_values_to_be_between", "the money came before the document existed: is it about another one?",
            column="days_after_issue", min_value=0,
        ),
        expect(
            "column_pair_values_a_to_be_greater_than_b", "more is paid than the document asks",
            column_A="total_cents", column_B="paid_so_far_cents", or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        expect(
            "column_values_to_be_in_set", "same document, day and amount under two references: imported twice?",
            column="alike", value_set=[1],
        ),
    ),
)

INVOICE_SUITES = (DRAFTS, LINES, COMPLETENESS)
PAYMENT_SUITES = (PAYMENTS,)
