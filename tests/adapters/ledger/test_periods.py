"""The states of a month: in order, signed, each change written down with what made it."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.ledger.documents import issue
from adapters.ledger.periods import Signature, events, freeze, override, overrides, state_of, unfreeze
from adapters.ledger.tables import CloseOverride
from domain.calendar import Month
from domain.errors import BadInput, PermanentError
from tests.closings import CLOSING, OTHER_SHA, SHA, SIGNATURE

OCTOBER = Month(2026, 10)
ON = dt.date(2026, 11, 1)
OPENED_BY = Signature("B. Durand", SIGNATURE.at, "a price was wrong")


def done(ledger, month=OCTOBER):
    return [(event.event, event.decided_by, event.because, event.facts_sha256) for event in events(ledger, month)]


def test_a_close_of_an_open_month_freezes_and_closes_in_one(customers, draft):
    issue(customers, OCTOBER, ON, [draft()], CLOSING)
    assert done(customers) == [("frozen", "A. Martin", None, SHA), ("closed", "A. Martin", None, SHA)]
    assert events(customers)[0].decided_at == dt.datetime(2026, 11, 1, 8)


def test_a_month_is_frozen_opened_again_frozen_and_closed_by_name(customers, draft):
    freeze(customers, OCTOBER, SHA, SHA, SIGNATURE)
    freeze(customers, OCTOBER, OTHER_SHA, OTHER_SHA, OPENED_BY)
    assert (state_of(customers, OCTOBER), customers.period(OCTOBER).closed_calls_sha256) == ("frozen", SHA)
    unfreeze(customers, OCTOBER, OPENED_BY)
    assert state_of(customers, OCTOBER) == "open"
    freeze(customers, OCTOBER, OTHER_SHA, OTHER_SHA, SIGNATURE)
    issue(customers, OCTOBER, ON, [draft()], CLOSING)
    assert done(customers) == [
        ("frozen", "A. Martin", None, SHA),
        ("unfrozen", "B. Durand", "a price was wrong", None),
        ("frozen", "A. Martin", None, OTHER_SHA),
        ("closed", "A. Martin", None, SHA),
    ]


def test_unfreezing_says_why_and_is_for_a_frozen_month(customers):
    with pytest.raises(PermanentError, match="2026-10 is open, not frozen"):
        unfreeze(customers, OCTOBER, OPENED_BY)
    freeze(customers, OCTOBER, SHA, SHA, SIGNATURE)
    with pytest.raises(BadInput, match="says why"):
        unfreeze(customers, OCTOBER, SIGNATURE)


def test_what_is_done_to_a_month_is_signed():
    with pytest.raises(BadInput, match="say who does it"):
        Signature(" ", SIGNATURE.at)


def test_a_closed_month_is_not_frozen_nor_opened(customers, draft):
    issue(customers, OCTOBER, ON, [draft()], CLOSING)
    freeze(customers, OCTOBER, OTHER_SHA, OTHER_SHA, OPENED_BY)
    with pytest.raises(PermanentError, match="closed, not frozen"):
        unfreeze(customers, OCTOBER, OPENED_BY)
    assert len(events(customers)) == 2


def test_months_freeze_in_order(customers, draft):
    issue(customers, OCTOBER, ON, [draft()], CLOSING)
    with pytest.raises(PermanentError, match="2026-11 is not closed"):
        freeze(customers, Month(2026, 12), SHA, SHA, SIGNATURE)
    freeze(customers, Month(2026, 11), SHA, SHA, SIGNATURE)
    with pytest.raises(PermanentError, match="2026-11 is not closed"):
        freeze(customers, Month(2026, 12), SHA, SHA, SIGNATURE)


def test_the_first_word_on_the_same_facts_stands_and_other_facts_need_another(customers, draft):
    def said(by: str, sha: str) -> CloseOverride:
        return CloseOverride(month="2026-10", gate="calls_without_a_price", facts_sha256=sha, facts=2, summary="2 rows",
                             decided_by=by, because="satellites", decided_at=SIGNATURE.decided_at)  # fmt: skip

    assert override(customers, said("A. Martin", SHA)).decided_by == "A. Martin"
    assert override(customers, said("B. Durand", SHA)).decided_by == "A. Martin"
    override(customers, said("B. Durand", OTHER_SHA))
    assert [row.decided_by for row in overrides(customers, OCTOBER)] == ["A. Martin", "B. Durand"]
    issue(customers, OCTOBER, ON, [draft()], CLOSING)
    with pytest.raises(PermanentError, match="nothing left to override"):
        override(customers, said("C. Petit", "2" * 64))
