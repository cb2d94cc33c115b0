"""``seconde credit``: a person takes back an issued document, or a part of it, and signs for it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from adapters.ledger.csv_values import as_cents
from domain.calendar import Month
from domain.errors import BadInput
from orchestration.clock import today
from orchestration.commands.console import print_rows, stderr
from orchestration.commands.flow import parse_date
from orchestration.settings import load_settings


class Reason(StrEnum):
    """Whether the amount was ever owed."""

    ERROR = "error"
    GESTURE = "gesture"


def credit(
    number: Annotated[str, typer.Argument(help="The invoice or debit note to correct")],
    reason: Annotated[Reason, typer.Option(help="error: it was never owed; gesture: it was, until today")],
    because: Annotated[str, typer.Option(help="Why, in French: printed on the credit note")],
    by: Annotated[str, typer.Option(help="Who decides; kept in the ledger")],
    all_of_it: Annotated[bool, typer.Option("--all", help="Everything that is left of it")] = False,
    line: Annotated[int | None, typer.Option(help="One line, by its number")] = None,
    amount: Annotated[str | None, typer.Option(help="How much of that line, euros without VAT")] = None,
    replaced: Annotated[
        bool, typer.Option("--replace", help="Also issue its replacement: same lines, parties and VAT as they are now")
    ] = False,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the date of the documents; default today")] = None,
) -> None:
    """Issue a credit note on a document, once, and draw it."""
    from adapters.ledger.credit_notes import Decision
    from assets.invoices.crediting import Order
    from assets.invoices.crediting import credit as issue
    from assets.invoices.freezing import alone
    from assets.invoices.invoice_documents import record_drawn
    from assets.invoices.issued_documents import CHANGED
    from assets.ledger_snapshots import snapshot_ledger
    from orchestration.build import build_platform

    if all_of_it == (line is not None):
        raise BadInput("say --all, or --line N --amount EUROS")
    cents = None if amount is None else as_cents(amount, "--amount")
    settings = load_settings()
    platform = build_platform(settings)
    decision = Decision(by, because, parse_date(as_of) or today())
    order = Order(number, reason.value, decision, line, cents, replaced)
    # One after a close, not in the middle of it: each reads what the other issues.
    with alone(platform.warehouse):
        issued = issue(platform.ledger, order)
    snapshot_ledger(platform.ledger, platform.warehouse, CHANGED)
    for month in sorted({document.month for document in issued}):
        record_drawn(platform, Month.parse(month))
    rows = [(d.number, d.kind, d.customer_id, d.corrects_number or d.replaces_number, d.total_cents) for d in issued]
    print_rows(["number", "kind", "customer_id", "about", "total_cents"], rows, as_csv=False)
    for month in sorted({document.month for document in issued}):
        stderr().print(f"drawn in {settings.home / 'documents' / month}; send them: seconde deliver {month}")
