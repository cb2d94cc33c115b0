"""What tariffs promise that no constraint of one row can say, checked before each commit that touches them.

A plan falls back once: its fallback has none of its own. A version nobody was told of stands only under a
recorded waiver.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, SQLModel, select

from adapters.ledger.tables import TariffPlan, TariffVersion, TariffWaiver
from domain.errors import PermanentError


def refuse_unfit_tariffs(session: Session, touched: Collection[SQLModel]) -> None:
    """Check the plans and the versions the transaction would leave. Raises PermanentError naming every fault."""
    problems: list[str] = []
    if any(isinstance(row, TariffPlan) for row in touched):
        problems += fallback_problems(session.exec(select(TariffPlan)).all())
    untold = {row.version_id for row in touched if isinstance(row, TariffVersion) and row.notice_date is None}
    if untold:
        waived = set(session.exec(select(TariffWaiver.version_id).where(TariffWaiver.rule == "missing_notice")))
        problems += [
            f"tariff version {version_id} has no notice date: tell the customers one month before, "
            "or record who waives the notice"
            for version_id in sorted(untold - waived)
        ]
    if problems:
        raise PermanentError("; ".join(problems) + "; nothing was written")


def fallback_problems(plans: Collection[TariffPlan]) -> list[str]:
    """Plans whose fallback falls back itself."""
    fallbacks = {row.plan: row.fallback_plan for row in plans if row.fallback_plan is not None}
    return [
        f"plan {plan} falls back to {fallback}, which falls back to {fallbacks[fallback]}: name one plan without a "
        "fallback of its own"
        for plan, fallback in sorted(fallbacks.items())
        if fallback in fallbacks
    ]
