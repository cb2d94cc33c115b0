"""Drafts: whole documents but their number, from lines, parties and law as they are on the closing day."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import dagster as dg

from adapters.ledger.periods import CLOSED, state_of
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Contract, IssuedDocument
from adapters.warehouse import Warehouse
from assets.invoices.adjustment_lines import earlier_month, earlier_vat
from assets.invoices.allowances import TABLES, Shown, allowances_shown
from assets.invoices.charge_lines import PENALTIES
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, month_rows, standing, write_month
from assets.invoices.customer_vat import vat_by_customer
from assets.invoices.expectations import INVOICE_SUITES
from assets.invoices.printed import Payload, debit_note_payload, earlier_payload, invoice_payload
from assets.invoices.tables import INVOICES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.quality import before_visible, run_created_at
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftDocument, DraftLine, draft_document
from domain.money import format_cents
from domain.penalty import LatePaymentRule, rule_in_force
from domain.vat import VatRule

LINES = "select * from invoice_lines where month = $1 order by customer_id, document_kind, line_number"
NOT_ON_THE_LINE = {
    "month", "customer_id", "document_kind", "detail", "destination_country", "corrected_month", "caught_up_month",
    "charge", "category",
}  # fmt: skip
# The chart on page one: this month and the eleven before.
MONTHS_SHOWN = 12
Row = dict[str, Any]


def draft_documents(ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date) -> list[DraftDocument]:
    """The month's invoices and debit notes, by customer and kind, out of ``invoice_lines`` and the ledger.

    Raises:
        PermanentError: a line's customer is no longer in the ledger, or a law's row is missing.
    """
    with warehouse.connect(("invoice_lines", "late_payment_penalties", *TABLES)) as connection:
        rows, penalties = month_rows(connection, LINES, month), month_rows(connection, PENALTIES, month)
        allowances = allowances_shown(ledger, connection, month)
    if state_of(ledger, month) == CLOSED:
        return issued_drafts(ledger, month, issue_date, rows)
    return drafts_of(ledger, month, issue_date, rows, penalties, allowances)


def issued_drafts(ledger: Ledger, month: Month, issue_date: dt.date, rows: list[Row]) -> list[DraftDocument]:
    """The drafts of a closed month: its lines as they stand in the warehouse, all else as it was issued.

    What a customer is called or where he lives now is no part of what was issued. A line that differs is.
    """
    issued = {(document.customer_id, document.kind): document for document in issued_by_close(ledger, month)}
    drafts = []
    for (customer_id, kind), group in groupby(rows, key=lambda row: (row["customer_id"], row["document_kind"])):
        document = issued.get((customer_id, kind))
        drafts.append(
            draft_document(
                customer_id=customer_id,
                kind=kind,
                month=month,
                issue_date=issue_date,
                due_date=issue_date if document is None else document.due_date,
                lines=(_line(row) for row in group),
                payload={} if document is None else json.loads(document.payload),
            )
        )
    return drafts


def issued_by_close(ledger: Ledger, month: Month) -> list[IssuedDocument]:
    """The documents the month's close issued: not the credit notes and replacements accounted in it before."""
    return [d for d in ledger.documents(month) if d.kind != "credit_note" and d.replaces_number is None]


def drafts_of(
    ledger: Ledger,
    month: Month,
    issue_date: dt.date,
    rows: list[Row],
    penalties: list[Row],
    allowances: Shown | None = None,
) -> list[DraftDocument]:
    """Drafts of lines, which come by customer, kind and number: rows of ``invoice_lines``. Raises PermanentError."""
    payloads = _Payloads(ledger, month, issue_date, penalties, {row["customer_id"] for row in rows})
    payloads.allowances, payloads.earlier_vat = allowances or {}, earlier_vat(ledger, rows)
    documents = groupby(rows, key=lambda row: (row["customer_id"], row["document_kind"]))
    return [
        draft_document(
            customer_id=customer_id,
            kind=kind,
            month=month,
            issue_date=issue_date,
            due_date=payloads.due_date(customer_id, lines),
            lines=(_line(row) for row in lines),
            payload=payloads.of(customer_id, kind, lines),
        )
        for (customer_id, kind), group in documents
        for lines in [list(group)]
    ]


