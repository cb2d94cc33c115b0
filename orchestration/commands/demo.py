"""``seconde demo``: the whole flow on a world that ships with it, told step by step, summed up in a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.table import Table

from domain.calendar import Month
from domain.money import format_cents, micros_to_cents
from orchestration.commands.console import progress, stderr, stdout
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from assets.platform import Platform

SUMMARY = """
    with
    calls as (
        select month, count(*) as calls, cast(sum(billed_seconds) as bigint) as seconds,
            cast(sum(amount_micros + surcharge_micros) as bigint) as micros
        from rated_calls group by month
    ),
    unrated as (select month, count(*) as calls from unrated_calls group by month),
    documents as (
        select month, count(*) filter (kind = 'invoice') as invoices, count(*) filter (kind = 'debit_note') as notes,
            cast(sum(total_cents) filter (kind = 'invoice') as bigint) as invoiced_cents,
            cast(coalesce(sum(total_cents) filter (kind = 'debit_note'), 0) as bigint) as penalty_cents
        from issued_documents group by month
    ),
    alerts as (select month, count(*) as alerts from data_quality_alerts where resolved_at is null group by month)
    select documents.month, calls.calls, calls.seconds, calls.micros, coalesce(unrated.calls, 0) as unrated,
        documents.invoices, documents.invoiced_cents, documents.notes, documents.penalty_cents,
        coalesce(alerts.alerts, 0) as alerts
    from documents
    left join calls using (month)
    left join unrated using (month)
    left join alerts using (month)
    order by documents.month
"""
FIGURES: dict[str, Callable[[dict[str, int]], str]] = {
    "rated calls": lambda month: f"{month['calls']:,}",
    "minutes": lambda month: f"{month['seconds'] // 60:,}",
    "usage, without VAT": lambda month: format_cents(micros_to_cents(month["micros"])),
    "unrated calls": lambda month: str(month["unrated"]),
    "invoices": lambda month: str(month["invoices"]),
    "invoiced, with VAT": lambda month: format_cents(month["invoiced_cents"]),
    "debit notes": lambda month: str(month["notes"]),
    "penalties, indemnities": lambda month: format_cents(month["penalty_cents"]),
    "open alerts": lambda month: str(month["alerts"]),
}
NEXT_COMMANDS = """
Try next:
  [bold]make ui[/]
      the asset graph, each month, the invoices' totals and links
  [bold]{seconde} sql "select * from kpi_receivables_monthly where month = '2026-11'"[/]
      who owes what, and for how long; `show tables` lists the rest
  [bold]{seconde} close 2026-11[/]
      again: nothing new is issued, nothing changes"""


def demo() -> None:
    """Replay a real switch, simulate a quarter, close three months; say where everything is."""
    from orchestration.demo import Demo
    from orchestration.flow import Flow

    settings = load_settings()
    console = stderr()
    console.print(f"Everything is written below [bold]{settings.home}[/]", highlight=False)
    with progress() as bar:
        steps = bar.add_task("", total=None, visible=False)

        def say(text: str) -> None:
            bar.update(steps, visible=False)
            bar.console.print(f"  {text}", highlight=False, soft_wrap=True)

        def advance(done: int, total: int) -> None:
            bar.update(steps, description="    days", completed=done, total=total, visible=True)

        def step_began(total: int, step: str) -> None:
            task = bar.tasks[0]
            done = task.completed + 1 if task.visible and task.total == total else 0
            bar.update(steps, description=f"    {step}", completed=done, total=total, visible=True)

        flow = Flow(settings, step_began)
        Demo(flow, say, advance).run()
    stdout().print(summary(flow.platform))
    print_places(flow.platform)


def summary(platform: Platform) -> Table:
    """What the three months came to, and their sum."""
    rows = platform.warehouse.read(SUMMARY).to_pylist()
    totals: dict[str, int] = {name: sum(row[name] or 0 for row in rows) for name in rows[0] if name != "month"}
    columns = [*rows, {"month": "in all", **totals}]
    table = Table("The demo's quarter", *(column["month"] for column in columns), header_style="bold")
    for position in range(1, len(columns) + 1):
        table.columns[position].justify = "right"
    for label, value in FIGURES.items():
        table.add_row(label, *(value(column) for column in columns))
    return table


def print_places(platform: Platform) -> None:
    console = stdout()
    months = [str(Month(2026, number)) for number in (9, 10, 11)]
    console.print("The documents, in PDF:")
    for month in months:
        files = sorted((platform.documents / month).glob("*.pdf"))
        if files:
            console.print(
                f"  {platform.documents / month}/  {files[0].name} ... {files[-1].name}",
                highlight=False,
                soft_wrap=True,
            )
    console.print(f"The tables: {platform.warehouse.catalog}", highlight=False, soft_wrap=True)
    console.print(NEXT_COMMANDS.format(seconde=".venv/bin/seconde"), highlight=False, soft_wrap=True)
