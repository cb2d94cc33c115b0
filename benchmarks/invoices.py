"""Documents a second: PDF, Factur-X and validation, against bare WeasyPrint setting the same pages.

``python -m benchmarks.invoices 3000`` draws so many, without the comparison: what a month of customers takes.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.document_view import PrintedDocument
from adapters.factur_x.validation import stop_validating, validate_all
from adapters.factur_x.xml import factur_x_xml
from adapters.invoice_renderer import TEMPLATES, InvoiceRenderer
from adapters.ledger.tables import Customer, Operator
from adapters.worker_processes import worker_processes
from assets.invoices.printed import invoice_payload
from domain.annex import CallGroup, ListedCall
from domain.calendar import Month
from domain.invoice import DraftLine, draft_document
from domain.money import divide_half_up, micros_to_cents
from domain.penalty import LatePaymentRule
from domain.vat import VatRule

WORKERS = 2
DOCUMENTS = 1_000
# Taken in turns, so that a machine busy with something else is as busy for both.
TURN = 250
TOLD_EVERY = 100
# Share of the customers, usage lines, calls.
MIX = ((70, 3, 40), (25, 8, 200), (4, 20, 800), (1, 40, 5_000))
OCTOBER = Month.parse("2026-10")
ISSUED = dt.date(2026, 11, 1)
VAT = VatRule("FR_MAINLAND", dt.date(2014, 1, 1), "S", 2000, "")
RULE = LatePaymentRule(valid_from=dt.date(2013, 1, 1), rate_multiplier=3, indemnity_cents=40_00, year_days=365)
OPERATOR = Operator(
    legal_name="MybestPro",
    legal_form="SAS",
    capital_text="161 214,20 EUR",
    siren="478444474",
    rcs_city="Paris",
    vat_number="FR87478444474",
    address_line="75 rue d'Amsterdam",
    postal_code="75008",
    city="Paris",
    country="FR",
    dispute_email="compta@MybestPro.com",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPPXXX",
)


@dataclass
class Spent:
    """What a way of drawing took: time, processor time, and the most memory a worker held in each turn."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    worker_mb: tuple[int, ...] = ()


def customers(count: int, first: int = 0) -> Iterator[PrintedDocument]:
    """Invoices of a mixed clientele; the same ones every time."""
    for number in range(first, first + count):
        chance = random.Random(number)
        _, lines, calls = chance.choices(MIX, weights=[share for share, *_ in MIX])[0]
        yield _invoice(number, chance, lines, calls)


