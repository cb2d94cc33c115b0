"""A dry run: a month's drafts drawn to be looked at, marked as such, with no number and no trace in the ledger."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace

import dagster as dg

from adapters.document_view import PrintedDocument
from adapters.ledger.documents import SERIES
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.gates import shut_gates
from assets.invoices.bills import drafted_bills
from assets.invoices.close import GROUP, OWNERS, Close, closing_date
from assets.invoices.electronic_forms import provisional
from assets.invoices.invoice_documents import with_annex
from assets.invoices.invoices import draft_documents
from assets.invoices.month_report import address, markdown, month_report
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.errors import BadInput
from domain.invoice import DraftDocument

REFUSED = "select reason from refused_drafts where month = $1 and customer_id = $2"
CALLS = """
    select * from rated_calls where month = $1 and customer_id = $2 order by answered_at, boot_id, leg_id
"""


class Preview(Close):
    """A dry run: the day it supposes, and the one customer whose documents are drawn; empty: everybody's."""

    customer_id: str = ""


def drafts_to_draw(ledger: Ledger, warehouse: Warehouse, month: Month, config: Preview) -> dict[str, DraftDocument]:
    """The month's drafts, or one customer's, by the name each is drawn under.

    Raises:
        BadInput: the customer has no draft in the month; the message says why.
    """
    drafts = draft_documents(ledger, warehouse, month, closing_date(ledger, month, config.as_of))
    wanted = config.customer_id.strip()
    found = {
        f"PROJET-{SERIES[draft.kind]}-{draft.customer_id}": draft
        for draft in drafts
        if draft.customer_id == wanted or not wanted
    }
    if wanted and not found:
        refused = [row["reason"] for row in warehouse.read(REFUSED, [str(month), wanted]).to_pylist()]
        known = any(customer.customer_id == wanted for customer in ledger.customers())
        why = refused[0] if refused else "it has nothing to pay" if known else "no such customer is in the ledger"
        raise BadInput(f"{wanted} has no draft for {month}: {why}")
    return found


def printed_drafts(
    warehouse: Warehouse, month: Month, drafts: Mapping[str, DraftDocument]
) -> Iterator[PrintedDocument]:
    """Drafts as they are printed, invoices with the calls they charge."""
    with warehouse.connect(("rated_calls",)) as connection:
        for name, draft in drafts.items():
            document = replace(provisional(draft), number=name, is_draft=True)
            yield with_annex(connection, document, CALLS, str(month))


@dg.asset(
    group_name=GROUP,
    description="A PDF per draft of an open month, marked PROJET, below previews/: a dry run of its close. No table.",
    partitions_def=BILLING_MONTHS,
    deps=["invoices", "invoice_lines", "rated_calls", "refused_drafts"],
    kinds={"python"},
    owners=OWNERS,
)
def invoice_previews(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Preview
) -> dg.MaterializeResult[None]:
    """Draw the drafts, and say what would keep the month from closing."""
    month = Month.parse(context.partition_key)
    drafts = drafts_to_draw(platform.ledger, platform.warehouse, month, config)
    folder = platform.previews / str(month)
    if not config.customer_id:
        # Of everybody's there are no more than these.
        shutil.rmtree(folder, ignore_errors=True)
    written = platform.renderer.write_all(printed_drafts(platform.warehouse, month, drafts), folder)
    linked = {pdf.number: address(platform, pdf.path.relative_to(platform.home).as_posix()) for pdf in written}
    shut = shut_gates(platform.ledger, platform.warehouse, month)
    for gate in shut:
        context.log.warning("The close would %s: %s, %s", "go on" if gate.answered else "stop", gate.gate, gate.summary)
    gates = [
        {"gate": g.gate, "what": g.summary, "answered for by": g.answered or "nobody: the close would stop"}
        for g in shut
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(written),
            "would_close": all(gate.answered for gate in shut),
            "folder": dg.MetadataValue.path(str(folder)),
            "shut_gates": dg.MetadataValue.md(markdown(gates)),
            **month_report(
                platform, month, drafted_bills(drafts), linked, source="invoices", of=config.customer_id or None
            ),
        }
    )
