"""How the templates of documents and letters write figures, dates and names: in French, as print wants them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from domain.french import (
    french_date,
    french_decimal,
    french_long_date,
    french_of,
    french_percent,
    french_unit,
    grouped_iban,
    grouped_number,
    grouped_siren,
    included_minutes,
    typographic,
)
from domain.money import format_cents, format_micros

# A category without a charged rate says who owes the tax, or that none is due; its article is a mention.
NOT_CHARGED = {"AE": "TVA due par le preneur", "E": "TVA non applicable", "G": "TVA non applicable"}
CREDIT_REASONS = {"error": "Erreur de facturation", "gesture": "Geste commercial"}


def _minus(figure: str) -> str:
    """A hyphen is no minus: it is as short as in a word, and a line may end after it."""
    return figure.replace("-", "−")


FILTERS: dict[str, Callable[..., str]] = {
    "cents": lambda cents: _minus(format_cents(cents)),
    "credit_reason": CREDIT_REASONS.__getitem__,
    "date": french_date,
    "minutes": included_minutes,
    "decimal": lambda text, places=0: _minus(french_decimal(text, places=places)),
    "iban": grouped_iban,
    "iso_date": lambda text: french_date(dt.date.fromisoformat(text)),
    "long_date": french_long_date,
    "lower_first": lambda text: text[:1].lower() + text[1:],
    "micros": lambda micros, places: _minus(format_micros(micros, places=places)),
    "number": grouped_number,
    "of": french_of,
    "percent": french_percent,
    "signed_cents": lambda cents: ("+" if cents > 0 else "") + _minus(format_cents(cents)),
    "siren": grouped_siren,
    "tax_label": lambda tax: NOT_CHARGED.get(tax["category"]) or f"TVA {french_percent(tax['rate_basis_points'])}",
    "typographic": typographic,
    "unit": french_unit,
}
