"""``seconde retention``: who was called is forgotten when the law says so."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.clock import today
from orchestration.commands.console import print_rows, stderr
from orchestration.commands.flow import parse_date
from orchestration.settings import load_settings


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done")] = False,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default today")] = None,
) -> None:
    """Truncate the called numbers of months paid for longer than SECONDE_RETENTION_DAYS; remove their raw journal."""
    # Loaded here: the platform takes a second that other commands do not pay.
    from assets.cdr.retention import disposable_files, plan
    from assets.cdr.truncation import truncate_month
    from orchestration.build import build_platform

    settings = load_settings()
    day = parse_date(as_of) or today()
    platform = build_platform(settings)
    months = plan(platform.warehouse, platform.ledger, settings.retention_days, day)
    rows = [
        (str(one.month), one.due_on, "truncated" if one.is_truncated else "kept" if one.reason else "due", one.reason)
        for one in months
    ]
    print_rows(["month", "due_on", "numbers", "reason"], rows, as_csv=False)
    due = [m.month for m in months if m.reason is None]
    if dry_run:
        stderr().print("nothing was changed")
        return
    for month in due:
        truncate_month(platform.warehouse, month, day)
    files = disposable_files(platform.warehouse, platform.journal, platform.quarantine, settings.archives)
    for path in files:
        path.unlink(missing_ok=True)
    stderr().print(f"{len(due)} months have truncated numbers; {len(files)} raw files of them were removed")
