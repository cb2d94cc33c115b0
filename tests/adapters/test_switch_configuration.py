"""From the ledger to files: the same twice, nothing undefined, nothing from a row that no longer applies."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlmodel import select

from adapters.ledger.seed import load_world
from adapters.ledger.store import Ledger
from adapters.ledger.tables import (
    CallQueue,
    Contract,
    Gateway,
    NumberRoute,
    PhoneNumber,
    SipAccount,
    Suspension,
    VoiceMenu,
    VoiceMenuChoice,
)
from adapters.switch_configuration import render_configuration
from adapters.switch_release import changes
from domain.errors import BadInput

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def demo_ledger_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    ledger.migrate()
    load_world(ledger, SEEDS / "demo")
    return path


@pytest.fixture
def ledger(demo_ledger_file, tmp_path):
    """The demo world's ledger, to change."""
    return Ledger(f"sqlite:///{shutil.copy(demo_ledger_file, tmp_path / 'ledger.sqlite')}")


@pytest.fixture
def difference(ledger):
    """What a change of the ledger changes in the files: sign, path and lines."""
    before = render_configuration(ledger, DAY).files

    def difference(*rows, on=DAY):
        with ledger.session() as session:
            for row in rows:
                session.add(row)
        return [
            (change.sign, change.path, change.lines)
            for change in changes(before, render_configuration(ledger, on).files)
        ]

    return difference


def refusal(ledger, *rows):
    """The words in which rows are refused."""
    with ledger.session() as session:
        for row in rows:
            session.add(row)
    with pytest.raises(BadInput) as refused:
        render_configuration(ledger, DAY)
    return str(refused.value)


def test_rendering_twice_gives_the_same_bytes_and_name(ledger):
    first, second = render_configuration(ledger, DAY), render_configuration(ledger, DAY)
    assert (first.files, first.root, first.release) == (second.files, second.root, second.release)


def test_rows_in_another_order_give_the_same_bytes(ledger, tmp_path):
    other = Ledger(f"sqlite:///{tmp_path}/other.sqlite")
    other.migrate()
    load_world(other, SEEDS / "demo")
    with other.session() as session:
        route = session.exec(select(NumberRoute).where(NumberRoute.number == "+33170181001")).one()
        kept = route.model_dump()
        session.delete(route)
        session.flush()
        session.add(NumberRoute(**kept))
    assert render_configuration(other, DAY).release == render_configuration(ledger, DAY).release


def test_every_file_is_xml(ledger):
    for path, text in render_configuration(ledger, DAY).files.items():
        assert ET.fromstring(text).tag in ("include", "configuration", "profile"), path


def test_no_comment_breaks_freeswitchs_parser_or_is_obeyed_by_its_preprocessor(ledger):
    for path, text in render_configuration(ledger, DAY).files.items():
        for comment in text.split("<!--")[1:]:
            words = comment.split("-->")[0]
            assert "--" not in words, path
            assert "x-pre-process" not in words.lower(), path
            assert "$${" not in words, path


def test_no_password_is_rendered_and_each_is_read_from_a_file_of_its_own(ledger):
    configuration = render_configuration(ledger, DAY)
    text = "".join(configuration.files.values())
    assert 'name="password"' not in text
    read = set(re.findall(r"local/passwords/([^\"]+)\.xml", text))
    assert read == {"event_socket", "gateway-carrier2", *configuration.accounts}


def test_a_suspension_changes_one_line(difference):
    barred = '+        <action application="set" data="outgoing_barred=true"/>'
    suspension = Suspension(customer_id="acct-1001", suspended_from=DAY, reason="FA-2026-000001 unpaid")
    assert difference(suspension) == [("~", "dialplan/customers/acct-1001.xml", (barred,))]


def test_a_suspension_that_begins_tomorrow_or_was_lifted_changes_nothing(difference):
    tomorrow = Suspension(customer_id="acct-1001", suspended_from=dt.date(2026, 11, 23), reason="x")
    lifted = Suspension(customer_id="acct-1002", suspended_from=dt.date(2026, 11, 1), lifted_on=DAY, reason="x")
    assert difference(tomorrow, lifted) == []


def test_a_new_queue_is_a_new_file_and_its_number_a_route(difference):
    found = difference(
        CallQueue(customer_id="acct-1002", queue_name="accueil"),
        NumberRoute(customer_id="acct-1002", number="+33170182003", kind="queue", destination="accueil"),
    )
    assert [(sign, path) for sign, path, _ in found] == [
        ("+", "callcenter/queues/accueil@acct-1002.xml"),
        ("~", "dialplan/numbers/+331701820.xml"),
    ]


def test_a_carrier_is_a_gateway_an_address_and_a_way_out(difference):
    carrier = Gateway(gateway_name="carrier3", proxy="sip.carrier3.example", networks="203.0.113.8/29", priority=3)
    found = {path: lines for _, path, lines in difference(carrier)}
    assert sorted(found) == ["autoload_configs/acl.conf.xml", "dialplan/gateways.xml", "gateways/carrier3.xml"]
    assert '+      <node type="allow" cidr="203.0.113.8/29"/>' in found["autoload_configs/acl.conf.xml"]


