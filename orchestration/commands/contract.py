"""``seconde contract``: what a contract says, what changed of it, and its papers. Each change is one signed event."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.calendar import Month
from domain.errors import BadInput
from orchestration.clock import today
from orchestration.commands.console import print_rows, stderr
from orchestration.commands.contract_changes import change, price, subscribe, terminate
from orchestration.commands.flow import parse_date
from orchestration.contract_story import charge_rows, event_rows
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from adapters.invoice_renderer import RenderedPdf

app = typer.Typer(
    no_args_is_help=True, help="Contracts through time: subscribe, change, price, terminate; show and print."
)
app.command()(subscribe)
app.command()(change)
app.command()(price)
app.command()(terminate)

ContractId = Annotated[str, typer.Argument(help="Like ctr-1001-1")]
On = Annotated[str | None, typer.Option(help="YYYY-MM-DD: as of this day")]
Output = Annotated[Path | None, typer.Option(help="Where to write it; default: below SECONDE_HOME/contracts")]


@app.command()
def show(
    contract_id: ContractId,
    month: Annotated[str | None, typer.Option(help="YYYY-MM: also what it is charged, and by which events")] = None,
) -> None:
    """The events of a contract; with --month, the charges and the events each of them comes from."""
    from adapters.ledger.store import Ledger

    ledger = Ledger(load_settings().ledger)
    print_rows(
        ["#", "what", "from", "recorded_by", "recorded_on", "reference"], event_rows(ledger, contract_id), as_csv=False
    )
    if month is not None:
        head = ["for", "charge", "quantity", "unit_cents", "days", "cents", "events", "on"]
        print_rows(head, charge_rows(ledger, contract_id, Month.parse(month)), as_csv=False)


@app.command()
def order_form(contract_id: ContractId, on: On = None, output: Output = None) -> None:
    """The order form (bon de commande) as PDF, as of the contract's first day or another."""
    from adapters.invoice_renderer import InvoiceRenderer
    from adapters.ledger.store import Ledger
    from assets.invoices import contract_papers

    settings = load_settings()
    drawn = contract_papers.order_form(Ledger(settings.ledger), InvoiceRenderer(), contract_id, parse_date(on))
    _write(output or settings.home / "contracts" / f"{contract_id}-bon-de-commande.pdf", drawn)


@app.command()
def price_notice(
    contract_id: ContractId,
    sequence: Annotated[int, typer.Argument(metavar="#", help="Which event: the price's # in `contract show`")],
    on: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the day it is written; default today")] = None,
    output: Output = None,
) -> None:
    """The letter of a new price as PDF, to send by post: the same that ``price --tell`` sends by mail."""
    from adapters.invoice_renderer import InvoiceRenderer
    from adapters.ledger.store import Ledger
    from assets.invoices.contract_notices import ContractNotices, notice_file_name, notice_pdf

    settings = load_settings()
    payload = ContractNotices(Ledger(settings.ledger)).payload(contract_id, sequence, parse_date(on) or today())
    target = output or settings.home / "contracts" / notice_file_name(payload)
    _write(target, notice_pdf(InvoiceRenderer(), payload))


@app.command()
def numbers(contract_id: ContractId, on: On = None, output: Output = None) -> None:
    """The numbers a customer takes to another operator: a list as CSV, or as PDF when the file is named so."""
    from adapters.invoice_renderer import InvoiceRenderer
    from adapters.ledger.store import Ledger
    from assets.invoices import contract_papers

    settings = load_settings()
    ledger, day = Ledger(settings.ledger), parse_date(on) or today()
    target = output or settings.home / "contracts" / f"{contract_id}-numeros.csv"
    if target.suffix == ".pdf":
        _write(target, contract_papers.portability_pdf(ledger, InvoiceRenderer(), contract_id, day))
    elif target.suffix == ".csv":
        _write(target, contract_papers.portability_csv(contract_papers.portability_rows(ledger, contract_id, day)))
    else:
        raise BadInput(f"{target}: the list is a .csv or a .pdf; name it so")


def _write(target: Path, content: RenderedPdf | str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content.content)
    stderr().print(f"written: {target}", highlight=False)
