"""The itemised calls of an invoice as CSV, for the customer's own tools: the annex's rows, and its masking.

Semicolons, decimal commas and a byte order mark: what a French spreadsheet opens without a question.
"""

from __future__ import annotations

import csv
import io

from adapters.document_view import PrintedDocument
from domain.annex import CallGroup, ListedCall
from domain.money import MICROS_PER_EURO

BYTE_ORDER_MARK = "\ufeff"
HEADINGS = (
    "facture", "ligne", "designation", "date", "heure_de_paris", "numero_appelant", "numero_appele",
    "duree_secondes", "duree_facturee_secondes", "connexion_eur_ht", "prix_minute_eur_ht", "montant_eur_ht",
)  # fmt: skip


def call_list_csv(document: PrintedDocument) -> str:
    """One row a call, in the order of the annex."""
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADINGS)
    writer.writerows(_row(document.number, group, call) for group in document.call_list for call in group.calls)
    return text.getvalue()


def _row(number: str, group: CallGroup, call: ListedCall) -> tuple[object, ...]:
    return (
        number,
        group.line_number,
        group.label,
        f"{call.local_at:%d/%m/%Y}",
        f"{call.local_at:%H:%M:%S}",
        # A number that begins with + is a formula to a spreadsheet.
        call.origin_number.removeprefix("+"),
        call.called_number.removeprefix("+"),
        call.billed_seconds,
        call.charged_seconds,
        _euros(call.connection_fee_micros),
        _euros(call.price_per_minute_micros),
        _euros(call.amount_micros),
    )


def _euros(micros: int) -> str:
    whole, rest = divmod(micros, MICROS_PER_EURO)
    return f"{whole},{rest:06d}"