class _Payloads:
    """What the documents of one month print, from one reading of the ledger."""

    def __init__(
        self, ledger: Ledger, month: Month, issue_date: dt.date, penalties: list[Row], customer_ids: set[str]
    ) -> None:
        self.month = month
        self.issue_date = issue_date
        self.operator = ledger.operator()
        self.customers = {customer.customer_id: customer for customer in ledger.customers()}
        self.rules = [LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()]
        self.vat, _ = vat_by_customer(ledger, month, customer_ids)
        self.penalties = penalties
        self.history = invoices_before(ledger, month)
        self.contracts: dict[str, list[Contract]] = {}
        self.annex: dict[str, dict[str, str]] = {}
        self.allowances: Shown = {}
        self.earlier_vat: dict[tuple[str, str], VatRule] = {}
        for contract in ledger.contracts():
            self.annex.setdefault(contract.customer_id, {})[contract.contract_id] = contract.itemised_annex
            self.contracts.setdefault(contract.customer_id, []).append(contract)
        missing = sorted(customer_ids - self.customers.keys() | customer_ids - self.contracts.keys())
        if missing:
            raise PermanentError(f"no customer or contract in the ledger for {', '.join(missing)}: restore them first")

    def due_date(self, customer_id: str, lines: Iterable[Row]) -> dt.date:
        """Calendar days after the issue date; a weekend does not shift it.

        Several order forms, one document: the longest terms of those it charges, in the customer's favour. What
        charges none, a debit note, has the terms in force that day; after the last contract ended, those there were.
        """
        charged, own = {line["contract_id"] for line in lines}, self.contracts[customer_id]
        terms = (
            [contract for contract in own if contract.contract_id in charged]
            or [contract for contract in own if _is_in_force(contract, self.issue_date)]
            or own
        )
        return self.issue_date + dt.timedelta(days=max(contract.payment_days for contract in terms))

    def of(self, customer_id: str, kind: str, lines: list[Row]) -> Payload:
        customer = self.customers[customer_id]
        if kind == "debit_note":
            penalties = [row for row in self.penalties if row["customer_id"] == customer_id]
            return debit_note_payload(self.operator, customer, self.issue_date, penalties, lines)
        rule = rule_in_force(self.rules, self.due_date(customer_id, lines))
        history = self.history.get(customer_id, ())
        contracts = {line["contract_id"] for line in lines}
        included = [each for contract in sorted(contracts) for each in self.allowances.get(contract, ())]
        annex = {contract: kind for contract, kind in self.annex[customer_id].items() if contract in contracts}
        vat = self.vat[customer_id]
        payload = invoice_payload(self.operator, customer, self.month, vat, rule, lines, history, annex)
        if included:
            payload["allowances"] = included
        earlier = [line for line in lines if earlier_month(line) is not None]
        return payload | earlier_payload(earlier, self.earlier_vat, payload)


def _is_in_force(contract: Contract, day: dt.date) -> bool:
    return contract.started_on <= day and (contract.ended_on is None or day <= contract.ended_on)


def invoices_before(ledger: Ledger, month: Month) -> dict[str, list[tuple[str, int]]]:
    """Month billed and total TTC, cents, of each customer's invoices of the eleven months before, oldest first."""
    months = [month]
    while len(months) < MONTHS_SHOWN:
        months.insert(0, months[0].previous)
    documents = [document for one in months for document in ledger.documents(one)]
    credited: Counter[str] = Counter()
    for note in documents:
        credited[note.corrects_number or ""] += note.total_cents
    history: dict[str, Counter[str]] = {}
    for document in documents:
        # One that was cancelled is no month's any more; one in its place is the month's it bills.
        if document.kind == "invoice" and credited.get(document.number) != document.total_cents:
            said = json.loads(document.payload) if document.replaces_number else {}
            billed = said.get("annex_month", document.month)
            if str(months[0]) <= billed < str(month):
                history.setdefault(document.customer_id, Counter())[billed] += document.total_cents
    return {customer_id: sorted(totals.items()) for customer_id, totals in history.items()}


def _line(row: Row) -> DraftLine:
    return DraftLine(**{name: value for name, value in row.items() if name not in NOT_ON_THE_LINE})


def draft_rows(drafts: Iterable[DraftDocument]) -> list[Row]:
    """The drafts as rows of ``invoices``."""
    return [
        {
            "month": draft.month,
            "customer_id": draft.customer_id,
            "document_kind": draft.kind,
            "issue_date": draft.issue_date,
            "due_date": draft.due_date,
            "lines": len(draft.lines),
            "net_cents": draft.net_cents,
            "vat_cents": draft.vat_cents,
            "total_cents": draft.total_cents,
            "content_sha256": draft.content_sha256,
        }
        for draft in drafts
    ]


@dg.asset(
    group_name=GROUP,
    description=INVOICES.description,
    partitions_def=BILLING_MONTHS,
    deps=["invoice_lines", "late_payment_penalties", "customers", "contracts", "contract_allowances", "rated_calls"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def invoices(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Write the month's drafts."""
    month = Month.parse(context.partition_key)
    issue_date = closing_date(platform.ledger, month, config.as_of)
    rows = standing(platform.ledger, platform.warehouse, INVOICES, month)
    if rows is None:
        rows = draft_rows(draft_documents(platform.ledger, platform.warehouse, month, issue_date))
        # Before the rename: a draft that failed was never there, so nothing can be issued from it.
        sums = before_visible(platform, INVOICES.name, INVOICE_SUITES, str(month), run_created_at(context))
        write_month(platform.warehouse, INVOICES, month, rows, checks=[sums])
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "issue_date": issue_date.isoformat(),
            "net": format_cents(sum(row["net_cents"] for row in rows)),
            "vat": format_cents(sum(row["vat_cents"] for row in rows)),
            "total": format_cents(sum(row["total_cents"] for row in rows)),
        }
    )
