"""Alerts through a real SMTP server and a real HTTP receiver on loopback, recorded in real Parquet."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.alert_channels import SmtpChannel, SmtpSettings, WebhookChannel, WebhookSettings
from adapters.alerts import Alert, Alerts
from adapters.warehouse import Warehouse
from assets.quality_tables import TABLES
from tests.adapters.receivers import Mailbox, Receiver, http_receiver, smtp_server, unheard_url

RAISED = dt.datetime(2026, 12, 1, 6, 30, tzinfo=dt.UTC)
LATER = RAISED + dt.timedelta(hours=1)
PROBLEM: dict[str, Any] = {
    "check_name": "invoice_totals",
    "month": "2026-11",
    "severity": "error",
    "message": "3 rows: 3 x net and VAT do not add up to the total (first: acct-1001)",
    "failing_rows": 3,
}


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[SmtpChannel]:
    with smtp_server(mailbox) as port:
        yield SmtpChannel(
            SmtpSettings("127.0.0.1", "seconde@example.org", ("a@example.org", "b@example.org"), port=port)
        )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as state:
        yield state


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", tmp_path / "warehouse.duckdb", TABLES)


def recorded(warehouse: Warehouse) -> Any:
    return warehouse.read("select * from data_quality_alerts order by raised_at, alert_id").to_pylist()


def test_an_alert_is_mailed_posted_logged_and_recorded(
    warehouse: Warehouse, smtp: SmtpChannel, mailbox: Mailbox, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = Alerts([smtp, WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    alert = alerts.raise_alert(**PROBLEM, raised_at=RAISED)

    [mail] = mailbox.mails
    assert mail["Subject"] == "[Seconde] error: invoice_totals (2026-11)"
    assert (mail["From"], mail["To"]) == ("seconde@example.org", "a@example.org, b@example.org")
    assert mail["Message-ID"] == f"<{alert.alert_id}@seconde.invalid>"
    assert mail["Date"] == "Tue, 01 Dec 2026 06:30:00 +0000"
    assert PROBLEM["message"] in mail.get_content()
    [(headers, body)] = receiver.posts
    assert headers["Idempotency-Key"] == alert.alert_id
    assert body == {**PROBLEM, "alert_id": alert.alert_id, "raised_at": "2026-12-01T06:30:00Z", "text": alert.text}
    [line] = [r for r in caplog.records if r.name == "seconde.alerts"]
    assert (line.levelno, line.getMessage()) == (logging.ERROR, alert.text)
    assert recorded(warehouse) == [
        PROBLEM
        | {
            "alert_id": alert.alert_id,
            "raised_at": dt.datetime(2026, 12, 1, 6, 30),
            "delivered_by": "log,smtp,webhook",
            "delivery_error": None,
            "resolved_at": None,
        }
    ]


def test_a_second_run_tells_nobody_again(
    warehouse: Warehouse, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = Alerts([WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    first = alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    assert alerts.raise_alert(**PROBLEM, raised_at=LATER) == first
    alerts.retry_undelivered()
    assert len(receiver.posts) == len(caplog.records) == len(recorded(warehouse)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"failing_rows": 4},
        {"month": "2026-10"},
        {"severity": "warning"},
        {"fingerprint": "other rows"},
        {"message": "x"},
    ],
)
def test_another_problem_is_another_alert(warehouse: Warehouse, change: dict[str, Any]) -> None:
    alerts = Alerts([], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    alerts.raise_alert(**{**PROBLEM, **change}, raised_at=RAISED)
    assert len(recorded(warehouse)) == 2


def test_without_channels_the_log_and_the_table_have_it(warehouse: Warehouse) -> None:
    Alerts([], warehouse).raise_alert(**PROBLEM, raised_at=RAISED)
    [row] = recorded(warehouse)
    assert (row["delivered_by"], row["delivery_error"]) == ("log", None)


def test_a_channel_that_fails_loses_nothing_and_stops_no_other(
    warehouse: Warehouse, smtp: SmtpChannel, mailbox: Mailbox
) -> None:
    alerts = Alerts([WebhookChannel(WebhookSettings(unheard_url())), smtp], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    [row] = recorded(warehouse)
    assert (row["delivered_by"], row["delivery_error"]) == ("log,smtp", "webhook: ConnectError")
    assert len(mailbox.mails) == 1


def test_what_was_not_delivered_is_sent_at_the_next_run_by_that_channel_only(
    warehouse: Warehouse, smtp: SmtpChannel, mailbox: Mailbox, receiver: Receiver
) -> None:
    receiver.status = 503
    alerts = Alerts([smtp, WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    assert recorded(warehouse)[0]["delivery_error"] == "webhook: HTTP 503"

    receiver.status = 200
    alerts.retry_undelivered()
    [row] = recorded(warehouse)
    assert (row["delivered_by"], row["delivery_error"]) == ("log,smtp,webhook", None)
    assert (len(mailbox.mails), len(receiver.posts)) == (1, 2)
    keys = {headers["Idempotency-Key"] for headers, _ in receiver.posts}
    assert keys == {row["alert_id"]}


def test_a_channel_that_is_down_is_tried_once_for_all_its_alerts(warehouse: Warehouse, receiver: Receiver) -> None:
    receiver.status = 500
    alerts = Alerts([WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    for rows in range(5):
        alerts.raise_alert(**{**PROBLEM, "failing_rows": rows}, raised_at=RAISED)
    receiver.posts.clear()
    alerts.retry_undelivered()
    assert len(receiver.posts) == 1
    receiver.status = 200
    alerts.retry_undelivered()
    assert len(receiver.posts) == 1 + 5
    assert {row["delivery_error"] for row in recorded(warehouse)} == {None}


def test_an_alert_written_down_but_not_sent_is_sent_by_the_next_process(
    warehouse: Warehouse, receiver: Receiver
) -> None:
    """A kill between the record and the channels leaves what this channel leaves."""

    @dataclass(frozen=True)
    class Killed:
        name: str = "webhook"

        def send(self, alert: Alert) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Alerts([Killed()], warehouse).raise_alert(**PROBLEM, raised_at=RAISED)
    assert recorded(warehouse)[0]["delivery_error"] == "webhook: not sent yet"
    Alerts([WebhookChannel(WebhookSettings(receiver.url))], warehouse).retry_undelivered()
    assert len(receiver.posts) == 1
    assert recorded(warehouse)[0]["delivery_error"] is None


def test_a_problem_that_is_gone_is_resolved_and_no_longer_sent(warehouse: Warehouse, receiver: Receiver) -> None:
    receiver.status = 500
    alerts = Alerts([WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    alerts.raise_alert(**{**PROBLEM, "check_name": "another_check"}, raised_at=RAISED)
    alerts.resolve("invoice_totals", "2026-11", LATER)
    assert {r["check_name"]: r["resolved_at"] for r in recorded(warehouse)} == {
        "invoice_totals": dt.datetime(2026, 12, 1, 7, 30),
        "another_check": None,
    }
    receiver.posts.clear()
    alerts.retry_undelivered()
    assert [body["check_name"] for _, body in receiver.posts] == ["another_check"]


def test_a_resolved_problem_that_comes_back_is_told_again(warehouse: Warehouse, receiver: Receiver) -> None:
    alerts = Alerts([WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    alerts.resolve("invoice_totals", "2026-11", LATER)
    alerts.raise_alert(**PROBLEM, raised_at=LATER)
    assert len(receiver.posts) == 2
    [row] = recorded(warehouse)
    assert (row["raised_at"], row["resolved_at"]) == (dt.datetime(2026, 12, 1, 7, 30), None)


def test_a_check_that_now_says_something_else_leaves_one_open_alert(warehouse: Warehouse) -> None:
    alerts = Alerts([], warehouse)
    alerts.raise_alert(**PROBLEM, raised_at=RAISED)
    second = alerts.raise_alert(**{**PROBLEM, "failing_rows": 1}, raised_at=LATER)
    alerts.resolve("invoice_totals", "2026-11", LATER, keep=[second.alert_id])
    assert alerts.open_alerts() == [second]


def test_a_problem_with_a_name_is_one_alert_however_its_figures_grow(warehouse: Warehouse) -> None:
    alerts = Alerts([], warehouse)
    named = {**PROBLEM, "identity": "acct-1001 2026-11-25"}
    first = alerts.raise_alert(**named, raised_at=RAISED)
    assert alerts.raise_alert(**{**named, "message": "worse", "failing_rows": 9}, raised_at=LATER) == first
    other = alerts.raise_alert(**{**named, "identity": "acct-1002 2026-11-25"}, raised_at=LATER)
    alerts.resolve("invoice_totals", "2026-11", LATER, keep=[first.alert_id, other.alert_id])
    assert alerts.open_alerts() == [first, other]


def test_no_whole_phone_number_leaves_by_any_channel(
    warehouse: Warehouse, smtp: SmtpChannel, mailbox: Mailbox, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = Alerts([smtp, WebhookChannel(WebhookSettings(receiver.url))], warehouse)
    alerts.raise_alert(**{**PROBLEM, "message": "no contract for +33170181001"}, raised_at=RAISED)
    told = [mailbox.mails[0].get_content(), str(receiver.posts), caplog.text, str(recorded(warehouse))]
    assert all("+3317018****" in text for text in told)
    assert not any("33170181001" in text for text in told)