def test_carriers_are_tried_by_priority_and_for_emergencies_those_that_take_them_first(ledger):
    with ledger.session() as session:
        session.add(Gateway(gateway_name="first", proxy="a.example", networks="203.0.113.8/29", priority=1))
        session.exec(select(Gateway).where(Gateway.gateway_name == "carrier1")).one().priority = 5
    text = render_configuration(ledger, DAY).files["dialplan/gateways.xml"]
    order = [part.partition("/")[0] for part in text.split("sofia/gateway/")[1:]]
    assert order == ["first", "carrier2", "carrier1", "carrier2", "carrier1", "first"]


def test_a_customer_is_there_from_the_first_day_of_a_contract_to_its_last(ledger):
    path = "dialplan/customers/acct-1012.xml"
    assert path in render_configuration(ledger, dt.date(2026, 10, 15)).files
    assert path not in render_configuration(ledger, dt.date(2026, 10, 16)).files
    assert path not in render_configuration(ledger, dt.date(2025, 8, 31)).files


def test_a_number_that_changes_hands_leads_to_its_new_customer_from_that_day(ledger):
    for day, customer in ((15, "acct-1012"), (16, "acct-1011")):
        block = render_configuration(ledger, dt.date(2026, 10, day)).files["dialplan/numbers/+333530101.xml"]
        extension = ET.fromstring(block).find(".//extension[@name='+33353010102']")
        assert extension is not None
        run = [action.get("data") for action in extension.iter("action")]
        assert f"=account XML customer-{customer}" in run


def test_every_contradiction_is_named_and_nothing_is_rendered(ledger):
    account: dict[str, Any] = {"customer_id": "acct-1001"}
    words = refusal(
        ledger,
        NumberRoute(**account, number="+33170181070", kind="queue", destination="nights"),
        NumberRoute(**account, number="+33170181083", kind="accounts", destination="alice, dave"),
        NumberRoute(**account, number="+33170181099", kind="forward", destination="0612345678"),
        VoiceMenuChoice(**account, menu_name="accueil", digit="3", kind="menu", destination="nuit"),
        SipAccount(**account, user_name="eve", caller_number="+33170182001"),
        Gateway(gateway_name="carrier3", proxy="sip.carrier3.example", networks="203.0.113.9/29", priority=3),
    )
    for named in (
        "acct-1001 number +33170181070: it leads to queue 'nights'",
        "acct-1001 number +33170181083: it leads to accounts 'dave'",
        "acct-1001 number +33170181099: forwarded to '0612345678'",
        "acct-1001 menu accueil, 3: it leads to menu 'nuit'",
        "acct-1001 account 'eve': it presents +33170182001, not theirs",
        "gateway 'carrier3': networks: 203.0.113.9/29 has host bits set",
    ):
        assert named in words


@pytest.mark.parametrize(
    "name", ['x"/><action application="system" data="id', "a b", "x${y}", "x$${y}", "x|y", "x,y", "Ü"]
)
def test_a_name_that_would_mean_something_to_the_switch_is_refused_even_when_it_came_by_sql(ledger, name):
    account: dict[str, Any] = {"customer_id": "acct-1001"}
    for row in (
        SipAccount(**account, user_name=name, caller_number="+33170181001"),
        CallQueue(**account, queue_name=name),
        VoiceMenu(**account, menu_name="nuit", greeting=name),
        Gateway(gateway_name=name, proxy="sip.example", networks="", priority=9),
        Gateway(gateway_name="carrier9", proxy=name, networks="", priority=9),
        Gateway(gateway_name="carrier9", proxy="sip.example", user_name=name, networks="", priority=9),
    ):
        assert repr(name) in refusal(ledger, row)
        with ledger.session() as session:
            session.delete(row)


@pytest.mark.parametrize(
    ("name", "number_type"), [("112", "emergency"), ("3639", "surcharged"), ("0612345678", "mobile")]
)
def test_a_telephone_named_like_a_number_people_dial_is_refused_even_when_it_came_by_sql(ledger, name, number_type):
    words = refusal(ledger, SipAccount(customer_id="acct-1001", user_name=name, caller_number="+33170181001"))
    assert f"acct-1001 account '{name}': user_name {name} is a number that people dial in FR ({number_type})" in words


@pytest.mark.parametrize("name", ["201", "4001", "20001", "9"])
def test_digits_that_are_no_number_may_name_a_telephone(ledger, name):
    with ledger.session() as session:
        session.add(SipAccount(customer_id="acct-1001", user_name=name, caller_number="+33170181001"))
    assert f"{name}@acct-1001" in render_configuration(ledger, DAY).accounts


def test_a_route_of_a_number_that_went_away_is_left_out(ledger):
    with ledger.session() as session:
        session.exec(select(PhoneNumber).where(PhoneNumber.number == "+33170181021")).one().valid_to = DAY
    assert "+33170181021" not in "".join(render_configuration(ledger, DAY).files.values())


def test_an_empty_ledger_gives_a_switch_that_refuses_calls(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/empty.sqlite")
    ledger.migrate()
    configuration = render_configuration(ledger, DAY)
    assert configuration.accounts == ()
    assert "NO_ROUTE_TRANSIT_NET" in configuration.files["dialplan/gateways.xml"]
    for text in configuration.files.values():
        ET.fromstring(text)


def test_a_customer_of_a_country_without_a_plan_is_refused(ledger):
    with ledger.session() as session:
        contract = session.exec(select(Contract).where(Contract.customer_id == "acct-1007")).one()
        customer = session.get(type(ledger.customers()[0]), contract.customer_id)
        customer.country = "XX"
    with pytest.raises(BadInput, match="'XX' has no numbering plan"):
        render_configuration(ledger, DAY)
