"""A closed month whose calls come to something else now: the next close says so, once, and to the cent."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pytest

from adapters.ledger.credit_notes import Decision
from adapters.ledger.tables import Customer, TariffPlan
from assets.invoices.closed_calls import keep_calls
from assets.invoices.crediting import Order, credit
from assets.sql_models import build_model
from domain.calendar import Month
from domain.errors import PermanentError
from tests.assets.invoices.conftest import House

OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"


@pytest.fixture
def billed(house: House) -> House:
    """October closed with ten minutes to mobiles (0.19) and ten to landlines (0.08)."""
    house.call("mobile", "2026-10-05 10:00:00", "+33612345678", 600)
    house.call("fixed", "2026-10-06 10:00:00", "+33170182000", 600)
    house.close(OCTOBER, "2026-11-01")
    return house


def issued(house: House, month: str) -> list[tuple[str, str, int, int, int]]:
    documents = [d for d in house.ledger.documents(Month.parse(month)) if d.kind != "debit_note"]
    return [(d.number, d.corrects_number or "", d.net_cents, d.vat_cents, d.total_cents) for d in documents]


def corrections(house: House, number: str) -> list[tuple[str, str | None, int]]:
    """Lines of a document that correct an earlier month, or all lines of a credit note."""
    lines = [line for line in house.ledger.document_lines() if line.number == number]
    return [(x.label, x.contract_id, x.amount_cents) for x in lines if "Régul" in x.label or number.startswith("AV")]


def adjusted(house: House) -> list[tuple[str, str, str, int, int, int, int]]:
    return [
        (a.month, a.corrected_month, a.category, a.billed_cents, a.adjusted_cents, a.due_cents, a.difference_cents)
        for a in house.ledger.adjustments()
    ]


def test_nothing_moved_is_an_empty_table_and_the_same_bytes(billed):
    before = {path: path.read_bytes() for path in billed.warehouse.root.rglob(f"month={OCTOBER}/*.parquet")}
    assert billed.rerate(OCTOBER) == []
    documents = billed.ledger.documents()
    billed.close(OCTOBER, "2026-11-01")
    assert billed.ledger.documents() == documents
    kept = [path for path in before if "int_" not in str(path)]
    assert {path: path.read_bytes() for path in kept} == {path: before[path] for path in kept}
    billed.close(NOVEMBER, "2026-12-01")
    assert adjusted(billed) == []


def test_what_a_closed_month_billed_stays_whatever_its_tariff_becomes(billed):
    before = billed.rows("rated_calls")
    billed.correct_rate("336", 100_000, "STD-2")
    billed.close(OCTOBER, "2026-11-01")
    assert billed.rows("rated_calls") == before
    assert len(billed.draw(OCTOBER)) == 1


def test_a_price_that_was_too_high_is_credited_on_the_invoice_that_charged_it(billed):
    billed.correct_rate("336", 120_000, "STD-2")
    [change] = billed.rerate(OCTOBER)
    assert (change["leg_id"], change["reason"]) == ("mobile", "rate_changed")
    assert (change["billed_version_id"], change["due_version_id"]) == ("STD-1", "STD-2")
    assert (change["billed_micros"], change["due_micros"], change["difference_micros"]) == (
        190_000, 1_200_000, 1_010_000,
    )  # fmt: skip
    billed.correct_rate("336", 12_000, "STD-3")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    # 0.19 charged, 0.12 due: 0.07 and its VAT, 20 %: 0.014.
    assert issued(billed, NOVEMBER) == [
        ("AV-2026-000001", "FA-2026-000001", 7, 1, 8),
        ("FA-2026-000002", "", 150_00, 30_00, 180_00),
    ]
    assert corrections(billed, "AV-2026-000001") == [("France - mobiles", "ctr-1001-1", 7)]
    note = json.loads(billed.ledger.documents(Month.parse(NOVEMBER))[0].payload)
    assert note["corrects"] == {"number": "FA-2026-000001", "issue_date": "2026-11-01"}
    assert note["motive"] == "Régularisation des communications d’octobre\u00a02026"
    assert (note["credit_reason"], note["corrected_months"]) == ("error", [OCTOBER])
    assert [row["kind"] for row in billed.draw(NOVEMBER)] == ["credit_note", "invoice"]


def test_a_price_that_was_too_low_is_a_line_of_the_next_invoice(billed):
    billed.correct_rate("336", 30_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    assert issued(billed, NOVEMBER) == [("FA-2026-000002", "", 150_11, 30_02, 180_13)]
    label = "Régularisation octobre\u00a02026 – France - mobiles"
    assert corrections(billed, "FA-2026-000002") == [(label, "ctr-1001-1", 11)]
    [row] = billed.rows("issued_adjustments")
    assert (row["document_number"], row["line_number"]) == ("FA-2026-000002", 3)
    assert [row["kind"] for row in billed.draw(NOVEMBER)] == ["invoice"]


def test_a_correction_bears_the_vat_its_month_was_invoiced_with_though_the_customer_moved(billed):
    with billed.ledger.session() as session:
        session.get_one(Customer, "acct-1001").vat_territory = "FR_DOM"
    billed.correct_rate("336", 30_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.charge(NOVEMBER, "2026-12-01")
    lines = [line for line in billed.rows("invoice_lines", "month, line_number") if line["month"] == NOVEMBER]
    assert [(line["corrected_month"], line["amount_cents"], line["vat_rate_basis_points"]) for line in lines] == [
        (None, 149_00, 850), (None, 1_00, 850), (OCTOBER, 11, 2000),
    ]  # fmt: skip


def test_a_replacement_leaves_what_it_corrects_of_earlier_months_the_vat_it_was_invoiced_with(billed):
    billed.correct_rate("336", 30_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    with billed.ledger.session() as session:
        customer = session.get_one(Customer, "acct-1001")
        customer.vat_territory, customer.vat_number, customer.country = "EU", "BE0999999922", "BE"
    decision = Decision("Anne", "Adresse", dt.date(2026, 12, 5))
    note, invoice = credit(billed.ledger, Order("FA-2026-000002", "error", decision, replace=True))
    lines = [line for line in billed.ledger.document_lines() if line.number == invoice.number]
    assert [(line.vat_category, line.vat_rate_basis_points) for line in lines] == [("AE", 0), ("AE", 0), ("S", 2000)]
    # 150.00 without tax, and 0.11 with 20 %.
    assert (note.total_cents, invoice.net_cents, invoice.vat_cents) == (180_13, 150_11, 2)
    payload, before = json.loads(invoice.payload), json.loads(billed.ledger.documents(Month.parse(NOVEMBER))[0].payload)
    assert payload["adjustments"] == before["adjustments"]
    assert payload["vat_mentions"] == ["Autoliquidation\u00a0– art. 283-2 du CGI"]
    # October replaced in its turn bears the VAT of today, and what corrects it follows.
    decision = Decision("Anne", "TVA", dt.date(2026, 12, 6))
    credit(billed.ledger, Order("FA-2026-000001", "error", decision, replace=True))
    _, again = credit(billed.ledger, Order(invoice.number, "error", decision, replace=True))
    assert (again.net_cents, again.vat_cents) == (150_11, 0)


def test_one_customer_may_owe_and_be_owed_and_a_second_close_issues_nothing(billed):
    billed.correct_rate("336", 30_000, "STD-2")
    billed.correct_rate("33", 5_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    expected = [
        ("AV-2026-000001", "FA-2026-000001", 3, 1, 4),
        ("FA-2026-000002", "", 150_11, 30_02, 180_13),
    ]
    assert issued(billed, NOVEMBER) == expected
    rows = billed.rows("rating_adjustments")
    # A correction since is for the next close, not for this one again.
    billed.correct_rate("336", 90_000, "STD-9")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    assert issued(billed, NOVEMBER) == expected
    assert billed.rows("rating_adjustments") == rows


def test_killed_before_the_ledger_knew_it_issues_the_same(billed):
    billed.correct_rate("336", 30_000, "STD-2")
    billed.correct_rate("33", 5_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.charge(NOVEMBER, "2026-12-01")
    keep_calls(billed.warehouse, Month.parse(NOVEMBER), refused=())
    billed.close(NOVEMBER, "2026-12-01")
    assert issued(billed, NOVEMBER) == [
        ("AV-2026-000001", "FA-2026-000001", 3, 1, 4),
        ("FA-2026-000002", "", 150_11, 30_02, 180_13),
    ]


def test_a_correction_of_a_correction_adjusts_the_difference_alone(billed):
    billed.correct_rate("336", 30_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    billed.correct_rate("336", 15_000, "STD-3")
    billed.rerate(OCTOBER)
    billed.close(DECEMBER, "2027-01-01")
    assert adjusted(billed) == [
        (NOVEMBER, OCTOBER, "France - mobiles", 19, 0, 30, 11),
        (DECEMBER, OCTOBER, "France - mobiles", 19, 11, 15, -15),
    ]
    # Charged last, given back first: 0.11 on November's invoice, the rest on October's.
    assert [row[:3] for row in issued(billed, DECEMBER)[:2]] == [
        ("AV-2027-000001", "FA-2026-000001", 4),
        ("AV-2027-000002", "FA-2026-000002", 11),
    ]


def test_a_price_put_back_takes_its_correction_back(billed):
    billed.correct_rate("336", 12_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    billed.correct_rate("336", 19_000, "STD-3")
    assert billed.rerate(OCTOBER) == []
    billed.close(DECEMBER, "2027-01-01")
    assert [row[-1] for row in adjusted(billed)] == [-7, 7]
    assert [row[0] for row in issued(billed, DECEMBER)] == ["FA-2027-000001"]


def test_corrections_are_not_forgotten_with_a_file(billed):
    billed.correct_rate("336", 12_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    billed.warehouse.remove("rating_changes", OCTOBER)
    with pytest.raises(PermanentError, match="run `seconde rerate 2026-10` first"):
        billed.close(DECEMBER, "2027-01-01")
    assert issued(billed, DECEMBER) == []


def test_a_call_that_was_another_customer_s_is_credited_to_one_and_charged_to_the_other(billed):
    billed.customer("acct-1002", legal_name="Autre SARL", siren="999000029")
    billed.contract("ctr-1002-1", started_on=Month.parse(NOVEMBER).first_date)
    moved = {"customer_id": "acct-1002", "contract_id": "ctr-1002-1"}
    billed.call("mobile", "2026-10-05 10:00:00", "+33612345678", 600, **moved)
    [change] = billed.rerate(OCTOBER)
    assert (change["reason"], change["billed_customer_id"], change["due_customer_id"]) == (
        "customer_changed", "acct-1001", "acct-1002",
    )  # fmt: skip
    assert change["difference_micros"] == 0
    billed.close(NOVEMBER, "2026-12-01")
    assert [row[:4] for row in issued(billed, NOVEMBER)] == [
        ("AV-2026-000001", "FA-2026-000001", 19, 4),
        ("FA-2026-000002", "", 150_00, 30_00),
        ("FA-2026-000003", "", 149_19, 29_84),
    ]
    assert [row["leg_id"] for row in billed.rows("rated_calls") if row["month"] == NOVEMBER] == []


def test_a_call_of_another_customer_who_has_no_price_for_it_is_credited_and_named_until_it_has_one(billed):
    billed.customer("acct-1002", legal_name="Autre SARL", siren="999000029")
    billed.add(TariffPlan(plan="bare"))
    billed.contract("ctr-1002-1", started_on=Month.parse(NOVEMBER).first_date, tariff_plan="bare")
    moved = {"customer_id": "acct-1002", "contract_id": "ctr-1002-1"}
    billed.call("mobile", "2026-10-05 10:00:00", "+33612345678", 600, **moved)
    [change] = billed.rerate(OCTOBER)
    assert (change["reason"], change["due_customer_id"], change["due_category"]) == (
        "customer_price_missing", "acct-1002", None,
    )  # fmt: skip
    assert change["difference_micros"] == -190_000
    billed.close(NOVEMBER, "2026-12-01")
    assert issued(billed, NOVEMBER)[0][:3] == ("AV-2026-000001", "FA-2026-000001", 19)


def test_a_record_that_is_gone_is_refused_and_what_the_month_billed_stands(billed):
    before = billed.warehouse.path("rated_calls", OCTOBER).read_bytes()
    day = billed.warehouse.path("call_detail_records", OCTOBER, "2026-10-05")
    records = day.read_bytes()
    day.unlink()
    with pytest.raises(PermanentError, match="a_closed_month_keeps_its_billed_calls"):
        build_model(billed.warehouse, billed.project, "rated_calls", OCTOBER)
    assert billed.warehouse.path("rated_calls", OCTOBER).read_bytes() == before
    with pytest.raises(PermanentError, match="a_correction_has_its_record"):
        billed.rerate(OCTOBER)
    day.write_bytes(records)
    assert billed.rerate(OCTOBER) == []


@pytest.fixture
def american(house: House) -> House:
    """October closed with ten minutes to the United States, at 0.10 a minute, one line "Amérique du Nord"."""
    house.add_rate("1", "US", "Amérique du Nord", 100_000)
    house.call("america", "2026-10-05 10:00:00", "+12045550199", 600)
    house.close(OCTOBER, "2026-11-01")
    house.add_rate("1204", "CA", "Amérique du Nord", 120_000)
    assert [row["reason"] for row in house.rerate(OCTOBER)] == ["rate_changed"]
    return house


def test_a_call_moved_to_another_country_of_its_category_is_given_back_and_charged_again(american):
    american.close(NOVEMBER, "2026-12-01")
    assert issued(american, NOVEMBER) == [
        ("AV-2026-000001", "FA-2026-000001", 1_00, 20, 1_20),
        ("FA-2026-000002", "", 151_20, 30_24, 181_44),
    ]
    assert corrections(american, "AV-2026-000001") == [("Amérique du Nord", "ctr-1001-1", 1_00)]
    [(label, _, cents)] = corrections(american, "FA-2026-000002")
    assert (label, cents) == ("Régularisation octobre\u00a02026 – Amérique du Nord (Canada)", 1_20)


def test_a_correction_that_finds_no_line_to_give_back_on_stops_the_close(american):
    rows = american.warehouse.read("select * from usage_charges").to_pylist()
    schema = american.warehouse.tables["usage_charges"].arrow_schema
    renamed = pa.Table.from_pylist([{**row, "category": "Autre"} for row in rows], schema=schema)
    american.charge(NOVEMBER, "2026-12-01")
    american.warehouse.replace("usage_charges", renamed, month=OCTOBER)
    with pytest.raises(PermanentError, match=r"2026-10: acct-1001 is owed 1,00.*no line of an invoice"):
        american.issue(NOVEMBER, "2026-12-01")


def test_a_late_call_is_billed_by_the_next_month_and_is_no_change(billed):
    billed.call("late", "2026-10-07 10:00:00", "+33612345678", 60)
    assert billed.rerate(OCTOBER) == []
    billed.close(NOVEMBER, "2026-12-01")
    rated = [(row["leg_id"], row["call_month"]) for row in billed.rows("rated_calls") if row["month"] == NOVEMBER]
    assert rated == [("late", OCTOBER)]
    assert adjusted(billed) == []


def test_a_call_that_lost_its_price_stands_as_it_was_billed(billed):
    rows = [
        r for r in billed.warehouse.read("select * from tariff_rates").to_pylist() if r["destination_prefix"] != "336"
    ]
    rows = [{**row, "destination_prefix": "331", "prefix_length": 3} if row["destination_prefix"] == "33" else row
            for row in rows]  # fmt: skip
    schema = billed.warehouse.tables["tariff_rates"].arrow_schema
    billed.warehouse.replace("tariff_rates", pa.Table.from_pylist(rows, schema=schema))
    assert [(row["leg_id"], row["reason"], row["difference_micros"]) for row in billed.rerate(OCTOBER)] == [
        ("mobile", "price_missing", 0)
    ]
    billed.close(NOVEMBER, "2026-12-01")
    assert adjusted(billed) == []


def test_what_a_person_credited_as_an_error_is_not_given_back_twice(billed):
    decision = Decision("Anne", "Tarif erroné", Month.parse(NOVEMBER).last_date)
    lines = [line for line in billed.ledger.document_lines() if line.label == "France - mobiles"]
    credit(billed.ledger, Order("FA-2026-000001", "error", decision, lines[0].line_number, 5))
    billed.correct_rate("336", 12_000, "STD-2")
    billed.rerate(OCTOBER)
    billed.close(NOVEMBER, "2026-12-01")
    assert [row[:3] for row in issued(billed, NOVEMBER)[:2]] == [
        ("AV-2026-000001", "FA-2026-000001", 5),
        ("AV-2026-000002", "FA-2026-000001", 2),
    ]
    [row] = billed.ledger.adjustments()
    assert (row.difference_cents, row.credited_before_cents) == (-7, 5)
