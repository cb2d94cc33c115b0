"""``seconde quote``: what a call would cost, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.call import CallCategory
from orchestration.commands.console import stdout
from orchestration.settings import load_settings


def quote(
    caller: Annotated[str, typer.Argument(metavar="FROM", help="The customer's number, as people write it")],
    dialled: Annotated[str, typer.Argument(metavar="TO", help="What is dialled")],
    seconds: Annotated[int, typer.Option(help="From the answer to the end", min=1)] = 60,
    at: Annotated[str | None, typer.Option(help="The answer: 2026-11-22T10:00 in Paris; now by default")] = None,
    customer: Annotated[str | None, typer.Option(help="Whose call, if the number does not say: acct-1001")] = None,
    category: Annotated[CallCategory, typer.Option(help="What the tariff may tell apart")] = "direct",
) -> None:
    """Price a call that nobody made, and say why as a person would."""
    from adapters.ledger.store import Ledger
    from domain.quote import explain
    from orchestration.build import build_platform
    from orchestration.clock import now
    from orchestration.quoting import parse_instant
    from orchestration.quoting import quote as price

    settings = load_settings()
    answered_at = now() if at is None else parse_instant(at)
    platform = build_platform(settings)
    found = price(
        Ledger(settings.ledger),
        platform.warehouse,
        caller,
        dialled,
        seconds,
        answered_at,
        customer_id=customer,
        category=category,
    )
    for line in explain(found):
        stdout().print(line, highlight=False, markup=False, soft_wrap=True)
