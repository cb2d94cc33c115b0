"""A hijacked telephone is told of by the landing that brings its calls, once per rule; a quiet month tells nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from adapters.alerts import Alert, Alerts
from adapters.ledger.tables import Contract, TariffRate
from domain.calendar import BILLING_ZONE
from ingest.esl_protocol import EVENT_KINDS, Frame, FrameParser
from ingest.event_journal import EventJournal
from orchestration.flow import Flow
from orchestration.simulation import RECORDED_CALLS
from tests.assets.cdr.lab import HANGUP, Body, call, changed, is_event
from tests.scenarios.worlds import open_world

INTL, SOMALIA, MOBILE = "+442079460018", "+252612345678", "+33698000111"
FRAUD_DAY = dt.date(2026, 11, 25)
RULES = {"unusual_spend", "high_risk_calls", "short_call_burst", "night_traffic", "daily_cap_passed"}


@cache
def recorded() -> list[Body]:
    """A call of acct-1001 to a carrier, as a real switch told it: the hang-ups of its two legs."""
    items = FrameParser().feed((RECORDED_CALLS / "twenty-two-calls.esl").read_bytes())
    frames = [item for item in items if isinstance(item, Frame) and item.content_type in EVENT_KINDS]
    bodies = [(EVENT_KINDS[frame.content_type], frame.body) for frame in frames]
    return [body for body in call(bodies, INTL) if is_event(body, HANGUP)]


def copies(number: str, at: dt.datetime, seconds: int, name: str) -> Iterator[Body]:
    """The recorded call to another number, at a Paris time, so long."""
    answer = int(at.replace(tzinfo=BILLING_ZONE).timestamp() * 1_000_000)
    stamps = {"start": answer - 2_000_000, "answer": answer, "end": answer + seconds * 1_000_000}
    said: dict[str, str | None] = {f"variable_{stamp}_uepoch": str(value) for stamp, value in stamps.items()}
    said |= {"Event-Date-Timestamp": said["variable_end_uepoch"], "Caller-Destination-Number": number}
    said |= {"variable_sip_req_user": number, "variable_sip_to_user": number, "Core-UUID": "boot-fraud"}
    said |= {"variable_session_id": None, "Other-Leg-Unique-ID": None}
    a_leg, b_leg = f"{name}-a", f"{name}-b"
    for body in recorded():
        is_b = is_event(body, HANGUP, Call_Direction="outbound")
        links = {"variable_originator": a_leg, "variable_originating_leg_uuid": a_leg} if is_b else {}
        yield changed(body, {**said, **links, "Unique-ID": b_leg if is_b else a_leg})


def land(flow: Flow, bodies: list[Body], opened: dt.date) -> None:
    opened_us = int(dt.datetime.combine(opened, dt.time(12), dt.UTC).timestamp() * 1_000_000)
    with EventJournal(flow.platform.journal, "fslab1", lambda: opened_us, 1 << 30, 86_400) as journal:
        for n, (kind, body) in enumerate(bodies):
            journal.append(opened_us + n, kind, body)
        journal.seal()
    flow.land()


def quiet_days(first: dt.date, days: int) -> list[Body]:
    """Four calls each working day, in the morning."""
    dates = [first + dt.timedelta(n) for n in range(days)]
    return [
        body
        for date in dates
        if date.weekday() < 5
        for n, number in enumerate((INTL, MOBILE, INTL, MOBILE))
        for body in copies(number, dt.datetime.combine(date, dt.time(9 + n)), 60 + n, f"{date}-{n}")
    ]


def attack(calls: int, name: str = "hacked", minute: int = 0, day: dt.date = FRAUD_DAY) -> list[Body]:
    at = dt.datetime.combine(day, dt.time(3, minute))
    return [body for n in range(calls) for body in copies(SOMALIA, at + dt.timedelta(seconds=5 * n), 5, f"{name}-{n}")]


def alerts(flow: Flow) -> list[tuple[Any, ...]]:
    sql = "select check_name, message, raised_at from data_quality_alerts where resolved_at is null"
    rows = flow.platform.warehouse.read(sql).to_pylist()
    return sorted((row["check_name"], row["message"].split(":")[0]) for row in rows if row["check_name"] in RULES)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """Five weeks of ordinary calls of acct-1001, whose contract has a cap of ten euros a day."""
    flow = open_world(tmp_path_factory.mktemp("fraud"))
    with flow.platform.ledger.session() as session:
        contract = session.get(Contract, "ctr-1001-1")
        assert contract is not None
        contract.daily_cap_cents = 10_00
        dear: dict[str, Any] = {
            "price_per_minute_micros": 3_000_000,
            "category": "Somalie",
            "destination_country": "SO",
        }
        valid_from = dt.date(2026, 10, 16)
        rate = TariffRate(version_id="STD-2026-10", destination_prefix="252", valid_from=valid_from, **dear)
        session.add(rate)
    land(flow, quiet_days(dt.date(2026, 10, 19), 37), dt.date(2026, 11, 24))
    return flow


def test_a_quiet_month_tells_nothing(quiet: Flow) -> None:
    assert alerts(quiet) == []
    sql = "select sum(calls)::bigint as calls, sum(unpriced_calls)::bigint as unpriced from spend_daily"
    assert quiet.platform.warehouse.read(sql).to_pylist() == [{"calls": 4 * 27, "unpriced": 0}]


def test_an_estimate_is_the_bill_where_there_is_neither_allowance_nor_tier(quiet: Flow) -> None:
    sql = "select calls, billed_seconds, amount_micros from spend_daily where record_date = '2026-11-24'"
    rows = quiet.platform.warehouse.read(f"{sql} order by destination").to_pylist()
    # Two calls to a French mobile and two to a British landline, at the deck's price of the day.
    prices = {"336": 0, "44": 0}
    for rate in quiet.platform.ledger.rates("STD-2026-10"):
        if rate.destination_prefix in prices:
            prices[rate.destination_prefix] = rate.price_per_minute_micros
    due = [
        [(seconds * prices[to] + 30) // 60 for seconds in pair] for to, pair in (("336", (61, 63)), ("44", (60, 62)))
    ]
    assert [(row["calls"], row["amount_micros"]) for row in rows] == [(2, sum(pair)) for pair in due]


def test_the_landing_that_brings_a_hijacked_account_raises_one_alert_per_rule_and_the_next_none(quiet: Flow) -> None:
    land(quiet, attack(300), FRAUD_DAY)
    told = [(rule, f"acct-1001 on {FRAUD_DAY}") for rule in sorted(RULES)]
    assert alerts(quiet) == told
    raised = quiet.platform.warehouse.read("select count(*) as n from data_quality_alerts").to_pylist()
    # The account goes on: the same problems, with other figures.
    land(quiet, attack(40, "again", 40), FRAUD_DAY)
    assert alerts(quiet) == told
    assert quiet.platform.warehouse.read("select count(*) as n from data_quality_alerts").to_pylist() == raised
    found = quiet.platform.warehouse.read(
        "select reason from data_quality_findings where check_name = 'high_risk_calls'"
    ).to_pylist()
    assert [row["reason"] for row in found] == [
        "340 calls, 28 minutes to SO (high_risk): a range the switch refuses by default"
    ]


class DyingAlerts(Alerts):
    """A process that is killed as it would tell the first thing."""

    def raise_alert(self, **said: Any) -> Alert:
        raise OSError("killed")


def test_what_a_landing_estimated_and_died_before_telling_is_told_by_the_next(quiet: Flow) -> None:
    day = FRAUD_DAY + dt.timedelta(1)
    dying = replace(quiet.platform, alerts=DyingAlerts((), quiet.platform.warehouse))
    with pytest.raises(OSError, match="killed"):
        land(Flow(quiet.settings, platform=dying), attack(5, "killed", day=day), day)
    told = ("high_risk_calls", f"acct-1001 on {day}")
    assert told not in alerts(quiet)
    quiet.land()
    assert told in alerts(quiet)
