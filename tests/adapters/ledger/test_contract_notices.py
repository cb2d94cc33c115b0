"""A price and its notice stand together, once; a price nobody was told of in time is found in the month it begins."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any

import pytest
import sqlalchemy
from sqlmodel import select

from adapters.ledger import deliveries
from adapters.ledger.contract_changes import change, terminate
from adapters.ledger.contract_journal import Signature
from adapters.ledger.contract_notices import announce, untold
from adapters.ledger.store import Ledger
from adapters.ledger.tables import ContractEvent, Customer, Delivery
from domain.calendar import Month
from domain.errors import BadInput, PermanentError

NOVEMBER_23 = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 9)
JANUARY = Month(2027, 1)
SIGNED = Signature("A. Martin", NOVEMBER_23, "grille 2027")
USERS: dict[str, Any] = {
    "item": "users", "unit_cents": 13_00, "country": None, "effective_on": dt.date(2027, 1, 1),
    "notice_date": NOVEMBER_23, "waived_by": None, "waived_because": None,
}  # fmt: skip


def rows(ledger, table):
    with ledger.reading() as session:
        return list(session.exec(select(table)))


def prices(ledger):
    return sorted(row.sequence for row in rows(ledger, ContractEvent) if row.kind == "price")


def sent(ledger, at=NOW):
    [row] = [row for row in rows(ledger, Delivery) if row.state == "queued"]
    deliveries.claim(ledger, row.delivery_id, row.next_attempt_at, "<x@x>")
    return deliveries.record_sent(ledger, row.delivery_id, at)


def test_a_price_and_its_notice_are_recorded_together_and_once_on_any_day(customers):
    event, [notice] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    assert (event.notice_date, notice.subject, notice.recipient) == (
        NOVEMBER_23, "ctr-1001-1#2", "compta@centre-imaginaire.example",
    )  # fmt: skip
    tomorrow = Signature("A. Martin", dt.date(2026, 11, 24), "grille 2027")
    again, queued = announce(customers, "ctr-1001-1", tomorrow, NOW, **USERS | {"notice_date": dt.date(2026, 11, 24)})
    assert (again.sequence, again.notice_date, queued) == (2, NOVEMBER_23, [])
    assert (prices(customers), len(rows(customers, Delivery))) == ([2], 1)


def test_a_notice_that_would_be_late_records_neither_price_nor_delivery(customers):
    late = Signature("A. Martin", dt.date(2026, 12, 2), "grille 2027")
    with pytest.raises(BadInput, match="notice was given on 2026-12-02: 2027-01-02 at the earliest"):
        announce(customers, "ctr-1001-1", late, NOW, **USERS | {"notice_date": dt.date(2026, 12, 2)})
    assert (prices(customers), rows(customers, Delivery)) == ([], [])


def test_a_notice_that_cannot_be_queued_leaves_no_price_behind(customers):
    with customers.session() as session:
        session.get_one(Customer, "acct-1001").email = " "
    with pytest.raises(PermanentError, match="ck_delivery_recipient"):
        announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    assert (prices(customers), rows(customers, Delivery)) == ([], [])


def test_a_corrected_address_is_told_of_what_the_wrong_one_refused(customers):
    _, [notice] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    deliveries.record_refused(customers, notice.delivery_id, "550 no such mailbox", "bounced")
    assert announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)[1] == []
    with customers.session() as session:
        session.get_one(Customer, "acct-1001").email = "new@centre-imaginaire.example"
    _, [again] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    assert again.recipient == "new@centre-imaginaire.example"
    [same] = deliveries.send_again(customers, "ctr-1001-1#2", NOW)
    assert same.delivery_id == notice.delivery_id


def test_a_price_is_untold_until_its_notice_left_a_month_before(customers):
    _, [notice] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    assert untold(customers, JANUARY) == [
        ("ctr-1001-1#2", "the price of 2027-01-01 was not told: its notice is queued")
    ]
    assert untold(customers, JANUARY.next) == untold(customers, JANUARY.previous) == []
    # 23:30 UTC is the next day in Paris.
    sent(customers, dt.datetime(2026, 12, 1, 23, 30))
    assert (
        untold(customers, JANUARY)[0][1] == "the price of 2027-01-01 was told on 2026-12-02, less than a month before"
    )
    deliveries.record_sent(customers, notice.delivery_id, dt.datetime(2026, 12, 1, 22, 30))
    assert untold(customers, JANUARY) == []
    deliveries.record_refused(customers, notice.delivery_id, "5.2.2 mailbox full", "bounced")
    assert untold(customers, JANUARY)[0][1] == "the price of 2027-01-01 was not told: its notice is bounced"


@pytest.mark.parametrize("way", ["waived", "another letter", "the old price again", "the contract ends"])
def test_a_price_that_is_waived_told_otherwise_taken_back_or_never_charged_is_not_untold(customers, way):
    waived = {"notice_date": None, "waived_by": "A. Martin", "waived_because": "avis non parvenu"}
    announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    assert len(untold(customers, JANUARY)) == 1
    event: dict[str, Any] = {**USERS, "kind": "price"}
    post = Signature("A. Martin", dt.date(2026, 11, 30), "recommandé 1A 123")
    if way == "waived":
        change(customers, "ctr-1001-1", SIGNED, **event | waived)
    elif way == "another letter":
        change(customers, "ctr-1001-1", post, **event | {"notice_date": dt.date(2026, 11, 30)})
    elif way == "the old price again":
        change(customers, "ctr-1001-1", SIGNED, **event | waived | {"unit_cents": 12_00})
    else:
        terminate(customers, "ctr-1001-1", SIGNED, dt.date(2026, 12, 31), notice_date=NOVEMBER_23)
    assert untold(customers, JANUARY) == []


def by_letter(ledger, signed=SIGNED, **changed):
    return change(ledger, "ctr-1001-1", signed, kind="price", **USERS | changed)


def test_the_letter_posted_the_day_the_mail_bounced_is_another_event_on_the_same_reference_once(customers):
    _, [notice] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    deliveries.record_refused(customers, notice.delivery_id, "550 no such mailbox", "bounced")
    assert [by_letter(customers).sequence for _ in range(2)] == [3, 3]
    assert untold(customers, JANUARY) == []


@pytest.mark.parametrize("day", [NOVEMBER_23, dt.date(2026, 12, 10)])
def test_a_price_told_by_letter_is_not_told_by_mail_on_the_same_reference(customers, day):
    by_letter(customers)
    courtesy = Signature("A. Martin", day, "grille 2027")
    with pytest.raises(BadInput, match=r"ctr-1001-1#2 .* a letter of 2026-11-23 told it"):
        announce(customers, "ctr-1001-1", courtesy, NOW, **USERS | {"notice_date": day})
    assert (prices(customers), rows(customers, Delivery), untold(customers, JANUARY)) == ([2], [], [])


def test_on_another_reference_the_mail_is_the_notice_and_then_the_letter_is_not_passed_over_in_silence(customers):
    by_letter(customers)
    late = Signature("A. Martin", dt.date(2026, 12, 10), "relance")
    with pytest.raises(BadInput, match="notice was given on 2026-12-10: 2027-01-10 at the earliest"):
        announce(customers, "ctr-1001-1", late, NOW, **USERS | {"notice_date": dt.date(2026, 12, 10)})
    assert rows(customers, Delivery) == []
    event, [notice] = announce(customers, "ctr-1001-1", Signature("A. Martin", NOVEMBER_23, "mail"), NOW, **USERS)
    deliveries.record_refused(customers, notice.delivery_id, "550 no such mailbox", "bounced")
    assert (event.sequence, len(untold(customers, JANUARY))) == (3, 1)
    with pytest.raises(BadInput, match=r"ctr-1001-1#2 .* ctr-1001-1#3 took its place .* another --reference"):
        by_letter(customers)
    by_letter(customers, Signature("A. Martin", NOVEMBER_23, "recommandé 1A 123"))
    assert untold(customers, JANUARY) == []


def test_a_waived_price_is_one_event_whether_it_is_told_or_not(customers):
    waived = {"notice_date": None, "waived_by": "A. Martin", "waived_because": "accord du client"}
    event = by_letter(customers, **waived)
    told, queued = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS | waived)
    assert (told.sequence, len(queued)) == (event.sequence, 1)
    assert by_letter(customers, **waived).sequence == event.sequence
    assert untold(customers, JANUARY) == []


def test_the_month_a_price_of_mid_month_is_charged_first_asks_too_until_another_takes_its_place(customers):
    _, [notice] = announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS | {"effective_on": dt.date(2027, 1, 15)})
    sent(customers, dt.datetime(2026, 12, 10, 9))
    assert untold(customers, JANUARY) == untold(customers, JANUARY.next) == []
    # January is closed by then: its users are charged the price from February on.
    deliveries.record_refused(customers, notice.delivery_id, "5.1.1 no such user", "bounced")
    reason = "the price of 2027-01-15 was not told: its notice is bounced"
    assert untold(customers, JANUARY.next) == untold(customers, JANUARY) == [("ctr-1001-1#2", reason)]
    assert untold(customers, JANUARY.next.next) == untold(customers, JANUARY.previous) == []
    old = {"unit_cents": 12_00, "effective_on": dt.date(2027, 2, 1)}
    change(customers, "ctr-1001-1", SIGNED, kind="price", **USERS | old)
    assert untold(customers, JANUARY.next) == []


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_a_later_day_alone_is_not_enough_the_old_price_is_recorded_for_the_first_one(customers, is_taken_back):
    announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    event: dict[str, Any] = {**USERS, "kind": "price"}
    if is_taken_back:
        waived = {"notice_date": None, "waived_by": "A. Martin", "waived_because": "avis non parvenu"}
        change(customers, "ctr-1001-1", SIGNED, **event | waived | {"unit_cents": 12_00})
    change(customers, "ctr-1001-1", SIGNED, **event | {"effective_on": dt.date(2027, 2, 1)})
    assert bool(untold(customers, JANUARY)) is not is_taken_back
    assert untold(customers, JANUARY.next) == []


def test_the_gate_asks_the_ledger_as_often_for_one_price_as_for_many(customers):
    statements: list[str] = []

    def asked(ledger):
        statements.clear()
        assert untold(ledger, JANUARY)
        return len(statements)

    sqlalchemy.event.listen(
        customers.engine, "before_cursor_execute", lambda _connection, _cursor, text, *_: statements.append(text)
    )
    announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    once = asked(customers)
    for contract_id in ("ctr-1002-1", "ctr-1003-1"):
        announce(customers, contract_id, SIGNED, NOW, **USERS)
    assert asked(customers) == once


def test_a_notice_is_queued_without_reading_what_other_contracts_were_sent(customers):
    announce(customers, "ctr-1001-1", SIGNED, NOW, **USERS)
    loaded: list[str] = []

    def load(row, _context):
        loaded.append(row.subject)

    sqlalchemy.event.listen(Delivery, "load", load)
    try:
        announce(customers, "ctr-1002-1", SIGNED, NOW, **USERS)
    finally:
        sqlalchemy.event.remove(Delivery, "load", load)
    assert loaded == []


def test_deliveries_of_before_the_notices_are_kept_by_the_migration(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.migrate("0013")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.executescript(
            """
            insert into tariff_plan values ('standard', null);
            insert into tariff_version (version_id, plan, valid_from, notice_date)
                values ('V1', 'standard', '2026-01-01', '2025-11-01');
            insert into customer (customer_id, legal_name, address_line, postal_code, city, country, email, siren,
                vat_territory, is_reseller, full_numbers_requested, is_high_risk_allowed)
                values ('acct-1', 'X', 'X', '75011', 'Paris', 'FR', 'x@x.x', '732829320', 'FR_MAINLAND', 0, 0, 0);
            insert into delivery (delivery_id, channel, recipient, customer_id, tariff_version_id, state, round,
                attempts, queued_at, sent_at, message_id)
                values ('d1', 'email', 'x@x.x', 'acct-1', 'V1', 'sent', 2, 1, '2025-10-01 08:00:00.000000',
                '2025-10-01 08:01:00.000000', '<m@x>');
            """
        )
    connection.close()
    ledger.migrate()
    [row] = rows(ledger, Delivery)
    assert (row.subject, row.state, row.round, row.message_id) == ("V1", "sent", 2, "<m@x>")
    assert row.sent_at == dt.datetime(2025, 10, 1, 8, 1)
    indexed = "select count(*) from sqlite_master where type = 'index' and name like 'ix_delivery_%'"
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        assert connection.execute(indexed).fetchone() == (5,)
    connection.close()
