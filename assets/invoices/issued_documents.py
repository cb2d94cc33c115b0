"""Closing a month: which calls it took is written down, then its drafts get their numbers in one transaction.

Killed anywhere, the month is either open, with nothing issued, or closed, with everything issued: a
``closed_calls`` file of an open month does not count and is written again.
"""

import datetime as dt
import json
import logging
from collections.abc import Iterable, Sequence

import dagster as dg
from sqlmodel import Session

from adapters.files import file_sha256
from adapters.ledger.adjustments import Corrections
from adapters.ledger.audit import audit_trail
from adapters.ledger.contracts import keep_caught_up
from adapters.ledger.credit_notes import cited, correctable
from adapters.ledger.documents import Closing, issue
from adapters.ledger.periods import CLOSED, FROZEN, Signature, state_of
from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from adapters.warehouse import Warehouse
from assets.gates import refuse_shut
from assets.invoices.adjusting import corrections
from assets.invoices.close import GROUP, OWNERS, SignedClose, closing_date
from assets.invoices.closed_calls import keep_calls, refused_customers
from assets.invoices.electronic_forms import faulty_forms
from assets.invoices.freezing import alone, charges_sha256, refuse_thawed
from assets.invoices.invoices import draft_documents
from assets.invoices.month_report import audit_table
from assets.invoices.stale_drafts import charged_from, refuse_settled, refuse_stale
from assets.ledger_snapshots import SPECS, snapshot_ledger
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from assets.quality import run_created_at
from domain.calendar import Month
from domain.errors import PermanentError
from domain.money import format_cents

LOGGER = logging.getLogger(__name__)
# What a close changes in the ledger, as the warehouse sees it.
CHANGED = ("billing_periods", "issued_documents", "issued_document_lines", "issued_adjustments")


def close_month(
    ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date, signature: Signature
) -> list[IssuedDocument]:
    """Close the month and issue its documents; a month that is closed already gives them back as they were issued.

    Raises:
        PermanentError: the drafts are not those of ``invoices``, the calls are not those that were charged, a payment
            came in after the penalties were computed, what a frozen month charges changed since, or the month is
            closed and what it billed is not what stands.
    """
    with alone(warehouse):
        drafts = draft_documents(ledger, warehouse, month, issue_date)
        state = state_of(ledger, month)
        if state == CLOSED:
            closing = Closing(_closed_calls_as_kept(warehouse, month), "", signature)
            return issue(ledger, month, issue_date, drafts, closing)
        refuse_stale(warehouse, month, drafts)
        refuse_settled(ledger, warehouse, month, issue_date)
        charged = charges_sha256(warehouse, month)
        if state == FROZEN:
            refuse_thawed(ledger, month, charged)
        calls = keep_calls(warehouse, month, refused_customers(warehouse, month))
        known = charged_from(ledger, warehouse, month)
        corrected = _lawful_corrections(ledger, warehouse, month, issue_date)

        def store(session: Session, documents: Sequence[IssuedDocument]) -> None:
            corrected.store(session, documents)
            keep_caught_up(session, known, month, caught_up(documents))

        return issue(ledger, month, issue_date, drafts, Closing(calls, charged, signature), store)


def caught_up(documents: Iterable[IssuedDocument]) -> set[tuple[str, str, str]]:
    """Contract, earlier month and document of each fixed part that documents charge late."""
    return {
        (line["contract_id"], line["caught_up_month"], document.number)
        for document in documents
        for line in json.loads(document.payload).get("caught_up", [])
    }


def _lawful_corrections(ledger: Ledger, warehouse: Warehouse, month: Month, issue_date: dt.date) -> Corrections:
    planned = corrections(ledger, warehouse, month, issue_date, refused_customers(warehouse, month))
    notes = (cited(note, correctable(ledger, note.corrects_number).document) for note, _ in planned.credits)
    faulty = faulty_forms(notes, workers=1)
    for customer_id, broken in faulty.items():
        # Kept back with what it corrects: the next close finds both again.
        LOGGER.error("%s: its credit note's electronic form would be refused, not issued: %s", customer_id, broken)
    return planned.without(faulty)


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
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: SignedClose
) -> dg.MaterializeResult[None]:
    """Close the month in the ledger, then show the ledger's new state to the warehouse."""
    month = Month.parse(context.partition_key)
    issue_date = closing_date(platform.ledger, month, config.as_of)
    if state_of(platform.ledger, month) != CLOSED:
        # Asked again: this step can be run without the checks that come before it.
        refuse_shut(platform.ledger, platform.warehouse, month)
    signature = Signature(config.by or f"Dagster run {context.run.run_id}", run_created_at(context))
    documents = close_month(platform.ledger, platform.warehouse, month, issue_date, signature)
    written = snapshot_ledger(platform.ledger, platform.warehouse, CHANGED)
    total = format_cents(sum(document.total_cents for document in documents))
    context.log.info("%s closed as of %s: %d documents, %s", month, issue_date, len(documents), total)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": written["issued_documents"].rows,
            "documents_of_the_month": len(documents),
            "issue_date": issue_date.isoformat(),
            "total": total,
            "audit_trail": dg.MetadataValue.md(audit_table(audit_trail(platform.ledger, month))),
        }
    )