def _invoice(number: int, chance: random.Random, lines: int, calls: int) -> PrintedDocument:
    groups = tuple(_group(chance, 4 + index, max(1, calls // lines)) for index in range(lines))
    drafted = [*_fixed(chance), *(_usage(group) for group in groups)]
    rows = [{"detail": None} for _ in drafted]
    history = [(f"2026-{month:02d}", chance.randint(100_00, 900_00)) for month in range(1, 10)]
    customer = Customer(
        customer_id=f"acct-{number}",
        legal_name=f"Société Imaginaire n° {number} SAS",
        address_line=f"{number % 200 + 1} rue de l'Exemple",
        postal_code="75011",
        city="Paris",
        country="FR",
        email="compta@exemple.example",
        siren="999000011",
        vat_territory="FR_MAINLAND",
    )
    draft = draft_document(
        customer_id=customer.customer_id,
        kind="invoice",
        month=OCTOBER,
        issue_date=ISSUED,
        due_date=dt.date(2026, 12, 1),
        lines=drafted,
        payload=invoice_payload(OPERATOR, customer, OCTOBER, VAT, RULE, rows, history),
    )
    return PrintedDocument(
        number=f"FA-2026-{number:06d}",
        kind="invoice",
        month=draft.month,
        issue_date=draft.issue_date,
        due_date=draft.due_date,
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        sha256=draft.content_sha256,
        lines=draft.lines,
        payload=draft.payload,
        annex=groups,
    )


def _fixed(chance: random.Random) -> Iterator[DraftLine]:
    items = (("Abonnement Centre d'appels", "mois", 149_00, 1), ("Utilisateurs", "utilisateur", 12_90, 14),
             ("Numéros France", "numéro", 1_00, chance.randint(1, 40)))  # fmt: skip
    for rank, (label, unit, cents, quantity) in enumerate(items, 1):
        price, amount = cents * 10_000, cents * quantity
        yield DraftLine(rank, "subscription", label, str(quantity), unit, price, amount, "S", 2000, "ctr-1")


def _group(chance: random.Random, line_number: int, calls: int) -> CallGroup:
    price = chance.choice([8_000, 19_000, 30_000, 90_000])
    start = dt.datetime(2026, 9, 30, 22, 0, tzinfo=dt.UTC)
    listed = []
    for index in range(calls):
        seconds = chance.randint(1, 600)
        listed.append(
            ListedCall(
                answered_at=start + dt.timedelta(seconds=index * 2_600_000 // calls),
                origin_number="+33170181001",
                called_number=f"+336{chance.randint(1000, 9999)}••••",
                billed_seconds=seconds,
                charged_seconds=seconds,
                price_per_minute_micros=price,
                connection_fee_micros=0,
                amount_micros=divide_half_up(seconds * price, 60),
            )
        )
    micros = sum(call.amount_micros for call in listed)
    return CallGroup(
        line_number, f"Destination {line_number} - mobiles", micros, micros_to_cents(micros), tuple(listed)
    )


def _usage(group: CallGroup) -> DraftLine:
    seconds = sum(call.charged_seconds for call in group.calls)
    price = group.calls[0].price_per_minute_micros
    minutes = f"{seconds // 60}.{divide_half_up(seconds % 60 * 10_000, 60):04d}"
    return DraftLine(
        group.line_number, "usage", group.label, minutes, "min", price, group.amount_cents, "S", 2000, "ctr-1"
    )


def whole(documents: list[PrintedDocument], folder: Path, tell: Callable[[int, int], None] | None = None) -> int:
    """The product's way: XML judged by every rule, then drawn, fsynced and hashed. Returns the worst worker's MB."""
    faults = [fault for found in validate_all(map(factur_x_xml, documents), WORKERS) for fault in found]
    if faults:
        raise AssertionError(faults[0])
    memory = [0]

    def look(done: int) -> None:
        if done % 25 == 0:
            memory.append(_worker_mb())
        if tell is not None and done % TOLD_EVERY == 0:
            tell(done, memory[-1])

    InvoiceRenderer(workers=WORKERS).write_all(documents, folder, look)
    return max(memory)


def bare(pages: list[str], folder: Path) -> int:
    """WeasyPrint alone on the same pages: no XML, no metadata of ours, no tags, no fsync, no hash."""
    with worker_processes(WORKERS) as pool:
        pending = [pool.submit(_bare_page, page, folder / f"{rank}.pdf") for rank, page in enumerate(pages)]
        for future in as_completed(pending):
            future.result()
        return _worker_mb()


def _bare_page(page: str, target: Path) -> None:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    # The style and the fonts read once a process, as the product does.
    if not _BARE:
        fonts = FontConfiguration()
        _BARE.append((CSS(filename=TEMPLATES / "document.css", font_config=fonts), fonts))
    style, fonts = _BARE[0]
    HTML(string=page, base_url=str(TEMPLATES)).write_pdf(target, stylesheets=[style], font_config=fonts)


_BARE: list[tuple[object, object]] = []


def _worker_mb() -> int:
    """The largest resident set among this process's children."""
    sizes = [0]
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                status = Path(f"/proc/{child}/status").read_text()
            except FileNotFoundError:
                continue
            sizes += [int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")]
    return max(sizes)


def measure(spent: Spent, work: Callable[[], int]) -> None:
    before, start = _cpu(), time.monotonic()
    worker_mb = work()
    # Its workers end here too: the processor time of a child counts once it has ended.
    stop_validating()
    spent.seconds += time.monotonic() - start
    spent.cpu_seconds += _cpu() - before
    spent.worker_mb = (*spent.worker_mb, worker_mb)


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def invoices_table(home: Path, documents: int = DOCUMENTS) -> Table:
    """Both ways in turns, on the same documents."""
    ours, alone, renderer = Spent(), Spent(), InvoiceRenderer()
    for first in range(0, documents, TURN):
        turn = list(customers(min(TURN, documents - first), first))
        pages = [renderer.html(document) for document in turn]
        (home / "bare").mkdir(exist_ok=True)
        measure(alone, lambda pages=pages: bare(pages, home / "bare"))  # type: ignore[misc]
        measure(ours, lambda turn=turn: whole(turn, home / "whole"))  # type: ignore[misc]
    table = Table(title=f"{documents} invoices, {WORKERS} workers")
    for heading in ("", "documents/s", "processor ms each", "largest worker, MB, turn by turn"):
        table.add_column(heading)
    for name, spent in (("WeasyPrint alone", alone), ("PDF/A + Factur-X + validation", ours)):
        table.add_row(name, *_figures(spent, documents))
    table.add_row("ratio", f"{ours.seconds / alone.seconds:.2f}", f"{ours.cpu_seconds / alone.cpu_seconds:.2f}", "")
    return table


def _figures(spent: Spent, documents: int) -> tuple[str, str, str]:
    each_ms = 1000 * spent.cpu_seconds / documents
    return f"{documents / spent.seconds:.2f}", f"{each_ms:.0f}", " ".join(map(str, spent.worker_mb))


def main() -> None:
    """Draw as many as asked in one run, as a close does, and say how the memory went."""
    count = int(sys.argv[1])
    console, spent, start = Console(), Spent(), time.monotonic()

    def tell(done: int, worker_mb: int) -> None:
        rate, load = done / (time.monotonic() - start), os.getloadavg()[0]
        console.print(f"{done} drawn, {rate:.2f}/s since the start, largest worker {worker_mb} MB, load {load:.1f}")

    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1] / "var") as home:
        measure(spent, lambda: whole(list(customers(count)), Path(home), tell))
    rate, each_ms, _ = _figures(spent, count)
    hours = spent.seconds * 10_000 / count / 3600
    console.print(f"{count}: {rate}/s, {each_ms} ms of processor each; 10,000 would take {hours:.1f} h here, now")


if __name__ == "__main__":
    main()
