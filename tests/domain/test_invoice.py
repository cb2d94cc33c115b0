from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Month
from domain.invoice import DraftDocument, DraftLine, canonical_json, draft_document

LINE = DraftLine(1, "subscription", "Abonnement", "1", "mois", 49_000_000, 49_00, "S", 2000, "ctr-1")


def draft(*lines: DraftLine, **changed: object) -> DraftDocument:
    given = {
        "customer_id": "acct-1",
        "kind": "invoice",
        "month": Month(2026, 10),
        "issue_date": dt.date(2026, 11, 1),
        "due_date": dt.date(2026, 12, 1),
        "lines": lines or (LINE,),
        "payload": {"buyer": {"name": "Exemple SARL"}},
    }
    return draft_document(**{**given, **changed})  # type: ignore[arg-type]


def test_a_draft_is_the_sum_of_its_lines_and_of_the_vat_of_each_rate():
    reduced = replace(LINE, line_number=2, amount_cents=10_00, vat_rate_basis_points=850)
    document = draft(LINE, reduced)
    assert (document.net_cents, document.vat_cents, document.total_cents) == (59_00, 9_80 + 85, 69_65)
    assert document.payload["taxes"] == [
        {"category": "S", "rate_basis_points": 2000, "base_cents": 49_00, "tax_cents": 9_80},
        {"category": "S", "rate_basis_points": 850, "base_cents": 10_00, "tax_cents": 85},
    ]


def test_vat_is_computed_on_the_base_and_not_line_by_line():
    lines = [replace(LINE, line_number=number, amount_cents=3) for number in (1, 2, 3)]
    assert draft(*lines).vat_cents == 2


@given(st.lists(st.tuples(st.sampled_from([2000, 850]), st.integers(0, 10**8)), min_size=1, max_size=30))
def test_net_and_vat_add_up_whatever_the_lines(amounts):
    lines = [
        replace(LINE, line_number=number, amount_cents=cents, vat_rate_basis_points=rate)
        for number, (rate, cents) in enumerate(amounts, 1)
    ]
    document = draft(*lines)
    assert document.net_cents == sum(cents for _, cents in amounts)
    assert document.total_cents == document.net_cents + document.vat_cents


def test_a_document_without_a_line_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        draft_document(
            customer_id="acct-1",
            kind="invoice",
            month=Month(2026, 10),
            issue_date=dt.date(2026, 11, 1),
            due_date=dt.date(2026, 12, 1),
            lines=(),
            payload={},
        )


@pytest.mark.parametrize("numbers", [(2,), (1, 1), (1, 3)])
def test_lines_are_numbered_from_1_without_a_gap(numbers):
    with pytest.raises(ValueError, match="numbered"):
        draft(*(replace(LINE, line_number=number) for number in numbers))


def test_a_document_is_not_due_before_it_is_issued():
    with pytest.raises(ValueError, match="before it is issued"):
        draft(due_date=dt.date(2026, 10, 31))


def test_totals_that_do_not_hold_are_refused():
    with pytest.raises(ValueError, match="do not add up"):
        replace(draft(), net_cents=1)
    with pytest.raises(ValueError, match="net and VAT"):
        replace(draft(), vat_cents=1)


def test_equal_drafts_have_equal_hashes_and_any_change_shows():
    assert draft().content_sha256 == draft().content_sha256
    changes = [
        draft(replace(LINE, label="Abonnement Pro")),
        draft(payload={"buyer": {"name": "Exemple SAS"}}),
        draft(due_date=dt.date(2026, 12, 2)),
    ]
    assert len({draft().content_sha256, *(changed.content_sha256 for changed in changes)}) == 4


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert canonical_json({"b": 1, "a": ["é"]}) == canonical_json({"a": ["é"], "b": 1}) == '{"a":["é"],"b":1}'


@pytest.mark.parametrize("value", [1.5, dt.date(2026, 1, 1), {1: "one"}, ["deep", {"in": 0.1}]])
def test_what_json_cannot_hold_exactly_is_refused_where_it_stands(value):
    with pytest.raises(TypeError, match=r"\$"):
        canonical_json({"value": value})
