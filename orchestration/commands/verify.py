"""``seconde verify``: what was issued is still what it was."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.calendar import Month
from domain.errors import PermanentError
from orchestration.commands.console import print_rows, stderr
from orchestration.settings import load_settings


def verify(
    month: Annotated[str | None, typer.Argument(help="YYYY-MM; default every month that is closed")] = None,
) -> None:
    """Draw every issued document again, compare it with the ledger's sha256 and with the file, judge it again."""
    # Loaded here: the platform takes a second that other commands do not pay.
    from assets.cdr.retention import refuse_truncated
    from assets.invoices.verification import issued_months, verified
    from orchestration.build import build_platform

    platform = build_platform(load_settings())
    months = [Month.parse(month)] if month else issued_months(platform.ledger)
    rows: list[tuple[str, str, str]] = []
    documents = 0
    for one in months:
        redraw = True
        try:
            refuse_truncated(platform.warehouse, one)
        except PermanentError as reason:
            redraw = False
            stderr().print(f"{one}: only the files are compared, annexes cannot be drawn again ({reason})")
        count, found = verified(platform, one, redraw=redraw)
        documents += count
        rows += [(str(one), number, difference) for number, difference in found]
    if rows:
        print_rows(["month", "number", "difference"], rows, as_csv=False)
        raise PermanentError(f"{len(rows)} differences in {documents} documents; each says what to do")
    stderr().print(f"{documents} documents are what was issued")
