"""Closing a month: gapless numbers, once, in order."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest

from adapters.ledger.comparison import issued_content
from adapters.ledger.documents import issue
from domain.calendar import Month
from domain.errors import PermanentError
from domain.invoice import DraftLine, canonical_json
from tests.closings import CLOSING, OTHER_CLOSING, SHA

SEPTEMBER = Month(2026, 9)
OCTOBER = Month(2026, 10)
NOVEMBER = Month(2026, 11)
ON_1_NOVEMBER = dt.date(2026, 11, 1)
ON_1_DECEMBER = dt.date(2026, 12, 1)


def of(draft, month, issue_date):
    """The draft of another month."""
    return replace(draft, month=str(month), issue_date=issue_date, due_date=issue_date + dt.timedelta(days=30))


def debit_note(draft, about):
    line = DraftLine(1, "indemnity", "Indemnité", "1", "forfait", 40_000_000, 4000, "O", 0, about_number=about)
    return replace(draft, kind="debit_note", lines=(line,), net_cents=4000, vat_cents=0, total_cents=4000)


def numbers(documents):
    return [document.number for document in documents]


def test_numbers_follow_customers_and_kinds_in_each_series(customers, draft):
    (first,) = issue(
        customers, SEPTEMBER, dt.date(2026, 10, 1), [of(draft(), SEPTEMBER, dt.date(2026, 10, 1))], CLOSING
    )
    drafts = [draft("acct-1003"), debit_note(draft("acct-1002"), first.number), draft("acct-1002"), draft("acct-1001")]
    issued = issue(customers, OCTOBER, ON_1_NOVEMBER, drafts, CLOSING)
    assert [(d.customer_id, d.number) for d in issued] == [
        ("acct-1001", "FA-2026-000002"),
        ("acct-1002", "ND-2026-000001"),
        ("acct-1002", "FA-2026-000003"),
        ("acct-1003", "FA-2026-000004"),
    ]
    assert customers.documents(OCTOBER) == issued


def test_a_series_begins_again_each_year(customers, draft):
    december, january = Month(2026, 12), Month(2027, 1)
    for month, on in ((december, dt.date(2026, 12, 31)), (january, dt.date(2027, 2, 1))):
        issue(customers, month, on, [of(draft(), month, on)], CLOSING)
    assert [d.number for d in customers.documents()] == ["FA-2026-000001", "FA-2027-000001"]


def test_what_is_stored_is_the_whole_draft(customers, draft):
    given = draft(payload={"buyer": {"name": "Été"}, "taxes": [{"base_cents": 4900}], "notes": None})
    (document,) = issue(customers, OCTOBER, ON_1_NOVEMBER, [given], CLOSING)
    content = issued_content(document, customers.document_lines(OCTOBER))
    assert content == given.content
    assert document.payload == '{"buyer":{"name":"Été"},"notes":null,"taxes":[{"base_cents":4900}]}'
    assert document.sha256 == hashlib.sha256(canonical_json(content).encode()).hexdigest()


def test_closing_records_the_date_and_the_calls_it_took(customers, draft):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft()], CLOSING)
    period = customers.period(OCTOBER)
    assert (period.state, period.issue_date, period.closed_calls_sha256) == ("closed", ON_1_NOVEMBER, SHA)


def test_a_month_without_anything_to_bill_closes(customers):
    assert issue(customers, OCTOBER, ON_1_NOVEMBER, [], CLOSING) == []
    assert customers.period(OCTOBER).state == "closed"


def test_a_second_run_issues_nothing_and_returns_the_same(customers, draft):
    drafts = [draft("acct-1002"), draft("acct-1001")]
    issued = issue(customers, OCTOBER, ON_1_NOVEMBER, drafts, CLOSING)
    before = customers.snapshots()
    assert issue(customers, OCTOBER, ON_1_NOVEMBER, reversed(drafts), CLOSING) == issued
    assert customers.snapshots() == before


def test_a_draft_that_fails_half_way_leaves_nothing(customers, draft):
    with pytest.raises(PermanentError, match=r"(?i)foreign key"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft("acct-1001"), draft("acct-9999")], CLOSING)
    assert (customers.documents(), customers.periods()) == ([], [])
    assert numbers(issue(customers, OCTOBER, ON_1_NOVEMBER, [draft("acct-1001")], CLOSING)) == ["FA-2026-000001"]


LINE = DraftLine(1, "subscription", "Abonnement", "1", "mois", 50_000_000, 5000, "S", 2000)
DEARER = {"lines": (LINE,), "net_cents": 5000, "vat_cents": 1000, "total_cents": 6000}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (DEARER, r"acct-1001, invoice FA-2026-000001: .*lines\[0\]\.amount_cents was 4900, is 5000"),
        (DEARER, r"total_cents was 5880, is 6000"),
        ({"due_date": ON_1_DECEMBER + dt.timedelta(days=1)}, r'due_date was "2026-12-01", is "2026-12-02"'),
        ({"payload": {"buyer": {"legal_name": "Autre SAS"}}}, r'buyer\.legal_name was "Centre .*", is "Autre SAS"'),
        ({"payload": {}}, r"payload\.buyer was .*, is nothing"),
    ],
)
def test_a_draft_that_differs_names_the_customer_the_field_and_both_values(customers, draft, change, said):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft()], CLOSING)
    before = customers.snapshots()
    with pytest.raises(PermanentError, match=said):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft(**change)], CLOSING)
    assert customers.snapshots() == before


def test_every_difference_is_said_at_once(customers, draft):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft("acct-1001"), draft("acct-1002")], CLOSING)
    drafts = [draft("acct-1001", **DEARER), draft("acct-1003")]
    with pytest.raises(PermanentError) as raised:
        issue(customers, OCTOBER, ON_1_NOVEMBER, drafts, OTHER_CLOSING)
    for said in (
        "acct-1001, invoice",
        "acct-1002, invoice FA-2026-000002: issued",
        "acct-1003, invoice: drafted",
        "calls",
    ):
        assert said in str(raised.value)


def test_an_extra_line_is_a_difference(customers, draft):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft()], CLOSING)
    free = DraftLine(2, "usage", "Appels", "0", "minute", 0, 0, "S", 2000)
    with pytest.raises(PermanentError, match=r"lines\[1\] was nothing, is \{.*Appels"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [replace(draft(), lines=(*draft().lines, free))], CLOSING)


def test_a_closed_month_keeps_its_issue_date(customers, draft):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft()], CLOSING)
    later = dt.date(2026, 11, 5)
    with pytest.raises(PermanentError, match="it was issued on 2026-11-01, not 2026-11-05"):
        issue(customers, OCTOBER, later, [of(draft(), OCTOBER, later)], CLOSING)


def test_months_close_in_order(customers, draft):
    issue(customers, SEPTEMBER, dt.date(2026, 10, 1), [], CLOSING)
    with pytest.raises(PermanentError, match="2026-10 is not closed; months close in order"):
        issue(customers, NOVEMBER, ON_1_DECEMBER, [], CLOSING)
    issue(customers, OCTOBER, ON_1_NOVEMBER, [], CLOSING)
    issue(customers, NOVEMBER, ON_1_DECEMBER, [], CLOSING)


def test_the_first_month_closes_without_one_before_it(customers):
    assert issue(customers, NOVEMBER, ON_1_DECEMBER, [], CLOSING) == []


def test_no_month_closes_behind_a_closed_one(customers):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [], CLOSING)
    with pytest.raises(PermanentError, match="2026-09 cannot close after 2026-10"):
        issue(customers, SEPTEMBER, ON_1_NOVEMBER, [], CLOSING)


def test_an_issue_date_does_not_go_before_the_last_one_of_its_series(customers, draft):
    late = dt.date(2026, 12, 5)
    issue(customers, OCTOBER, late, [of(draft(), OCTOBER, late)], CLOSING)
    with pytest.raises(PermanentError, match="2026-10 was issued on 2026-12-05"):
        issue(customers, NOVEMBER, ON_1_DECEMBER, [of(draft(), NOVEMBER, ON_1_DECEMBER)], CLOSING)


def test_a_month_is_not_issued_before_it_begins(customers):
    with pytest.raises(PermanentError, match="before it begins"):
        issue(customers, NOVEMBER, dt.date(2026, 10, 31), [], CLOSING)


@pytest.mark.parametrize("change", [{"month": "2026-09"}, {"issue_date": dt.date(2026, 11, 2)}])
def test_a_draft_of_another_month_or_date_is_refused(customers, draft, change):
    with pytest.raises(PermanentError, match="2026-10 is being closed on 2026-11-01"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft(**change)], CLOSING)


def test_a_customer_has_one_invoice_a_month(customers, draft):
    with pytest.raises(PermanentError, match="acct-1001 has two drafts of kind invoice"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft(), draft(**DEARER)], CLOSING)


def test_a_credit_note_is_not_issued_by_closing_a_month(customers, draft):
    with pytest.raises(PermanentError, match="issued on its own"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft(kind="credit_note")], CLOSING)


def test_numbers_have_no_gap_whatever_fails_between(customers, draft):
    for month, on in ((SEPTEMBER, dt.date(2026, 10, 1)), (OCTOBER, ON_1_NOVEMBER), (NOVEMBER, ON_1_DECEMBER)):
        with pytest.raises(PermanentError):
            issue(customers, month, on, [of(draft("acct-1001"), month, on), of(draft("acct-9999"), month, on)], CLOSING)
        issue(customers, month, on, [of(draft(f"acct-100{n}"), month, on) for n in (1, 2, 3)], CLOSING)
    assert sorted(numbers(customers.documents())) == [f"FA-2026-{n:06d}" for n in range(1, 10)]


def test_a_payload_with_a_float_is_refused_before_anything_is_written(customers, draft):
    with pytest.raises(TypeError, match=r"rate: 0\.2 is a float"):
        issue(customers, OCTOBER, ON_1_NOVEMBER, [draft(payload={"rate": 0.2})], CLOSING)
    assert customers.periods() == []


def test_the_snapshot_of_documents_has_no_payload(customers, draft):
    issue(customers, OCTOBER, ON_1_NOVEMBER, [draft()], CLOSING)
    (row,) = customers.snapshot("issued_documents")
    assert "payload" not in row
    assert (row["number"], row["issue_date"], row["total_cents"]) == ("FA-2026-000001", ON_1_NOVEMBER, 5880)
    json.dumps(row, default=str)
