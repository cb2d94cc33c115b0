"""What was issued does not change, a closed month does not reopen: refused by the database to any program."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from adapters.ledger.documents import issue
from domain.calendar import Month
from domain.errors import PermanentError
from tests.closings import CLOSING

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
    "forgetting a series": "delete from document_series",
}
ONLY_SQLITE = {
    "replacing a document": NEW_DOCUMENT.format(verb="insert or replace", **SAME),
    "replacing a line": "insert or replace" + LINE.format(line=1),
    "replacing a month": "insert or replace into billing_period (month, state) values ('2026-10', 'open')",
    "replacing a series": "insert or replace into document_series (series, year, last_sequence) values ('FA', 2026, 0)",
    "updating over a document": "update or replace issued_document set sequence = 1",
}
ONLY_POSTGRESQL = {
    f"truncating {table}": f"truncate {table} cascade"
    for table in ("issued_document", "issued_document_line", "billing_period", "document_series")
}


@pytest.fixture
def closed(customers, draft):
    issue(customers, OCTOBER, ISSUED, [draft()], CLOSING)
    return customers


def refused(ledger, statement):
    before = ledger.snapshots()
    said = r"never changes|does not change|is closed|issued already|given out|stays"
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
