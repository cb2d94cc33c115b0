"""Closing a month: which calls it took is written down, then its drafts get their numbers in one transaction.

Killed anywhere, the month is either open, with nothing issued, or closed, with everything issued: a
``closed_calls`` file of an open month does not count and is written again.
"""

import datetime as dt
import fcntl
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from sqlmodel import Session

from adapters.files import file_sha256
from adapters.ledger.adjustments import Corrections
from adapters.ledger.contracts import KnownContracts, keep_caught_up
from adapters.ledger.credit_notes import cited, correctable
from adapters.ledger.documents import issue
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from adapters.warehouse import Warehouse
from assets.invoices.adjusting import corrections
from assets.invoices.charge_lines import FIXED
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, month_rows
from assets.invoices.closed_calls import keep_calls
from assets.invoices.electronic_forms import faulty_forms
from assets.invoices.invoice_lines import REFUSED
from assets.invoices.invoices import draft_documents
from assets.invoices.subscription_charges import subscription_rows
from assets.invoices.tables import SUBSCRIPTION_CHARGES
from assets.ledger_snapshots import SPECS, snapshot_ledger
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftDocument
from domain.money import format_cents

LOGGER = logging.getLogger(__name__)
CHECKED_DRAFTS = "select customer_id, document_kind, content_sha256 from invoices where month = $1 order by all"
CHARGED_OTHERWISE = """
    with rated as (
        select contract_id, cast(sum(amount_micros + surcharge_micros) as bigint) as micros
        from rated_calls where month = $1 group by contract_id
    ),
    charged as (
        select contract_id, cast(sum(amount_micros) as bigint) as micros
        from usage_charges where month = $1 group by contract_id
    )
    select contract_id from rated full join charged using (contract_id)
    where rated.micros is distinct from charged.micros
    order by contract_id
"""
CORRECTED_OTHERWISE = """
    with added as (
        select corrected_month, contract_id, charge, category, destination_country, difference_cents
        from rating_adjustments
        where month = $1 and difference_cents > 0
            and customer_id not in (select customer_id from refused_drafts where month = $1)
    ),
    lines as (
        select corrected_month, contract_id, charge, category, destination_country, amount_cents as difference_cents
        from invoice_lines
        where month = $1 and corrected_month is not null
    )
    select distinct contract_id from (
        (select * from added except all select * from lines)
        union all
        (select * from lines except all select * from added)
    )
    order by contract_id
"""
# What a close changes in the ledger, as the warehouse sees it.
CHANGED = ("billing_periods", "issued_documents", "issued_document_lines", "issued_adjustments")


def close_month(ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date) -> list[IssuedDocument]:
    """Close the month and issue its documents; a month that is closed already gives them back as they were issued.

    Raises:
        PermanentError: the drafts are not those of ``invoices``, the calls are not those that were charged, or the
            month is closed and would come out differently.
    """
    with _alone(warehouse.root.parent / "close.lock"):
        drafts = draft_documents(ledger, warehouse, month, issue_date)
        _refuse_stale(warehouse, month, drafts)
        period = ledger.period(month)
        if period is not None and period.closed_calls_sha256 is not None:
            closed_calls_sha256 = _closed_calls_as_kept(warehouse, month)
        else:
            closed_calls_sha256 = keep_calls(warehouse, month)
        known = _charged_from(ledger, warehouse, month)
        corrected = _lawful_corrections(ledger, warehouse, month, issue_date)

        def store(session: Session, documents: Sequence[IssuedDocument]) -> None:
            corrected.store(session, documents)
            keep_caught_up(session, known, month, caught_up(documents))

        return issue(ledger, month, issue_date, drafts, closed_calls_sha256, store)


def _charged_from(ledger: Ledger, warehouse: Warehouse, month: Month) -> int:
    """How many events of contracts the fixed part was charged from. Raises PermanentError if some are newer."""
    contracts = KnownContracts(ledger)
    with warehouse.connect((SUBSCRIPTION_CHARGES.name,)) as connection:
        charged = {tuple(row.items()) for row in month_rows(connection, FIXED, month)}
    due = {tuple(row.items()) for row in subscription_rows(contracts, month)}
    if different := sorted({dict(row)["contract_id"] for row in charged ^ due}):
        raise PermanentError(
            f"{month}: contracts changed since subscription_charges was computed ({', '.join(different)});"
            " run the close again from its start"
        )
    return contracts.count


