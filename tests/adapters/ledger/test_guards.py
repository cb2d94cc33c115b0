"""What was issued does not change, a closed month does not reopen: refused by the database to any program."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from adapters.ledger.documents import issue
from adapters.ledger.tables import (
    BillingPeriod,
    CaughtUpMonth,
    CloseOverride,
    CreditDecision,
    PeriodEvent,
    RatingAdjustment,
)
from domain.calendar import Month
from domain.errors import PermanentError
from tests.closings import CLOSING, SHA

OCTOBER = Month(2026, 10)
ISSUED = dt.date(2026, 11, 1)

COPY = (
    "{number}, series, year, {sequence}, {kind}, {customer}, {month}, issue_date, due_date, net_cents, vat_cents,"
    " total_cents, corrects_number, credit_reason, payload, sha256, replaces_number from issued_document"
)
NEW_DOCUMENT = "{verb} into issued_document select " + COPY
SAME = {"number": "number", "sequence": "sequence", "kind": "kind", "customer": "customer_id", "month": "month"}
OTHER = SAME | {"number": "'FA-2026-000009'", "sequence": "9", "customer": "'acct-1003'"}
LINE = (
    " into issued_document_line select number, {line}, contract_id, kind, label, quantity, unit, unit_price_micros,"
    " amount_cents, vat_category, vat_rate_basis_points, about_number from issued_document_line"
)
EVERYWHERE = {
    "the total of a document": "update issued_document set total_cents = 0, net_cents = 0, vat_cents = 0",
    "the text of a document": "update issued_document set payload = '{}'",
    "a document's number": "update issued_document set number = 'FA-2026-000009'",
    "deleting a document": "delete from issued_document",
    "one more document in a closed month": NEW_DOCUMENT.format(verb="insert", **OTHER),
    "the label of a line": "update issued_document_line set label = 'Remise'",
    "deleting a line": "delete from issued_document_line",
    "one more line in a closed month": "insert" + LINE.format(line=2),
    "reopening a month": "update billing_period set state = 'open', issue_date = null, closed_calls_sha256 = null",
    "another issue date of a month": "update billing_period set issue_date = '2026-11-02'",
    "forgetting a closed month": "delete from billing_period",
    "giving a number out again": "update document_series set last_sequence = 0, last_issue_date = null",
    "another year for a series": "update document_series set year = 2025",
    "what was signed of a contract": "update contract set users = 99",
    "what was recorded of a contract": "update contract_event set quantity = 9 where false or sequence = 1",
    "forgetting an event of a contract": "delete from contract_event",
    "forgetting a series": "delete from document_series",
}
ONLY_SQLITE = {
    "replacing a document": NEW_DOCUMENT.format(verb="insert or replace", **SAME),
    "replacing a line": "insert or replace" + LINE.format(line=1),
    "replacing a month": "insert or replace into billing_period (month, state) values ('2026-10', 'open')",
    "replacing a series": "insert or replace into document_series (series, year, last_sequence) values ('FA', 2026, 0)",
    "replacing an event of a contract": (
        "insert or replace into contract_event (contract_id, sequence, kind, effective_on, recorded_by)"
        " values ('ctr-1001-1', 1, 'subscription', '2026-02-01', 'X')"
    ),
    "updating over a document": "update or replace issued_document set sequence = 1",
}
ONLY_POSTGRESQL = {
    f"truncating {table}": f"truncate {table} cascade"
    for table in ("issued_document", "issued_document_line", "billing_period", "document_series", "contract_event")
}


@pytest.fixture
def closed(customers, draft):
    issue(customers, OCTOBER, ISSUED, [draft()], CLOSING)
    return customers


def refused(ledger, statement):
    before = ledger.snapshots()
    said = r"never changes|of a contract stays|does not change|is closed|issued already|given out|stays"
    with pytest.raises(PermanentError, match=said), ledger.session() as session:
        session.connection().exec_driver_sql(statement)
    assert ledger.snapshots() == before


@pytest.mark.parametrize("change", EVERYWHERE)
def test_the_database_refuses(closed, change):
    refused(closed, EVERYWHERE[change])


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ONLY_SQLITE)
def test_sqlite_refuses(closed, change):
    refused(closed, ONLY_SQLITE[change])


@pytest.mark.parametrize("ledger_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("change", ONLY_POSTGRESQL)
def test_postgresql_refuses(closed, change):
    refused(closed, ONLY_POSTGRESQL[change])


def test_a_month_that_is_open_may_be_forgotten(ledger):
    with ledger.session() as session:
        session.connection().execute(text("insert into billing_period (month, state) values ('2026-10', 'open')"))
        session.connection().execute(text("delete from billing_period"))
    assert ledger.periods() == []


# Tables of what is done with: each row of them stands for ever (of a period, once it is closed).
FINAL = {
    "billing_period",
    "caught_up_month",
    "contract_event",
    "close_override",
    "credit_decision",
    "document_file",
    "document_series",
    "issued_document",
    "issued_document_line",
    "period_event",
    "rating_adjustment",
}
# What people and the bank bring, and the queue of deliveries: corrected, ended and taken up again.
CHANGEABLE = {
    "call_queue", "campaign", "contract", "contract_allowance", "customer", "delivery", "gateway", "late_payment_rule",
    "legal_interest_rate", "number_route", "operator", "payment", "phone_number", "queue_agent", "queue_tier",
    "sip_account", "suspension", "tariff_plan", "tariff_rate", "tariff_tier", "tariff_version", "tariff_waiver",
    "unassigned_payment", "vat_rule", "voice_menu", "voice_menu_choice",
}  # fmt: skip


def test_every_table_says_whether_it_is_final():
    assert {table.name for table in SQLModel.metadata.sorted_tables} == FINAL | CHANGEABLE


@pytest.fixture
def settled(customers, draft):
    """A row in every final table, and no month open."""
    september = Month(2026, 9)
    issue(customers, september, dt.date(2026, 10, 1), [], CLOSING)
    with customers.session() as session:
        session.add(BillingPeriod(month="2026-10"))
        session.flush()
        session.add(
            RatingAdjustment(
                month="2026-10", corrected_month="2026-09", contract_id="ctr-1001-1", charge="call", category="France",
                destination_country="FR", customer_id="acct-1001", billed_cents=1, adjusted_cents=0, due_cents=2,
                difference_cents=1,
            )
        )  # fmt: skip
        session.add(
            CloseOverride(month="2026-10", gate="calls_without_a_price", facts_sha256=SHA, facts=1, summary="1 row",
                          decided_by="A. Martin", because="satellites", decided_at=dt.datetime(2026, 11, 1))
        )  # fmt: skip

    def catch_up(session, documents):
        session.add(CaughtUpMonth(month="2026-10", contract_id="ctr-1001-1", charged_month="2026-09",
                                  document_number=documents[0].number))  # fmt: skip

    [document] = issue(customers, OCTOBER, ISSUED, [draft()], CLOSING, catch_up)
    customers.keep_file(document.number, SHA, 1)
    with customers.session() as session:
        session.add(CreditDecision(number=document.number, decided_by="A. Martin", because="error", decided_on=ISSUED))
    return customers


def test_nothing_final_is_changed_deleted_replaced_or_truncated_in_any_table(settled):
    is_sqlite = settled.engine.dialect.name == "sqlite"
    for table in sorted(FINAL):
        with settled.reading() as session:
            assert session.connection().exec_driver_sql(f"select count(*) from {table}").scalar()
        key = next(iter(SQLModel.metadata.tables[table].primary_key)).name
        statements = [f"update {table} set {key} = {key}", f"delete from {table}"]
        statements += (
            [f"insert or replace into {table} select * from {table}"] if is_sqlite else [f"truncate {table} cascade"]
        )
        for statement in statements:
            with pytest.raises(PermanentError, match="the ledger refused the change"), settled.session() as session:
                session.connection().exec_driver_sql(statement)


def test_nothing_more_is_done_to_a_closed_month(settled):
    with pytest.raises(PermanentError, match="period_event: its month is closed"), settled.session() as session:
        session.add(
            PeriodEvent(month="2026-10", rank=9, event="unfrozen", decided_by="A. Martin", because="mistake",
                        decided_at=dt.datetime(2026, 11, 9))
        )  # fmt: skip
