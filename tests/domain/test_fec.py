"""The FEC against the administration's rules, on hand-made books and on random ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chart_file import read_chart
from domain.accounting import Receipt, Sale, entries, lettering_code, opening_entry
from domain.errors import PermanentError
from domain.fec import ENCODING, fec_text, file_name, plain
from tests.domain.fec_checker import balance, check, grouped, rows

CHART = read_chart()
NAMES = {"acct-1": "Hôtel de l’Œuf – Ajaccio", "acct-2": "Łódź\tSp. z o.o.", "acct-3": "Ελλάς"}
ON = dt.date(2026, 10, 1)
SALE = Sale("FA-2026-000001", ON, "acct-1", "FA-2026-000001", "Facture FA-2026-000001", False, 120_00,
            {"subscription": 60_00, "usage": 40_00}, {2000: 20_00})  # fmt: skip


def written(sales=(), receipts=(), until=dt.date(2026, 12, 31), first=dt.date(2026, 1, 1), pairs=()):
    booked = entries(sales, receipts, CHART)
    opening = opening_entry([entry for entry in booked if entry.date < first], first, CHART, pairs)
    of_year = [*([opening] if opening else []), *(entry for entry in booked if entry.date >= first)]
    return check(fec_text(of_year, NAMES, CHART, pairs).encode(ENCODING), file_name("478444474", until))


def booked(found):
    return [(row["CompteNum"], row["Debit"], row["Credit"]) for row in found]


def test_a_sale_debits_the_customer_and_credits_services_and_vat():
    assert booked(written([SALE])) == [
        ("411000", "120,00", "0,00"),
        ("445710", "0,00", "20,00"),
        ("706100", "0,00", "60,00"),
        ("706200", "0,00", "40,00"),
    ]


def test_what_bears_no_french_vat_has_no_vat_row():
    found = written([replace(SALE, total_cents=100_00, taxes={0: 0})])
    assert [number for number, _, _ in booked(found)] == ["411000", "706100", "706200"]


def test_two_rates_have_two_accounts():
    found = written([replace(SALE, total_cents=121_00, taxes={2000: 10_00, 850: 11_00})])
    assert ("445712", "0,00", "11,00") in booked(found)


def test_two_rates_of_one_account_are_one_balanced_row():
    shared = replace(CHART, vat={**CHART.vat, 850: CHART.vat[2000]})
    [entry] = entries([replace(SALE, total_cents=121_00, taxes={2000: 10_00, 850: 11_00})], [], shared)
    assert [(m.account.number, m.cents) for m in entry.movements] == [
        ("411000", 121_00), ("445710", -21_00), ("706100", -60_00), ("706200", -40_00),
    ]  # fmt: skip


def test_a_sale_that_does_not_balance_is_refused():
    with pytest.raises(PermanentError, match=r"FA-2026-000001: its lines and VAT differ from its total by 1 cents"):
        entries([replace(SALE, total_cents=120_01)], [], CHART)


def test_a_credit_note_is_the_sale_reversed():
    note = replace(SALE, number="AV-2026-000001", is_credit=True)
    reversed_rows = [(number, credit, debit) for number, debit, credit in booked(written([SALE]))]
    assert booked([row for row in written([note]) if row["PieceRef"].startswith("AV")]) == reversed_rows


def test_penalties_and_the_indemnity_are_financial_revenue_without_vat():
    note = replace(
        SALE, number="ND-2026-000001", total_cents=40_04, revenue={"penalty": 4, "indemnity": 40_00}, taxes={0: 0}
    )
    assert booked(written([note])) == [("411000", "40,04", "0,00"), ("763100", "0,00", "40,04")]


def test_a_receipt_debits_the_bank_and_credits_the_customer():
    found = written([SALE], [Receipt("VIR-1", dt.date(2026, 10, 20), 50_00, SALE.number, "acct-1")])
    assert booked(found)[-2:] == [("512000", "50,00", "0,00"), ("411000", "0,00", "50,00")]
    assert {row["EcritureLet"] for row in found} == {""}


def test_money_nobody_can_place_waits_on_the_suspense_account():
    assert booked(written([], [Receipt("VIR-9", ON, 12_34)])) == [
        ("512000", "12,34", "0,00"),
        ("471000", "0,00", "12,34"),
    ]


def test_an_invoice_paid_in_full_is_lettered_on_the_day_of_its_last_payment():
    paid = [
        Receipt("VIR-1", dt.date(2026, 10, 20), 50_00, SALE.number, "acct-1"),
        Receipt("VIR-2", dt.date(2026, 11, 2), 30_00, SALE.number, "acct-1"),
    ]
    note = replace(SALE, number="AV-2026-000001", date=dt.date(2026, 10, 25), is_credit=True, total_cents=40_00,
                   revenue={"usage": 33_33}, taxes={2000: 6_67})  # fmt: skip
    found = written([SALE, note], paid)
    marks = {(row["PieceRef"], row["EcritureLet"], row["DateLet"]) for row in found if row["CompteNum"] == "411000"}
    assert marks == {(piece, "AA", "20261102") for piece in ("FA-2026-000001", "VIR-1", "VIR-2", "AV-2026-000001")}
    # One cent more and it is not settled.
    over = written([SALE, note], [*paid, Receipt("VIR-3", dt.date(2026, 11, 3), 1, SALE.number, "acct-1")])
    assert {row["EcritureLet"] for row in over} == {""}


def test_the_next_year_begins_with_what_is_still_owed_and_letters_it_when_it_is_paid():
    settled = replace(SALE, number="FA-2026-000002", settles="FA-2026-000002")
    receipts = [
        Receipt("VIR-1", dt.date(2026, 10, 2), 120_00, "FA-2026-000002", "acct-1"),
        Receipt("VIR-2", dt.date(2027, 1, 5), 120_00, "FA-2026-000001", "acct-1"),
    ]
    found = written([SALE, settled], receipts, until=dt.date(2027, 12, 31), first=dt.date(2027, 1, 1))
    opening = [row for row in found if row["JournalCode"] == "AN"]
    assert booked(opening) == [
        ("411000", "120,00", "0,00"),
        ("445710", "0,00", "40,00"),
        ("512000", "120,00", "0,00"),
        ("890000", "0,00", "200,00"),
    ]
    assert [row["EcritureLet"] for row in found if row["CompteNum"] == "411000"] == ["AA", "AA"]


DEDUCTED = [
    SALE,
    replace(SALE, number="AV-1", date=dt.date(2026, 10, 5), is_credit=True, total_cents=20_00, revenue={"usage": 20_00},
            taxes={}),
    replace(SALE, number="FA-2", settles="FA-2", date=dt.date(2026, 11, 1)),
]  # fmt: skip
PAIRS = [(SALE.number, "FA-2")]


def paid(number, cents, on, reference=None):
    return Receipt(reference or f"VIR {number}", on, cents, number, "acct-1")


def customer_marks(found):
    return {row["PieceRef"]: (row["EcritureLet"], row["DateLet"]) for row in found if row["CompteNum"] == "411000"}


def test_two_documents_of_a_deduction_bear_one_mark_on_the_day_the_second_was_settled():
    receipts = [paid(SALE.number, 120_00, dt.date(2026, 10, 3)), paid("FA-2", 100_00, dt.date(2026, 11, 20))]
    marks = customer_marks(written(DEDUCTED, receipts, pairs=PAIRS))
    assert set(marks.values()) == {("AA", "20261120")}
    assert len(marks) == 5
    # Nobody said that the one settles the other: an accountant's to see.
    assert set(customer_marks(written(DEDUCTED, receipts)).values()) == {("", "")}


def test_a_deduction_is_not_lettered_before_what_it_settles_is_paid():
    receipts = [paid(SALE.number, 120_00, dt.date(2026, 10, 3)), paid("FA-2", 99_99, dt.date(2026, 11, 20))]
    assert set(customer_marks(written(DEDUCTED, receipts, pairs=PAIRS)).values()) == {("", "")}


def test_a_document_between_two_deductions_ties_them_and_is_lettered_alone_if_it_comes_to_nothing():
    third = replace(SALE, number="FA-3", settles="FA-3", date=dt.date(2026, 12, 1))
    receipts = [paid(SALE.number, 120_00, dt.date(2026, 10, 3)), paid("FA-2", 120_00, dt.date(2026, 11, 20)),
                paid("FA-3", 100_00, dt.date(2026, 12, 20))]  # fmt: skip
    tied = customer_marks(written([*DEDUCTED, third], receipts, pairs=[*PAIRS, ("FA-2", "FA-3")]))
    assert tied["FA-2"] == tied["VIR FA-2"] == ("AA", "20261120")
    assert {tied[piece] for piece in (SALE.number, "AV-1", "FA-3", f"VIR {SALE.number}")} == {("AB", "20261220")}


def test_a_pair_that_was_settled_is_not_brought_forward_and_one_half_settled_is_lettered_when_it_is():
    first = dt.date(2027, 1, 1)
    year = {"until": dt.date(2027, 12, 31), "first": first, "pairs": PAIRS}
    before = [paid(SALE.number, 120_00, dt.date(2026, 10, 3))]
    settled = written(DEDUCTED, [*before, paid("FA-2", 100_00, dt.date(2026, 11, 20))], **year)
    assert [row["CompteNum"] for row in settled] == ["445710", "512000", "890000"]
    later = written(DEDUCTED, [*before, paid("FA-2", 100_00, dt.date(2027, 1, 20))], **year)
    rows = [(row["EcritureLib"], row["EcritureLet"], row["DateLet"]) for row in later if row["CompteNum"] == "411000"]
    assert rows == [(label, "AA", "20270120") for label in ("Report FA-2", f"Report {SALE.number}", "Règlement FA-2")]


def test_a_rate_without_an_account_names_the_document_and_the_key_to_add():
    with pytest.raises(PermanentError, match=r"FA-2026-000001 bears VAT at 700 .*\[vat\]"):
        written([replace(SALE, taxes={700: 20_00})])


def test_a_document_of_nothing_books_nothing():
    assert written([replace(SALE, total_cents=0, revenue={"usage": 0}, taxes={2000: 0}), replace(SALE, number="FA-2")])


def test_a_negative_line_is_booked_on_the_other_side():
    found = written(
        [replace(SALE, total_cents=60_00, revenue={"usage": 60_00, "allowance": -10_00}, taxes={2000: 10_00})]
    )
    assert ("706800", "10,00", "0,00") in booked(found)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hôtel de l’Œuf – Ajaccio", "Hôtel de l'Œuf - Ajaccio"),
        ("Łódź\tSp.\r\nz o.o.", "Lódz Sp. z o.o."),
        ("Ελλάς", "?????"),
        ("1\u202f234,56\u00a0€", "1 234,56 €"),
        ("e\u0301te\u0301", "été"),
        ("\x00a\x7fb", "a b"),
    ],
)
def test_text_keeps_what_iso_8859_15_holds_and_spells_the_rest(text, held):
    assert plain(text) == held


def test_lettering_goes_on_after_zz():
    assert [lettering_code(rank) for rank in (0, 25, 26, 675, 676)] == ["AA", "AZ", "BA", "ZZ", "AAA"]


days = st.dates(dt.date(2025, 6, 1), dt.date(2026, 12, 31))
cents = st.integers(1, 10**9)


@st.composite
def ledgers(draw):
    """Documents of every kind, some credited, with payments short, exact, beyond and of nobody."""
    sales, receipts = [], []
    for index in range(draw(st.integers(0, 8))):
        customer = draw(st.sampled_from(sorted(NAMES)))
        revenue = draw(
            st.dictionaries(
                st.sampled_from(["subscription", "usage", "penalty", "indemnity", "other"]), cents, min_size=1
            )
        )
        taxes = draw(st.dictionaries(st.sampled_from([2000, 850]), st.integers(0, 10**8)))
        total = sum(revenue.values()) + sum(taxes.values())
        number = f"FA-{index}"
        sale = Sale(number, draw(days), customer, number, f"Facture {number}", False, total, revenue, taxes)
        sales.append(sale)
        if draw(st.booleans()):
            sales.append(replace(sale, number=f"AV-{index}", date=max(sale.date, draw(days)), is_credit=True))
        for part in range(draw(st.integers(0, 2))):
            amount = draw(st.one_of(st.just(total), cents))
            receipts.append(Receipt(f"VIR-{index}-{part}", draw(days), amount, number, customer))
    receipts += [Receipt(f"VIR-X-{n}", draw(days), draw(cents)) for n in range(draw(st.integers(0, 2)))]
    return sales, receipts


@settings(max_examples=150, deadline=None)
@given(ledgers())
def test_any_ledger_makes_a_file_that_keeps_every_rule_and_sums_to_what_is_owed(ledger):
    sales, receipts = ledger
    numbers = sorted(sale.number for sale in sales if not sale.is_credit)
    customers = {sale.number: sale.customer_id for sale in sales}
    pairs = [(a, b) for a, b in pairwise(numbers) if customers[a] == customers[b]]
    found = written(sales, receipts, pairs=pairs) if sales or receipts else []
    owed = sum(-sale.total_cents if sale.is_credit else sale.total_cents for sale in sales)
    paid = sum(receipt.amount_cents for receipt in receipts if receipt.document_number)
    assert balance([row for row in found if row["CompteNum"] == "411000"]) * 100 == owed - paid
    unplaced = sum(receipt.amount_cents for receipt in receipts if not receipt.document_number)
    assert balance([row for row in found if row["CompteNum"] == "471000"]) * 100 == -unplaced


@settings(max_examples=25, deadline=None)
@given(ledgers(), st.randoms())
def test_the_order_rows_were_read_in_changes_no_byte(ledger, random):
    sales, receipts = ledger
    first = fec_text(entries(sales, receipts, CHART), NAMES, CHART)
    random.shuffle(sales)
    random.shuffle(receipts)
    assert fec_text(entries(sales, receipts, CHART), NAMES, CHART) == first


def test_the_checker_sees_what_is_wrong():
    good = fec_text(entries([SALE], [], CHART), NAMES, CHART)
    name = file_name("478444474", dt.date(2026, 12, 31))
    for before, after in [
        ("120,00", "119,99"),
        ("VE000001", "VE000002"),
        ("20261001", "20270101"),
        ("\t20,00", "\t20.00"),
        ("Debit\tCredit", "Credit\tDebit"),
        ("\r\n", "\n"),
    ]:
        with pytest.raises(AssertionError):
            check(good.replace(before, after).encode(ENCODING), name)
    assert grouped(rows(good.encode(ENCODING)), "EcritureNum").keys() == {("VE000001",)}
