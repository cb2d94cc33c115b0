"""The legal mentions of a document, with what only its issue could say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from domain.french import french_date


def mentions(payload: Mapping[str, Any]) -> list[str]:
    """What the law has a document say, and first what it stands in the place of: the credit note did the cancelling."""
    said: list[str] = list(payload["mentions"])
    other = payload.get("replaces", {})
    if "credit_note" not in other:
        return said
    on = french_date(dt.date.fromisoformat(other["issue_date"]))
    return [f"Remplace la facture {other['number']} du {on}, annulée par l’avoir {other['credit_note']}.", *said]
