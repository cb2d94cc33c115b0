"""From issued documents and money received to double-entry bookkeeping: what is debited, credited and lettered.

A sale debits the customer (411) and credits services (706) and, per rate, VAT collected (44571); what bears no
French VAT has no tax row. A credit note is the reverse. A receipt debits the bank (512) and credits the customer,
or the suspense account (471) while nobody knows what it pays. Penalties and indemnities are financial revenue
(7631) outside VAT. Amounts are cents; a positive movement is a debit.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.chart_of_accounts import Account, ChartOfAccounts, Journal
from domain.errors import PermanentError

# Classes 1 to 5 stay in the balance sheet and are brought forward; 6 and 7 end with their year.
BALANCE_SHEET = "12345"
# Numbers of two documents of one customer: one settles the other.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Sale:
    """An issued document as it is booked. ``settles`` is the document whose debt it moves: its own, or, for a
    credit note, the one it corrects. ``revenue`` is cents without VAT by line kind, ``taxes`` cents by rate."""

    number: str
    date: dt.date
    customer_id: str
    settles: str
    label: str
    is_credit: bool
    total_cents: int
    revenue: Mapping[str, int]
    taxes: Mapping[int, int]


@dataclass(frozen=True)
class Receipt:
    """Money on the bank account. Without a document nobody knows whose it is."""

    reference: str
    date: dt.date
    amount_cents: int
    document_number: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class Movement:
    """One row of an entry: an account, of a customer for 411, and its cents, positive for a debit."""

    account: Account
    cents: int
    customer_id: str | None = None
    # The document whose debt it raises or settles; rows of one document that come to nothing are lettered.
    settles: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Entry:
    """One balanced entry of a journal."""

    journal: Journal
    date: dt.date
    piece: str
    label: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class Lettering:
    """The mark that ties the rows of a settled debt, and the day it was settled."""

    code: str
    date: dt.date


def entries(sales: Iterable[Sale], receipts: Iterable[Receipt], chart: ChartOfAccounts) -> list[Entry]:
    """Every entry, by date, journal and piece. A document of nothing books nothing."""
    booked = [sale_entry(sale, chart) for sale in sales] + [receipt_entry(receipt, chart) for receipt in receipts]
    with_rows = [entry for entry in booked if entry.movements]
    return sorted(with_rows, key=lambda entry: (entry.date, entry.journal, entry.piece))


def sale_entry(sale: Sale, chart: ChartOfAccounts) -> Entry:
    """Customer against services and VAT; the other way round for a credit note. Kinds, or rates, may share an account.

    Raises:
        PermanentError: its lines and taxes do not add up to its total, or the chart lacks an account.
    """
    sign = -1 if sale.is_credit else 1
    others: Counter[Account] = Counter()
    for kind, cents in sale.revenue.items():
        others[chart.revenue(kind)] -= sign * cents
    for rate, cents in sale.taxes.items():
        if cents:
            others[chart.vat_account(rate, sale.number)] -= sign * cents
    if rest := sign * sale.total_cents + sum(others.values()):
        raise PermanentError(
            f"{sale.number}: its lines and VAT differ from its total by {rest} cents; an entry that does not balance is"
            " not booked: was the ledger's file restored from the backup whole?"
        )
    customer = Movement(chart.accounts["customers"], sign * sale.total_cents, sale.customer_id, sale.settles)
    booked = [Movement(account, cents) for account, cents in sorted(others.items(), key=lambda i: i[0].number)]
    movements = tuple(movement for movement in (customer, *booked) if movement.cents)
    return Entry("sales", sale.date, sale.number, sale.label, movements)


def receipt_entry(receipt: Receipt, chart: ChartOfAccounts) -> Entry:
    """Bank against the customer, or against the suspense account."""
    bank = Movement(chart.accounts["bank"], receipt.amount_cents)
    if receipt.document_number is None:
        label = f"Règlement à identifier {receipt.reference}"
        other = Movement(chart.accounts["suspense"], -receipt.amount_cents)
    else:
        label = f"Règlement {receipt.document_number}"
        customer = chart.accounts["customers"]
        other = Movement(customer, -receipt.amount_cents, receipt.customer_id, receipt.document_number)
    return Entry("bank", receipt.date, receipt.reference, label, (bank, other))


def opening_entry(
    before: Sequence[Entry], first_date: dt.date, chart: ChartOfAccounts, pairs: Iterable[Pair] = ()
) -> Entry | None:
    """What the year begins with: each balance-sheet account, each unsettled document apart; None for nothing.

    ``pairs`` are the deductions of the years before: documents they settled together are settled.
    """
    settled = letterings(before, pairs)
    balances: dict[tuple[str, str, str], Movement] = {}
    for movement in (movement for entry in before for movement in entry.movements):
        is_settled = (movement.customer_id, movement.settles) in settled
        if movement.account.number[0] in BALANCE_SHEET and not is_settled:
            key = (movement.account.number, movement.customer_id or "", movement.settles or "")
            known = balances.get(key, replace(movement, cents=0))
            label = f"Report {movement.settles}" if movement.settles else "Report à nouveau"
            balances[key] = replace(known, cents=known.cents + movement.cents, label=label)
    brought = [movement for _, movement in sorted(balances.items()) if movement.cents]
    if not brought:
        return None
    rest = -sum(movement.cents for movement in brought)
    other = [Movement(chart.accounts["opening"], rest, label="Report à nouveau")] if rest else []
    return Entry("opening", first_date, f"AN{first_date:%Y}", "Report à nouveau", (*brought, *other))


def letterings(booked: Sequence[Entry], pairs: Iterable[Pair] = ()) -> dict[tuple[str, str], Lettering]:
    """The mark of each customer's settled document: AA, AB ... in the order they were settled.

    ``pairs``: an overpaid document and the one its rest was deducted from. Documents tied so, that come to nothing
    together and not apart, bear one mark.
    """
    sums: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], dt.date] = {}
    for entry in booked:
        for movement in entry.movements:
            if movement.customer_id is not None and movement.settles is not None:
                key = (movement.customer_id, movement.settles)
                sums[key] = sums.get(key, 0) + movement.cents
                last[key] = max(last.get(key, entry.date), entry.date)
    groups = [[key] for key, cents in sums.items() if cents == 0]
    rests = {key: cents for key, cents in sums.items() if cents}
    groups += [group for group in _tied(rests, pairs) if sum(rests[key] for key in group) == 0]
    marks: dict[str, int] = {}
    found: dict[tuple[str, str], Lettering] = {}
    for settled_on, group in sorted((max(last[key] for key in group), sorted(group)) for group in groups):
        customer_id = group[0][0]
        rank = marks[customer_id] = marks.get(customer_id, -1) + 1
        found |= dict.fromkeys(group, Lettering(lettering_code(rank), settled_on))
    return found


def _tied(rests: Iterable[tuple[str, str]], pairs: Iterable[Pair]) -> list[list[tuple[str, str]]]:
    """Documents that deductions tie together, one way or through others."""
    known = {number: (customer_id, number) for customer_id, number in rests}
    groups = {number: [number] for number in known}
    for source, target in pairs:
        # One that comes to nothing by itself still ties its neighbours.
        first, second = groups.setdefault(source, [source]), groups.setdefault(target, [target])
        if first is not second:
            first += second
            groups |= dict.fromkeys(second, first)
    whole = {id(group): group for group in groups.values()}
    tied = [[known[number] for number in group if number in known] for group in whole.values()]
    return [group for group in tied if group]


def lettering_code(rank: int) -> str:
    """``AA``, ``AB`` ... ``ZZ``, ``AAA``: as accountants mark, from rank 0."""
    code, rest = "", rank + 26
    while rest >= 0:
        rest, letter = divmod(rest, 26)
        code, rest = chr(ord("A") + letter) + code, rest - 1
    return code
