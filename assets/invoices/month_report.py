"""What finance reads of a month in the Dagster UI: its documents, VAT, differences to last month, refusals.

A table of ten thousand rows is no help and slows the page: the first rows are shown, and where all of them are is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from adapters.ledger.audit import Act
from assets.invoices.bills import Bill, differences, issued_bills, signed, vat_totals
from assets.platform import Platform
from domain.calendar import Month
from domain.money import format_cents

ROWS_SHOWN = 200
KINDS = {"invoice": "invoice", "debit_note": "debit note", "credit_note": "credit note"}
REFUSED = "select customer_id, reason, amount_cents from refused_drafts where month = $1 order by customer_id"
# Right-aligned, as figures are.
FIGURES = frozenset(
    {"net", "VAT", "total", "due now", "last month", "difference", "%", "base", "tax", "documents", "amount"}
)
Row = dict[str, str]


def month_report(
    platform: Platform,
    month: Month,
    bills: Sequence[Bill],
    linked: Mapping[str, str],
    source: str = "issued_documents",
    of: str | None = None,
) -> dict[str, Any]:
    """Metadata of a month's documents or drafts.

    ``linked``: where each one opens; ``source``: the table of them all; ``of``: the one customer they are of.
    """
    refused = [
        row for row in platform.warehouse.read(REFUSED, [str(month)]).to_pylist() if of in (None, row["customer_id"])
    ]
    before = [bill for bill in issued_bills(platform, month.previous) if of in (None, bill.customer_id)]
    served = {contract.customer_id for contract in platform.ledger.contracts(month)}
    drawn_up = {bill.customer_id for bill in bills}
    moved = differences(bills, before, {row["customer_id"]: row["reason"] for row in refused}, served)
    documents = [_document(bill, linked.get(bill.number)) for bill in bills]
    rates = [
        {"rate": label, "documents": str(count), "base": format_cents(base), "tax": format_cents(tax)}
        for label, count, base, tax in vat_totals(bills)
    ]
    return {
        "net": format_cents(sum(bill.net_cents for bill in bills)),
        "vat": format_cents(sum(bill.vat_cents for bill in bills)),
        "total": format_cents(sum(bill.total_cents for bill in bills)),
        "difference_to_last_month": signed(sum(b.total_cents for b in bills) - sum(b.total_cents for b in before)),
        "customers": len(drawn_up),
        "refused": len(refused),
        "documents": table(documents, f"select * from {source} where month = '{month}'"),
        "vat_by_rate": table(rates, f"select * from {source} where month = '{month}'"),
        "differences_to_last_month": table(
            [
                {
                    "customer": f"{one.customer_id} {one.name}",
                    "last month": format_cents(one.before_cents),
                    "due now": format_cents(one.now_cents),
                    "difference": signed(one.cents),
                    "%": one.percent,
                    "reason": one.reason,
                }
                for one in moved
            ],
            f"select customer_id, month, sum(total_cents) from {source} where month in ('{month.previous}', '{month}')"
            " group by all",
        ),
        "refused_documents": table(
            [
                {
                    "customer": str(row["customer_id"]),
                    "amount": format_cents(row["amount_cents"]),
                    "reason": str(row["reason"]),
                }
                for row in refused
            ],
            f"select * from refused_drafts where month = '{month}'",
        ),
    }


def _document(bill: Bill, link: str | None) -> Row:
    return {
        "document": f"[{bill.number}]({link})" if link else bill.number,
        "customer": f"{bill.customer_id} {bill.name}",
        "kind": KINDS[bill.kind],
        "net": format_cents(bill.net_cents),
        "VAT": format_cents(bill.vat_cents),
        "total": format_cents(bill.total_cents),
        "due": bill.due_date,
    }


def links(platform: Platform, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Where a browser opens each document drawn: rows of ``invoice_documents``."""
    return {row["number"]: address(platform, row["path"]) for row in rows}


def address(platform: Platform, path: str) -> str:
    """Of a file below SECONDE_HOME. A browser opens no file from a page that came over HTTP: hence a server's."""
    return f"{platform.documents_url}/{path}" if platform.documents_url else (platform.home / path).resolve().as_uri()


def audit_table(acts: Sequence[Act]) -> str:
    """Who did what to the month, when and why, as Markdown."""
    rows = [
        {"when (UTC)": f"{act.decided_at:%Y-%m-%d %H:%M}", "who": act.who, "what": act.what, "why": act.why}
        for act in acts
    ]
    return markdown(rows)


def table(rows: Sequence[Row], sql: str) -> dg.MetadataValue[str]:
    """The first rows as a Markdown table, how many more there are, and the question that shows them all."""
    if not rows:
        return dg.MetadataValue.md("None.")
    more = ""
    if len(rows) > ROWS_SHOWN:
        more = f'\n\nThe first {ROWS_SHOWN} of {len(rows)}. All of them: `seconde sql "{sql}" --csv`'
    return dg.MetadataValue.md(markdown(rows[:ROWS_SHOWN]) + more)


def markdown(rows: Sequence[Row]) -> str:
    """Rows of the same columns as a table."""
    if not rows:
        return "None."
    names = list(rows[0])
    head = f"| {' | '.join(names)} |\n| {' | '.join('--:' if name in FIGURES else '---' for name in names)} |\n"
    return head + "\n".join(f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in rows)


def _cell(text: str) -> str:
    """A bar would begin another cell, a line's end another row."""
    return text.replace("|", "\\|").replace("\n", " ")