def caught_up(documents: Iterable[IssuedDocument]) -> set[tuple[str, str, str]]:
    """Contract, earlier month and document of each fixed part that documents charge late."""
    return {
        (line["contract_id"], line["caught_up_month"], document.number)
        for document in documents
        for line in json.loads(document.payload).get("caught_up", [])
    }


def _lawful_corrections(ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date) -> Corrections:
    with warehouse.connect(("refused_drafts",)) as connection:
        waiting = {row["customer_id"] for row in month_rows(connection, REFUSED, month)}
    planned = corrections(ledger, warehouse, month, issue_date, waiting)
    notes = (cited(note, correctable(ledger, note.corrects_number).document) for note, _ in planned.credits)
    faulty = faulty_forms(notes, workers=1)
    for customer_id, broken in faulty.items():
        # Kept back with what it corrects: the next close finds both again.
        LOGGER.error("%s: its credit note's electronic form would be refused, not issued: %s", customer_id, broken)
    return planned.without(faulty)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One close at a time: two would each write ``closed_calls``, and the ledger keeps one hash. Freed by a kill."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _refuse_stale(warehouse: Warehouse, month: Month, drafts: list[DraftDocument]) -> None:
    """What is issued is what was checked: the drafts of ``invoices``, and the calls their usage lines charge."""
    tables = ("invoices", "rated_calls", "usage_charges", "rating_adjustments", "invoice_lines", "refused_drafts")
    with warehouse.connect(tables) as connection:
        rows = month_rows(connection, CHECKED_DRAFTS, month)
        differing = month_rows(connection, CHARGED_OTHERWISE, month)
        corrected = month_rows(connection, CORRECTED_OTHERWISE, month)
    drafted = {(draft.customer_id, draft.kind): draft.content_sha256 for draft in drafts}
    checked = {(row["customer_id"], row["document_kind"]): row["content_sha256"] for row in rows}
    changed = sorted(" ".join(key) for key in drafted.keys() | checked.keys() if drafted.get(key) != checked.get(key))
    if changed:
        raise PermanentError(
            f"{month}: the ledger or the lines changed since `invoices` was drawn up ({', '.join(changed)});"
            " run the close again from its start"
        )
    if differing:
        raise PermanentError(
            f"{month}: rated_calls changed since usage_charges was computed"
            f" ({', '.join(row['contract_id'] for row in differing)}); run the close again from its start"
        )
    if corrected:
        raise PermanentError(
            f"{month}: rating_adjustments changed since invoice_lines was drawn up"
            f" ({', '.join(row['contract_id'] for row in corrected)}); run the close again from its start"
        )


def _closed_calls_as_kept(warehouse: Warehouse, month: Month) -> str:
    path = warehouse.path("closed_calls", str(month))
    if not path.exists():
        raise PermanentError(
            f"{month} is closed and {path} is gone: restore it from the backup; it says what was billed"
        )
    return file_sha256(path)


@dg.asset(
    group_name=GROUP,
    description=SPECS["issued_documents"].description,
    partitions_def=BILLING_MONTHS,
    # completeness_daily: its check refuses a month of which a leg is lost.
    deps=[
        "invoices",
        "invoice_lines",
        "refused_drafts",
        "subscription_charges",
        "usage_charges",
        "rated_calls",
        "rated_call_parts",
        "unrated_calls",
        "rating_adjustments",
        "completeness_daily",
    ],
    kinds={"sql", "parquet"},
    owners=OWNERS,
)
def issued_documents(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Close the month in the ledger, then show the ledger's new state to the warehouse."""
    month = Month.parse(context.partition_key)
    issue_date = closing_date(platform.ledger, month, config.as_of)
    documents = close_month(platform.ledger, platform.warehouse, month, issue_date)
    written = snapshot_ledger(platform.ledger, platform.warehouse, CHANGED)
    total = format_cents(sum(document.total_cents for document in documents))
    context.log.info("%s closed as of %s: %d documents, %s", month, issue_date, len(documents), total)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": written["issued_documents"].rows,
            "documents_of_the_month": len(documents),
            "issue_date": issue_date.isoformat(),
            "total": total,
            "documents": dg.MetadataValue.md(document_table(documents)),
        }
    )


def document_table(documents: list[IssuedDocument]) -> str:
    """Documents as a Markdown table, by number."""
    head = "| number | customer | net | VAT | total | due |\n|---|---|--:|--:|--:|---|\n"
    return head + "\n".join(
        f"| {d.number} | {d.customer_id} | {format_cents(d.net_cents)} | {format_cents(d.vat_cents)}"
        f" | {format_cents(d.total_cents)} | {d.due_date} |"
        for d in sorted(documents, key=lambda document: document.number)
    )
