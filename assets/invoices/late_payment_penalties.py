"""What invoices paid late, or not at all, owe on top: interest since the due date less what was charged before."""

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import dagster as dg

from adapters.ledger.store import Ledger
from adapters.ledger.tables import IssuedDocument
from assets.invoices.close import GROUP, OWNERS, Close, closing_date, write_month
from assets.invoices.tables import LATE_PAYMENT_PENALTIES
from assets.partitions import BILLING_MONTHS
from assets.platform import Platform
from domain.calendar import Month
from domain.crediting import ChargedLine
from domain.money import CENTS_PER_EURO, decimal_text, format_cents
from domain.penalty import (
    BASIS_POINTS,
    CreditNote,
    CreditReason,
    Event,
    LatePaymentRule,
    Payment,
    Penalty,
    late_payment_penalty,
    rule_in_force,
)


@dataclass(frozen=True)
class Assessed:
    """What an invoice owes for lateness, and what debit notes of earlier months charged for it."""

    invoice: IssuedDocument
    rule: LatePaymentRule
    penalty: Penalty
    charged_cents: int
    is_indemnified: bool

    @property
    def overcharged_cents(self) -> int:
        """Interest charged beyond what is owed."""
        return max(self.charged_cents - self.penalty.penalty_cents, 0)


def penalty_rows(ledger: Ledger, month: Month, as_of: dt.date) -> list[dict[str, Any]]:
    """The charge of each late invoice for a month closed as of a day, by invoice number.

    Debit notes of the month itself do not count as charged before, so a second run finds the same.

    Raises:
        PermanentError: an invoice is late and the half-year of its due date has no legal rate.
    """
    return charge_rows(assess(ledger, month, as_of), month, as_of)


def charge_rows(assessed: Iterable[Assessed], month: Month, as_of: dt.date) -> list[dict[str, Any]]:
    """A row for each invoice that owes something new."""
    rows = []
    for one in assessed:
        # Less than was charged is never a negative charge: an error credits the surplus (assets.invoices.crediting).
        new_cents = max(one.penalty.penalty_cents - one.charged_cents, 0)
        indemnity_cents = 0 if one.is_indemnified else one.penalty.indemnity_cents
        if new_cents or indemnity_cents:
            charges = (one.charged_cents, new_cents, indemnity_cents)
            rows.append({"month": str(month), **_row(one.invoice, one.rule, one.penalty, as_of, charges)})
    return rows


def assess(ledger: Ledger, month: Month, as_of: dt.date) -> list[Assessed]:
    """Every invoice whose due date is past, by number."""
    # What was corrected after the month closed, on its closing day even, is the next month's.
    documents = [d for d in ledger.documents(issued_by=as_of) if d.kind != "credit_note" or d.month <= str(month)]
    events = settlements(ledger, documents, as_of)
    legal_rates = {rate.half_year: rate.other_cases_basis_points for rate in ledger.legal_rates()}
    rules = [LatePaymentRule(**row.model_dump()) for row in ledger.late_payment_rules()]
    charged, indemnified = _charged_before(ledger, documents, month)
    assessed = []
    for invoice in sorted(documents, key=lambda document: document.number):
        if invoice.kind != "invoice" or invoice.due_date >= as_of:
            continue
        rule = rule_in_force(rules, invoice.due_date)
        penalty = late_payment_penalty(
            total_cents=invoice.total_cents,
            due_date=invoice.due_date,
            events=events[invoice.number],
            as_of=as_of,
            legal_rates=legal_rates,
            rule=rule,
        )
        assessed.append(Assessed(invoice, rule, penalty, charged[invoice.number], invoice.number in indemnified))
    return assessed


def settlements(ledger: Ledger, documents: Iterable[IssuedDocument], as_of: dt.date) -> dict[str, list[Event]]:
    """Payments and credit notes by the document they are about."""
    events: dict[str, list[Event]] = defaultdict(list)
    for payment in ledger.payments(received_by=as_of):
        events[payment.document_number].append(Payment(payment.value_date, payment.amount_cents))
    for note in documents:
        if note.corrects_number is not None and note.credit_reason is not None:
            reason: CreditReason = "error" if note.credit_reason == "error" else "gesture"
            events[note.corrects_number].append(CreditNote(note.issue_date, note.total_cents, reason))
    return events


