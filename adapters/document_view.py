"""What the document templates see: a document's content cut into sections, and an annex into rows of text.

The templates format with `document_filters`; they compute nothing. Figures come from the payload and the lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from adapters.invoice_chart import history_chart
from adapters.mentions import mentions
from domain.annex import CallGroup, ListedCall
from domain.calendar import Month
from domain.french import (
    clock_duration,
    french_count,
    grouped_number,
    spoken_duration,
    typographic,
)
from domain.invoice import DocumentKind, DraftLine
from domain.money import MICROS_PER_EURO, UNIT_SPACE, format_cents, format_micros

FIGURE_SPACE = "\u2007"
# Wide enough for the longest E.164 number, and for a French one by pairs.
NUMBER_WIDTH = 17
AMOUNT_WIDTH = 11
# What a column of quantities or prices holds beside its comma; one of amounts holds one more.
COLUMN_DIGITS = 8
SECTION_HEADINGS = {"subscription": "Abonnement et services", "usage": "Communications"}
TITLES: dict[DocumentKind, str] = {"invoice": "Facture", "debit_note": "Note de débit", "credit_note": "Avoir"}
DUE_LABELS: dict[DocumentKind, str] = {
    "invoice": "Total à payer TTC", "debit_note": "Total à payer", "credit_note": "Avoir TTC",
}  # fmt: skip
TOTAL_LABELS: dict[DocumentKind, str] = {
    "invoice": "Total TTC à payer", "debit_note": "Total à payer", "credit_note": "Total TTC de l’avoir",
}  # fmt: skip


@dataclass(frozen=True)
class PrintedDocument:
    """An issued document as it is printed; ``sha256`` is the content's, kept by the ledger."""

    number: str
    kind: DocumentKind
    month: str
    issue_date: dt.date
    due_date: dt.date
    net_cents: int
    vat_cents: int
    total_cents: int
    sha256: str
    lines: tuple[DraftLine, ...]
    payload: Mapping[str, Any]
    annex: tuple[CallGroup, ...] = ()
    # The calls again as a file for the customer's own tools, where the contract says so.
    call_list: tuple[CallGroup, ...] = ()
    # Drawn to be looked at: says so across each page, and holds no electronic invoice.
    is_draft: bool = False


@dataclass(frozen=True)
class Section:
    """Lines under one heading; a document of penalties has one section and no heading.

    Of a document of several contracts, each one's first section names it, with what the contract comes to.
    """

    heading: str | None
    lines: tuple[DraftLine, ...]
    contract: str | None = None
    contract_cents: int = 0

    @property
    def cents(self) -> int:
        return sum(line.amount_cents for line in self.lines)


@dataclass(frozen=True)
class Column:
    """A heading of the annex, and the class that gives it the width of its tab stops."""

    name: str
    css: str = "narrow"


@dataclass(frozen=True)
class PrintedGroup:
    """The calls of one usage line, each a line of text."""

    heading: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class PrintedAnnex:
    """The itemised annex, ready to print."""

    intro: str
    columns: tuple[Column, ...]
    with_fees: bool
    groups: tuple[PrintedGroup, ...]


def view(document: PrintedDocument) -> dict[str, Any]:
    """The names the templates use."""
    payload = document.payload
    period = payload.get("period")
    return {
        "document": document,
        "payload": payload,
        "title": TITLES[document.kind],
        "seller": payload["seller"],
        "buyer": payload["buyer"],
        "due_label": DUE_LABELS[document.kind],
        "total_label": TOTAL_LABELS[document.kind],
        "chart": chart(document),
        "period": period and {name: dt.date.fromisoformat(date) for name, date in period.items()},
        "sections": sections(document.lines),
        "subtotals": subtotals(document.lines),
        "places": places(document.lines),
        "annex": printed_annex(document) if document.annex else None,
        "mentions": mentions(payload),
    }


def chart(document: PrintedDocument) -> Markup | None:
    """An invoice's last twelve months, this one last; none of a customer's first."""
    if document.kind != "invoice":
        return None
    totals = {before["month"]: before["total_cents"] for before in document.payload["history"]}
    svg = history_chart(Month.parse(document.month), {**totals, document.month: document.total_cents})
    # Its only text is figures and names of months.
    return None if svg is None else Markup(svg)  # noqa: S704


