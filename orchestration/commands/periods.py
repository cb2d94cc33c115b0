"""``seconde freeze``, ``unfreeze``, ``override`` and ``audit``: what people decide of a month."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.calendar import Month
from orchestration.commands.console import print_rows, stderr
from orchestration.commands.flow import flow_with_progress
from orchestration.settings import load_settings

MonthText = Annotated[str, typer.Argument(help="YYYY-MM")]
By = Annotated[str, typer.Option(help="Who decides; kept in the ledger")]
Because = Annotated[str, typer.Option(help="Why; kept in the ledger")]


def freeze(
    month: MonthText,
    by: By,
    because: Annotated[str | None, typer.Option(help="Why, if there is something to say")] = None,
) -> None:
    """Rate and charge a month, and settle what it comes to: later calls, tariffs and contracts no longer change it."""
    with flow_with_progress(load_settings(), f"freezing {month}") as flow:
        flow.freeze(Month.parse(month), by, because)
    stderr().print(f"{month} is frozen: look at it with `seconde close {month} --dry-run`, then close it")


def unfreeze(month: MonthText, by: By, because: Because) -> None:
    """Open a frozen month again, until it is closed."""
    with flow_with_progress(load_settings(), f"opening {month}") as flow:
        flow.unfreeze(Month.parse(month), by, because)
    stderr().print(f"{month} is open again")


def override(
    month: MonthText,
    gate: Annotated[str, typer.Argument(help="The check that stops the close, as its message names it")],
    by: By,
    because: Because,
) -> None:
    """Answer for what stops a close: exactly the rows that are wrong now, and no other."""
    with flow_with_progress(load_settings(), f"overriding {gate}") as flow:
        said = flow.override(Month.parse(month), gate, by, because)
    if said is None:
        stderr().print(f"{gate} stops nothing in {month}: there is nothing to override")
        return
    stderr().print(f"{month}: {said.decided_by} answers for {said.summary}; the close may go on", highlight=False)


def audit(
    month: Annotated[str | None, typer.Argument(help="YYYY-MM; default every month")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values, for a spreadsheet")] = False,
) -> None:
    """Say who froze, opened, closed, overrode and credited, when and why."""
    from adapters.ledger.audit import audit_trail
    from adapters.ledger.store import Ledger

    acts = audit_trail(Ledger(load_settings().ledger), Month.parse(month) if month else None)
    rows = [(act.month, f"{act.decided_at:%Y-%m-%d %H:%M:%S}", act.who, act.what, act.why) for act in acts]
    print_rows(["month", "when (UTC)", "who", "what", "why"], rows, as_csv=as_csv)
