"""``seconde deliver``: what was issued goes to customers and platforms, each thing once to each address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.calendar import Month
from orchestration.clock import now, today
from orchestration.commands.console import print_rows, stderr
from orchestration.settings import load_settings


def deliver(
    month: Annotated[str | None, typer.Argument(help="YYYY-MM: queue its documents first")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be queued and sent")] = False,
    price_change: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Queue the notice of a tariff version for its customers")
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Queue once more what bounced or failed of a document or a notice"),
    ] = None,
    bounces: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="First read the bounced messages of a folder or maildir")
    ] = None,
) -> None:
    """Send what waits in the queue, and tell what did not arrive."""
    from adapters.ledger import deliveries as queue
    from assets.invoices import deliveries
    from assets.invoices.courier import naive
    from orchestration.build import build_platform

    platform = build_platform(load_settings())
    said: list[str] = []
    if bounces is not None and not dry_run:
        said += deliveries.note_bounces(platform, bounces).told
    queued = []
    if month is not None:
        queued += deliveries.queue_documents(platform, Month.parse(month), now(), dry_run=dry_run)
    if price_change is not None:
        queued += deliveries.queue_price_notices(platform, price_change, now(), today(), dry_run=dry_run)
    if dry_run:
        waiting = queue.due(platform.ledger, naive(now()))
        rows = [(d.subject, d.channel, d.recipient, d.attempts) for d in [*waiting, *queued]]
        print_rows(["subject", "channel", "recipient", "attempts"], rows, as_csv=False)
        stderr().print("nothing was queued or sent")
        return
    if again is not None:
        queued += queue.send_again(platform.ledger, again, naive(now()))
    report = deliveries.deliver(platform, now)
    console = stderr()
    for line in [*said, *report.told]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(report.states.items())) or "nothing was due"
    console.print(f"{len(queued)} queued; {counts}", highlight=False)