def sections(lines: tuple[DraftLine, ...]) -> list[Section]:
    """Lines of one contract and one kind together, in the order they are numbered."""
    totals: dict[str, int] = {}
    for line in lines:
        if line.contract_id is not None:
            totals[line.contract_id] = totals.get(line.contract_id, 0) + line.amount_cents
    named: set[str] = set()
    found = []
    for (contract, heading), members in groupby(
        lines, key=lambda line: (line.contract_id, SECTION_HEADINGS.get(line.kind))
    ):
        if contract is None or len(totals) < 2 or contract in named:
            found.append(Section(heading, tuple(members)))
        else:
            named.add(contract)
            found.append(Section(heading, tuple(members), contract, totals[contract]))
    return found


def places(lines: tuple[DraftLine, ...]) -> dict[str, int]:
    """Decimals of measured quantities (minutes) and of their prices: as many on each line, so that commas align.

    ``is_wide``: a figure has more digits than its column usually holds.
    """
    measured = [line for line in lines if "." in line.quantity]
    quantities = [len(line.quantity.partition(".")[2].rstrip("0")) for line in measured]
    prices = [len(f"{line.unit_price_micros % MICROS_PER_EURO:06d}".rstrip("0")) for line in measured]
    decimals = {"quantity": max(2, *quantities, 0), "price": max(4, *prices, 0)}
    is_wide = any(
        len(str(int(line.quantity.partition(".")[0]))) + decimals["quantity"] > COLUMN_DIGITS
        or len(str(abs(line.unit_price_micros) // MICROS_PER_EURO)) + decimals["price"] > COLUMN_DIGITS
        for line in measured
    ) or any(len(str(abs(line.amount_cents))) > COLUMN_DIGITS + 1 for line in lines)
    return {**decimals, "is_wide": is_wide}


def subtotals(lines: tuple[DraftLine, ...]) -> list[Section]:
    """Each kind of line once, whatever the contract: what the reader sees first."""
    return [
        Section(heading, members)
        for kind, heading in SECTION_HEADINGS.items()
        if (members := tuple(line for line in lines if line.kind == kind))
    ]


def printed_annex(document: PrintedDocument) -> PrintedAnnex:
    calls = [call for group in document.annex for call in group.calls]
    with_fees = any(call.connection_fee_micros for call in calls)
    hidden = "" if document.payload["full_numbers"] else (
        " Les quatre derniers chiffres des numéros appelés sont masqués (CPCE, art.\u00a0D98-5)."
    )  # fmt: skip
    intro = (
        f"{french_count(len(calls), 'appel')}, {spoken_duration(sum(call.billed_seconds for call in calls))}."
        " Heure de Paris ; prix HT en euros ; toute seconde entamée est due."
        " Les appels d’un groupe s’additionnent en la ligne de facture qu’il détaille." + hidden
    )
    return PrintedAnnex(
        intro, columns(with_fees), with_fees, tuple(printed_group(group, with_fees) for group in document.annex)
    )


def columns(with_fees: bool) -> tuple[Column, ...]:
    fee = (Column("Connexion"),) if with_fees else ()
    return (
        Column("Date et heure", "wide"),
        Column("Depuis", "wide"),
        Column("Numéro appelé", "wide"),
        Column("Durée"),
        Column("Facturée"),
        *fee,
        Column("Prix/min"),
        Column("Montant HT", "last"),
    )


def printed_group(group: CallGroup, with_fees: bool) -> PrintedGroup:
    heading = (
        f"Ligne {group.line_number} – {typographic(group.label)} : {french_count(len(group.calls), 'appel')},"
        f" {format_micros(group.amount_micros)}, soit {format_cents(group.amount_cents)}"
    )
    return PrintedGroup(heading, tuple(call_row(call, with_fees) for call in group.calls))


def call_row(call: ListedCall, with_fees: bool) -> str:
    """One call as one line: columns of digits of equal width, each padded to end before the next tab stop."""
    fee = plain_micros(call.connection_fee_micros) + "\t" if with_fees else ""
    return (
        f"{call.local_at:%d/%m/%Y %H:%M:%S}\t"
        f"{grouped_number(call.origin_number).ljust(NUMBER_WIDTH, FIGURE_SPACE)}\t"
        f"{grouped_number(call.called_number).ljust(NUMBER_WIDTH, FIGURE_SPACE)}\t"
        f"{clock_duration(call.billed_seconds)}\t{clock_duration(call.charged_seconds)}\t"
        f"{fee}{plain_micros(call.price_per_minute_micros)}\t"
        f"{plain_micros(call.amount_micros).rjust(AMOUNT_WIDTH, FIGURE_SPACE)}"
    )


def plain_micros(micros: int) -> str:
    return format_micros(micros).removesuffix(f"{UNIT_SPACE}€")
