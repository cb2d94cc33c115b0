"""``seconde land`` and ``seconde close``: the jobs, from the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from domain.calendar import Month
from domain.errors import BadInput
from orchestration.commands.console import print_rows, progress, stderr
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.flow import Flow


def land() -> None:
    """Take the journal's sealed segments into call records."""
    settings = load_settings()
    with flow_with_progress(settings, "landing") as flow:
        flow.land()
        count = flow.platform.warehouse.read("select count(*) as legs from call_detail_records")["legs"][0].as_py()
    stderr().print(f"call_detail_records holds {count} legs")


def close(
    month: Annotated[str, typer.Argument(help="YYYY-MM")],
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the date of the documents; default today")] = None,
    by: Annotated[str, typer.Option(help="Who closes; kept in the ledger; default SECONDE_PERSON, your account")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compute, check and draw drafts; no number, nothing in the ledger")
    ] = False,
    customer: Annotated[str | None, typer.Option(help="With --dry-run: this customer's documents alone")] = None,
) -> None:
    """Rate a month, charge it, issue its documents once, draw them and compute its KPIs."""
    settings, billing_month, day = load_settings(), Month.parse(month), parse_date(as_of)
    if customer is not None and not dry_run:
        raise BadInput("a month closes for every customer at once: --customer goes with --dry-run")
    if dry_run:
        preview(settings, billing_month, day, customer)
        return
    with flow_with_progress(settings, f"closing {month}") as flow:
        flow.close(billing_month, day, by)
        documents = flow.platform.ledger.documents(billing_month)
    rows = [(d.number, d.kind, d.customer_id, d.due_date, d.total_cents) for d in documents]
    print_rows(["number", "kind", "customer_id", "due_date", "total_cents"], rows, as_csv=False, title=f"{month}")
    stderr().print(f"{len(rows)} documents in {settings.home / 'documents' / month}")


def preview(settings: Settings, month: Month, day: dt.date | None, customer_id: str | None) -> None:
    """A dry run, and what it came to."""
    with flow_with_progress(settings, f"drafting {month}") as flow:
        said = flow.preview(month, day, customer_id)
        warehouse = flow.platform.warehouse
        drafts = [tuple(row.values()) for row in warehouse.read(DRAFTS, [str(month), customer_id]).to_pylist()]
        refused = [tuple(row.values()) for row in warehouse.read(REFUSED, [str(month), customer_id]).to_pylist()]
    print_rows(DRAFT_COLUMNS, drafts, as_csv=False, title=f"{month}, a dry run: nothing is issued")
    if refused:
        print_rows(["customer_id", "amount_cents", "reason"], refused, as_csv=False, title="would be refused")
    for shut in said:
        word = f"answered for by {shut.answered}" if shut.answered else "the close would stop"
        stderr().print(f"{shut.gate}: {shut.summary}; {word}", highlight=False)
    stderr().print(f"{len(drafts)} drafts in {settings.home / 'previews' / str(month)}")


DRAFT_COLUMNS = ["document_kind", "customer_id", "due_date", "net_cents", "vat_cents", "total_cents"]
DRAFTS = f"""
    select {", ".join(DRAFT_COLUMNS)} from invoices
    where month = $1 and ($2 is null or customer_id = $2) order by customer_id, document_kind
"""
REFUSED = """
    select customer_id, amount_cents, reason from refused_drafts
    where month = $1 and ($2 is null or customer_id = $2) order by customer_id
"""
RERATED = """
    select billed_customer_id, due_customer_id, reason, billed_category, due_category, count(*) as calls,
        cast(sum(billed_micros + billed_surcharge_micros) as bigint) as billed_micros,
        cast(sum(due_micros + due_surcharge_micros) as bigint) as due_micros,
        cast(sum(difference_micros) as bigint) as difference_micros
    from rating_changes where month = $1 group by all order by all
"""
RERATED_COLUMNS = [
    "billed_customer_id", "due_customer_id", "reason", "billed_category", "due_category", "calls", "billed_micros",
    "due_micros", "difference_micros",
]  # fmt: skip


def rerate(
    month: Annotated[str, typer.Argument(help="YYYY-MM")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values, for a spreadsheet")] = False,
) -> None:
    """Rate a month by the tariffs, numbers and records of now; of a closed month, say what would change.

    An open month's prices are replaced. A closed month's bills stand: the next close issues the differences, as extra
    lines and credit notes. Look at them first.
    """
    settings, billing_month = load_settings(), Month.parse(month)
    with flow_with_progress(settings, f"rating {month}") as flow:
        flow.rerate(billing_month)
        period = flow.platform.ledger.period(billing_month)
        rows = flow.platform.warehouse.read(RERATED, [month]).to_pylist()
    if period is None or period.state != "closed":
        frozen = period is not None and period.state == "frozen"
        how = (
            "is frozen: its calls keep their prices"
            if frozen
            else "is open: its calls are rated as they will be billed"
        )
        stderr().print(f"{month} {how}")
        return
    cells = [tuple(row.values()) for row in rows]
    print_rows(RERATED_COLUMNS, cells, as_csv=as_csv, title=f"{month}, as billed and as due now")
    what = "the next close issues the differences; call by call: select * from rating_changes"
    stderr().print(f"{month} is closed: {what if rows else 'nothing moved'}")
    unpriced = sum(row["calls"] for row in rows if str(row["reason"]).endswith("price_missing"))
    if unpriced:
        stderr().print(f"{unpriced} calls have no price now: nobody owes more for them until a rate is added")


def parse_date(text: str | None) -> dt.date | None:
    """``2026-11-01`` to a date. Raises BadInput for anything else."""
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date; write YYYY-MM-DD, like 2026-11-01") from None


@contextmanager
def flow_with_progress(settings: Settings, what: str) -> Iterator[Flow]:
    """A flow whose steps move a progress bar. Dagster is loaded here: two seconds other commands do not pay."""
    with progress() as bar:
        task = bar.add_task(f"{what}: loading", total=None)
        from orchestration.flow import Flow

        def step_began(steps: int, step: str) -> None:
            done = bar.tasks[task].completed if bar.tasks[task].total else -1
            bar.update(task, total=steps, completed=done + 1, description=f"{what}: {step}")

        yield Flow(settings, step_began)
