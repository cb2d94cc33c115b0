"""Files of what the switch runs: added, changed, removed, or refused whole with every problem by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from adapters.ledger.merging import ImportRefused
from adapters.ledger.switch_imports import SWITCH_FILES, import_switch_file
from adapters.ledger.switch_tables import TABLE_NAMES
from adapters.ledger.tables import CallQueue, SipAccount
from domain.errors import PermanentError
from tests.adapters.ledger.unchanged import unchanged

SEEDS = Path(__file__).resolve().parents[3] / "seeds" / "demo"
HEADER = "customer_id,user_name,caller_number,max_calls,remove\n"


@pytest.fixture
def take(customers, tmp_path):
    """Import a text as a file of a kind."""

    def take(kind, text):
        path = tmp_path / f"{kind}.csv"
        path.write_text(text)
        return import_switch_file(customers, kind, path)

    return take


def rows(ledger, table):
    with ledger.reading() as session:
        return list(session.exec(select(table)))


def test_there_is_a_file_for_every_table():
    assert {str(kind.table.__tablename__) for kind in SWITCH_FILES.values()} == TABLE_NAMES


def test_a_row_is_added_changed_and_removed(take, customers):
    assert take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,,\n").accepted == 1
    assert take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,,\n").already_known == 1
    assert [row.max_calls for row in rows(customers, SipAccount)] == [2]
    take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,5,\n")
    assert [row.max_calls for row in rows(customers, SipAccount)] == [5]
    assert take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,5,yes\n").accepted == 1
    assert rows(customers, SipAccount) == []
    assert take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,5,yes\n").already_known == 1


def test_a_row_that_refers_to_nothing_is_named(take, customers):
    with unchanged(customers), pytest.raises(ImportRefused) as refused:
        take("queue_agents", "customer_id,user_name\nacct-1001,dave\nacct-1001,eve\n")
    assert [problem.row for problem in refused.value.problems] == [2, 3]
    assert "sip_account acct-1001 dave is not in the ledger" in str(refused.value)


def test_what_is_still_referred_to_is_not_removed(take, customers):
    take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,,\n")
    take("queue_agents", "customer_id,user_name\nacct-1001,alice\n")
    with unchanged(customers), pytest.raises(PermanentError, match=r"(?i)foreign key"):
        take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,,yes\n")
    assert len(rows(customers, SipAccount)) == 1


@pytest.mark.parametrize("name", ["Alice", "a b", "x$1", "a'--", "a|b", "", "a<b", "{x}", "a,b"])
def test_a_name_that_means_something_to_a_switch_is_refused(take, customers, name):
    with unchanged(customers), pytest.raises(ImportRefused):
        take("queues", f'customer_id,queue_name\nacct-1001,"{name}"\n')
    assert rows(customers, CallQueue) == []


@pytest.mark.parametrize("name", ["15", "112", "116117", "3639", "1014", "0170181010"])
def test_a_telephone_named_like_a_number_people_dial_is_refused_by_row_and_rule(take, customers, name):
    with unchanged(customers), pytest.raises(ImportRefused, match=rf"user_name {name} is a number that people dial"):
        take("sip_accounts", f"{HEADER}acct-1001,alice,+33170181010,,\nacct-1001,{name},+33170181010,,\n")
    assert rows(customers, SipAccount) == []


def test_a_telephone_may_be_named_by_digits_that_are_no_number_and_one_that_should_not_be_there_removed(
    take, customers
):
    assert take("sip_accounts", f"{HEADER}acct-1001,201,+33170181010,,\n").accepted == 1
    with customers.session() as session:
        session.add(SipAccount(customer_id="acct-1001", user_name="112", caller_number="+33170181010"))
    assert take("sip_accounts", f"{HEADER}acct-1001,112,+33170181010,,yes\n").accepted == 1