def charged_lines(ledger: Ledger, documents: Iterable[IssuedDocument]) -> dict[str, list[ChargedLine]]:
    """Penalties and indemnities on the debit notes among ``documents``, by the invoice they are about.

    What a credit note of theirs took back as an error was never charged; a gesture was, and is not charged again.
    """
    found = list(documents)
    notes = {note.number for note in found if note.kind == "debit_note"}
    taken_back: Counter[tuple[str, int]] = Counter()
    for credit in found:
        if credit.corrects_number in notes and credit.credit_reason == "error":
            for part in json.loads(credit.payload).get("credits", []):
                taken_back[str(credit.corrects_number), part["line_number"]] += part["amount_cents"]
    charged: dict[str, list[ChargedLine]] = defaultdict(list)
    for line in ledger.document_lines():
        if line.number in notes and line.about_number is not None:
            left = line.amount_cents - taken_back[line.number, line.line_number]
            charged[line.about_number].append(ChargedLine(line.number, line.line_number, line.kind, left))
    return charged


def _charged_before(
    ledger: Ledger, documents: Iterable[IssuedDocument], month: Month
) -> tuple[dict[str, int], set[str]]:
    """Interest cents charged per invoice on debit notes of earlier months, and the invoices that bore the indemnity."""
    earlier = [d for d in documents if d.kind != "debit_note" or d.month < str(month)]
    charged: dict[str, int] = defaultdict(int)
    indemnified = set()
    for invoice_number, lines in charged_lines(ledger, earlier).items():
        charged[invoice_number] = sum(line.cents for line in lines if line.kind == "penalty")
        if any(line.cents for line in lines if line.kind == "indemnity"):
            indemnified.add(invoice_number)
    return charged, indemnified


def _row(
    invoice: IssuedDocument, rule: LatePaymentRule, penalty: Penalty, as_of: dt.date, charges: tuple[int, int, int]
) -> dict[str, Any]:
    previously_cents, new_cents, indemnity_cents = charges
    rate = penalty.rate_basis_points or 0
    segments = [
        {
            "start": segment.start.isoformat(),
            "end": segment.end.isoformat(),
            "days": segment.days,
            "base_cents": segment.base_cents,
            "exact": decimal_text(
                Fraction(segment.base_cents * segment.days * rate, CENTS_PER_EURO * BASIS_POINTS * rule.year_days),
                places=6,
            ),
        }
        for segment in penalty.segments
    ]
    return {
        "customer_id": invoice.customer_id,
        "invoice_number": invoice.number,
        "invoice_date": invoice.issue_date,
        "invoice_total_cents": invoice.total_cents,
        "due_date": invoice.due_date,
        "as_of_date": as_of,
        "days_late": penalty.days_late,
        "rate_basis_points": rate,
        "rate_multiplier": rule.rate_multiplier,
        "year_days": rule.year_days,
        "base_cents": penalty.principal_left_cents,
        "segments": json.dumps(segments, separators=(",", ":")),
        "penalty_exact": penalty.exact_text,
        "accrued_cents": penalty.penalty_cents,
        "previously_charged_cents": previously_cents,
        "penalty_cents": new_cents,
        "indemnity_cents": indemnity_cents,
    }


@dg.asset(
    group_name=GROUP,
    description=LATE_PAYMENT_PENALTIES.description,
    partitions_def=BILLING_MONTHS,
    deps=["payments"],
    kinds={"python", "parquet"},
    owners=OWNERS,
)
def late_payment_penalties(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform], config: Close
) -> dg.MaterializeResult[None]:
    """Write the month's late payment charges."""
    month = Month.parse(context.partition_key)
    as_of = closing_date(platform.ledger, month, config.as_of)
    assessed = assess(platform.ledger, month, as_of)
    for one in assessed:
        if one.overcharged_cents:
            # A payment recorded late, with an earlier value date: no document follows that nobody asked for.
            context.log.warning(
                "%s: debit notes charged %s of penalties and %s are owed; give the rest back with"
                " `seconde credit ND-... --line N --amount EUROS --reason error`",
                one.invoice.number, format_cents(one.charged_cents), format_cents(one.penalty.penalty_cents),
            )  # fmt: skip
    rows = charge_rows(assessed, month, as_of)
    written = write_month(platform.warehouse, LATE_PAYMENT_PENALTIES, month, rows)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": written.rows,
            "penalties": format_cents(sum(row["penalty_cents"] for row in rows)),
            "indemnities": format_cents(sum(row["indemnity_cents"] for row in rows)),
        }
    )
