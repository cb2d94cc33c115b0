"""The story of a late payer over three closes, and what a second run, a kill or a change does to a close."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from adapters.ledger.tables import Customer, DocumentSeries, Operator, Payment, PhoneNumber
from assets.invoices.close import write_month
from assets.invoices.tables import INVOICE_LINES
from domain.calendar import Month
from domain.errors import PermanentError

# An empty VAT number passes the ledger's check for null; it does not pass for one on a bill.
NO_VAT_NUMBER = {"country": "BE", "siren": None, "vat_territory": "EU", "vat_number": ""}
REPOSITORY = Path(__file__).resolve().parents[3]
TABLES = (
    "subscription_charges",
    "usage_charges",
    "late_payment_penalties",
    "refused_drafts",
    "invoice_lines",
    "invoices",
    "closed_calls",
    "issued_documents",
    "issued_document_lines",
)


def totals(documents):
    return [(document.number, document.customer_id, document.total_cents) for document in documents]


def everything(house):
    return {table: house.rows(table) for table in TABLES}


def test_a_month_begun_on_its_12th_charges_20_days_of_31_and_its_calls(house):
    house.customer("acct-1002")
    house.contract("ctr-1002-1", started_on=dt.date(2026, 10, 12))
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 100)
    house.call("leg-2", "2026-10-06T10:00:00", "+33612345678", 1, contract_id="ctr-1002-1", customer_id="acct-1002")
    assert totals(house.close("2026-10", "2026-11-01")) == [
        ("FA-2026-000001", "acct-1001", 180_04),  # 149.00 + 1.00 + 100 s at 0.019 = 150.03, and 30.01 of VAT
        ("FA-2026-000002", "acct-1002", 115_36),  # 149.00 x 20 / 31 = 96.13, the call is 0.000317
    ]
    prorated = [line for line in house.rows("invoice_lines") if line["contract_id"] == "ctr-1002-1"]
    assert [(line["kind"], line["amount_cents"]) for line in prorated] == [("subscription", 96_13), ("usage", 0)]
    assert prorated[0]["detail"].replace("\u00a0", " ") == "20/31 de 149,00 €, dès le 12/10"
    assert prorated[0]["unit_price_micros"] == 96_129_032


def test_minutes_are_at_the_tariff_s_price_and_at_their_average_when_calls_had_a_connection_fee(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 90)
    house.call("leg-2", "2026-10-05T11:00:00", "+442071234567", 60, destination_country="GB")
    house.call("leg-3", "2026-10-05T12:00:00", "+442071234567", 180, destination_country="GB")
    house.charge("2026-10", "2026-11-01")
    usage = [line for line in house.rows("invoice_lines") if line["kind"] == "usage"]
    assert [
        (line["label"], line["quantity"], line["unit_price_micros"], line["amount_cents"], line["detail"])
        for line in usage
    ] == [
        ("France - mobiles", "1.5000", 19_000, 3, "1\u00a0appel"),
        # 2 x 0.05 + 4 minutes x 0.03 = 0.22, so 0.055 a minute.
        ("Royaume-Uni - fixes", "4.0000", 55_000, 22, "2\u00a0appels, prix moyen"),
    ]


def test_a_service_s_own_price_is_a_line_of_its_own(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33899000001", 90)
    house.call("leg-2", "2026-10-06T10:00:00", "+33899000002", 60)
    house.charge("2026-10", "2026-11-01")
    usage = [line for line in house.rows("invoice_lines", "line_number") if line["kind"] == "usage"]
    assert [
        (line["label"], line["quantity"], line["unit"], line["unit_price_micros"], line["amount_cents"])
        for line in usage
    ] == [
        ("France - numéros majorés", "2.5000", "min", 8_000, 2),
        # Twice 0.50, and 2.5 minutes at 0.80.
        ("Services à valeur ajoutée – France - numéros majorés", "2", "appel", 1_500_000, 3_00),
    ]


def test_included_minutes_are_said_and_not_charged_and_a_late_call_goes_on_from_them(house):
    house.include("ctr-1001-1", "france", 2)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 90)
    house.call("leg-2", "2026-10-06T10:00:00", "+33170182000", 90)
    house.close("2026-10", "2026-11-01")
    usage = [line for line in house.rows("invoice_lines", "line_number") if line["kind"] == "usage"]
    # The mobile call is wholly included, and 30 seconds of the other: one minute is left to pay.
    assert [(line["label"], line["amount_cents"], line["detail"]) for line in usage] == [
        ("France - fixes", 1, "1\u00a0appel, prix moyen, dont 0,50 min incluses"),
    ]
    house.call("leg-3", "2026-10-07T10:00:00", "+33170182000", 60)
    house.call("leg-4", "2026-11-07T10:00:00", "+33170182000", 60)
    house.charge("2026-11", "2026-12-01")
    rated = house.warehouse.read("select leg_id, included_seconds from rated_calls where month = '2026-11' order by 1")
    assert rated.to_pylist() == [
        {"leg_id": "leg-3", "included_seconds": 0},
        {"leg_id": "leg-4", "included_seconds": 60},
    ]


def test_a_late_payer_is_charged_the_day_s_interest_once_and_the_indemnity_once(house):
    [september] = house.close("2026-09", "2026-10-01")
    assert (september.total_cents, september.due_date) == (180_00, dt.date(2026, 10, 31))

    october = house.close("2026-10", "2026-11-01")
    # One day late on 1 November: 180.00 x 8.25 % / 365 = 0.0407.
    assert totals(october) == [("ND-2026-000001", "acct-1001", 40_04), ("FA-2026-000002", "acct-1001", 180_00)]

    # Half is paid on 12 November; the rest is still missing on 1 December.
    house.pay(september.number, "2026-11-12", 90_00)
    november = house.close("2026-11", "2026-12-01")
    note = next(document for document in november if document.kind == "debit_note")
    # 12 days on 180.00 and 19 on 90.00: 0.488219 + 0.386507 = 0.874726, so 0.87 less the 0.04 charged before.
    assert note.total_cents == 83
    # October's invoice is due on 1 December: it is not late on that day.
    assert {row["invoice_number"] for row in house.rows("late_payment_penalties")} == {september.number}


def test_the_working_of_a_penalty_is_kept_with_it(house):
    [september] = house.close("2026-09", "2026-10-01")
    house.pay(september.number, "2026-11-12", 90_00)
    house.close("2026-10", "2026-11-01")
    house.charge("2026-11", "2026-12-01")
    [row] = [row for row in house.rows("late_payment_penalties") if row["month"] == "2026-11"]
    assert json.loads(row["segments"]) == [
        {"start": "2026-11-01", "end": "2026-11-12", "days": 12, "base_cents": 180_00, "exact": "0.488219"},
        {"start": "2026-11-13", "end": "2026-12-01", "days": 19, "base_cents": 90_00, "exact": "0.386507"},
    ]
    assert (row["accrued_cents"], row["previously_charged_cents"], row["penalty_cents"]) == (87, 4, 83)
    assert (row["days_late"], row["rate_basis_points"], row["base_cents"], row["indemnity_cents"]) == (
        31,
        825,
        90_00,
        0,
    )


def test_a_payment_after_the_closing_day_is_not_seen(house):
    [september] = house.close("2026-09", "2026-10-01")
    house.pay(september.number, "2026-11-02", 180_00)
    house.charge("2026-10", "2026-11-01")
    [row] = house.rows("late_payment_penalties")
    assert (row["base_cents"], row["penalty_cents"], row["indemnity_cents"]) == (180_00, 4, 40_00)


def test_an_invoice_paid_on_its_due_date_owes_nothing(house):
    [september] = house.close("2026-09", "2026-10-01")
    house.pay(september.number, "2026-10-31", 180_00)
    assert [document.kind for document in house.close("2026-10", "2026-11-01")] == ["invoice"]


def test_a_second_run_issues_nothing_and_finds_the_same(house):
    house.call("leg-1", "2026-09-05T10:00:00", "+33612345678", 100)
    house.call("leg-2", "2026-09-06T10:00:00", "+3490000", 100, destination_country="ES")
    house.close("2026-09", "2026-10-01")
    first = house.close("2026-10", "2026-11-01")
    before = everything(house)
    again = house.close("2026-10", "2026-11-15")
    assert totals(again) == totals(first)
    assert everything(house) == before
    with house.ledger.reading() as session:
        assert {row.series: row.last_sequence for row in session.exec(select(DocumentSeries))} == {"FA": 2, "ND": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda session: setattr(session.get_one(Customer, "acct-1001"), "address_line", "9 rue du Déménagement"),
        lambda session: setattr(session.get_one(Customer, "acct-1001"), "vat_territory", "FR_DOM"),
        lambda session: setattr(session.get_one(Operator, 1), "iban", "FR7630006000011234567890189"),
        lambda session: session.add(PhoneNumber(number="+33170189999", contract_id="ctr-1001-1", country="FR",
                                                number_type="fixed", monthly_cents=31_00,
                                                valid_from=dt.date(2026, 10, 1))),
        lambda session: session.add(Payment(reference="v", document_number="FA-2026-000001",
                                            value_date=dt.date(2026, 10, 20), amount_cents=180_00)),
    ],
    ids=["address", "territory", "operator", "number recorded late", "payment of before, told late"],
)  # fmt: skip
def test_a_closed_month_gives_back_what_was_issued_whatever_changed_in_the_ledger_since(house, change):
    house.close("2026-09", "2026-10-01")
    issued = house.close("2026-10", "2026-11-15")
    before = everything(house)
    with house.ledger.session() as session:
        change(session)
    assert house.close("2026-10", "2026-11-15") == issued
    assert everything(house) == before


def test_a_closed_month_whose_billed_lines_are_not_what_was_issued_is_a_clear_error_and_changes_nothing(house):
    house.close("2026-10", "2026-11-01")
    lines = house.rows("invoice_lines", "line_number")
    lines[0]["amount_cents"] += 20_00
    write_month(house.warehouse, INVOICE_LINES, Month(2026, 10), lines)
    before = house.rows("issued_documents")
    with pytest.raises(PermanentError, match=r"2026-10 is closed .*acct-1001, invoice FA-2026-000001.*credit note"):
        house.close("2026-10", "2026-11-01")
    assert house.rows("issued_documents") == before


def test_a_call_that_arrives_after_its_month_closed_is_on_the_next_invoice_with_its_own_date(house):
    house.close("2026-10", "2026-11-01")
    house.call("late", "2026-10-31T23:59:59", "+33612345678", 60)
    assert totals(house.close("2026-10", "2026-11-01")) == [("FA-2026-000001", "acct-1001", 180_00)]
    house.close("2026-11", "2026-12-01")
    [call] = house.rows("rated_calls")
    assert (call["month"], call["call_month"], call["record_date"]) == ("2026-11", "2026-10", dt.date(2026, 10, 31))


def test_a_customer_who_may_not_be_invoiced_is_set_aside_with_the_reason_and_the_others_go_on(house):
    house.customer("acct-1003", legal_name="Brasserie Fictive SRL", **NO_VAT_NUMBER)
    house.contract("ctr-1003-1")
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 60, contract_id="ctr-1003-1", customer_id="acct-1003")
    assert totals(house.close("2026-10", "2026-11-01")) == [("FA-2026-000001", "acct-1001", 180_00)]
    [refused] = house.rows("refused_drafts")
    assert (refused["customer_id"], refused["amount_cents"]) == ("acct-1003", 149_02)
    assert "Brasserie Fictive SRL" in refused["reason"]
    assert "VAT number" in refused["reason"]


def test_the_calls_of_a_refused_invoice_wait_for_the_next_one(house):
    house.customer("acct-1003", **NO_VAT_NUMBER)
    house.contract("ctr-1003-1", subscription_cents=0)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 60, contract_id="ctr-1003-1", customer_id="acct-1003")
    first = everything(house) if house.close("2026-10", "2026-11-01") else {}
    house.close("2026-10", "2026-11-01")
    assert everything(house) == first
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1003").vat_number = "BE0999999922"
    november = house.close("2026-11", "2026-12-01")
    assert totals(november)[1] == ("FA-2026-000003", "acct-1003", 2)


def test_a_customer_with_nothing_to_pay_gets_no_document(house):
    house.customer("acct-1003")
    house.contract("ctr-1003-1", subscription_cents=0)
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 1, contract_id="ctr-1003-1", customer_id="acct-1003")
    assert [document.customer_id for document in house.close("2026-10", "2026-11-01")] == ["acct-1001"]


@pytest.mark.parametrize(
    ("changed", "vat_cents", "mention"),
    [
        ({"vat_territory": "FR_DOM"}, 12_75, None),
        ({"country": "CH", "siren": None, "vat_territory": "NON_EU"}, 0, "TVA non applicable – art. 259-1 du CGI"),
        (
            {"country": "BE", "siren": None, "vat_territory": "EU", "vat_number": "BE0999999922"},
            0,
            "Autoliquidation – art. 283-2 du CGI",
        ),
        (
            {"is_reseller": True, "vat_number": "FR00999000086"},
            0,
            "Autoliquidation – art. 283-2 octies du CGI",
        ),
    ],
)
def test_vat_follows_the_customer_s_territory_and_says_its_article(empty_house, changed, vat_cents, mention):
    empty_house.customer(**changed)
    empty_house.contract()
    empty_house.number()
    [invoice] = empty_house.close("2026-10", "2026-11-01")
    assert (invoice.net_cents, invoice.vat_cents) == (150_00, vat_cents)
    mentions = [text.replace("\u00a0", " ") for text in json.loads(invoice.payload)["vat_mentions"]]
    assert mentions == ([mention] if mention else [])


def test_the_due_date_follows_the_longest_terms_of_the_customer_s_contracts(house):
    house.contract("ctr-1001-2", payment_days=45)
    [invoice] = house.close("2026-10", "2026-11-01")
    assert invoice.due_date == dt.date(2026, 12, 16)


def test_the_due_date_does_not_follow_contracts_that_ended(house):
    house.contract("ctr-1001-0", payment_days=60, ended_on=dt.date(2026, 3, 31))
    house.close("2026-09", "2026-10-01")
    assert [document.due_date for document in house.ledger.documents()] == [dt.date(2026, 10, 31)]
    house.charge("2026-10", "2026-11-10")
    # Late by ten days; its debit note charges no contract and has the terms in force.
    due = {row["document_kind"]: row["due_date"] for row in house.rows("invoices") if row["month"] == "2026-10"}
    assert due == {"invoice": dt.date(2026, 12, 10), "debit_note": dt.date(2026, 12, 10)}
    # Paid in time, told late: after the penalty was worked out, before it is issued.
    house.pay("FA-2026-000001", "2026-10-30", 180_00)
    with pytest.raises(PermanentError, match=r"computed \(FA-2026-000001\); run the close again from its start"):
        house.issue("2026-10", "2026-11-10")
    assert totals(house.close("2026-10", "2026-11-10")) == [("FA-2026-000002", "acct-1001", 180_00)]


def test_drafts_that_changed_after_they_were_checked_are_not_issued(house):
    house.charge("2026-10", "2026-11-01")
    with house.ledger.session() as session:
        session.get_one(Customer, "acct-1001").legal_name = "Autre Nom SAS"
    with pytest.raises(PermanentError, match=r"changed since `invoices` was drawn up \(acct-1001 invoice\)"):
        house.issue("2026-10", "2026-11-01")
    assert house.ledger.documents() == []


def test_calls_rated_again_after_they_were_charged_are_not_issued(house):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 60)
    house.charge("2026-10", "2026-11-01")
    house.call("leg-2", "2026-10-06T10:00:00", "+33612345678", 60)
    house.rate("2026-10")
    with pytest.raises(PermanentError, match=r"rated_calls changed since usage_charges was computed \(ctr-1001-1\)"):
        house.issue("2026-10", "2026-11-01")
    assert house.ledger.documents() == []


KILLED_BEFORE_ISSUING = """
import assets.invoices.issued_documents as module
module.issue = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_AFTER_ISSUING = """
import assets.invoices.issued_documents as module
issue = module.issue
module.issue = lambda *arguments: (issue(*arguments), os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.parametrize(
    ("kill", "issued_before"), [(KILLED_BEFORE_ISSUING, 0), (KILLED_AFTER_ISSUING, 1)], ids=["before", "after"]
)
def test_a_close_killed_and_run_again_issues_each_document_once(house, kill, issued_before):
    house.call("leg-1", "2026-10-05T10:00:00", "+33612345678", 60)
    house.charge("2026-10", "2026-11-01")
    script = f"""
import datetime as dt, os, signal
from pathlib import Path
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.tables import all_tables
from dbt_like_sql.project import Project
from domain.calendar import Month
from tests.closings import SIGNATURE
{kill}
root = Path({str(house.warehouse.root)!r})
warehouse = Warehouse(root, root / "warehouse.duckdb", all_tables(Project.load(Path({str(house.project.folder)!r}))))
ledger = Ledger({str(house.ledger.engine.url)!r})
module.close_month(ledger, warehouse, Month(2026, 10), dt.date(2026, 11, 1), SIGNATURE)
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False)
    assert killed.returncode == -9
    assert (house.warehouse.path("closed_calls", "2026-10")).exists()
    assert len(house.ledger.documents()) == issued_before
    # One more call lands before anybody looks: an open month takes it, a closed one does not.
    house.call("leg-2", "2026-10-06T10:00:00", "+33612345678", 60)
    [invoice] = house.close("2026-10", "2026-11-01")
    assert (invoice.number, invoice.net_cents) == ("FA-2026-000001", 150_02 if issued_before else 150_04)
    assert [row["number"] for row in house.rows("issued_documents")] == ["FA-2026-000001"]
    assert len(house.rows("closed_calls")) == 2 - issued_before
