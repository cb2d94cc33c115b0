"""The switch's configuration and what its README promises, against what the code reads."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from domain.call_event import EVENT_STAMP, FIELDS
from ingest.esl_session import SUBSCRIPTION

FREESWITCH = Path(__file__).parents[2] / "telephony" / "freeswitch"
CONFIGURATION = sorted(FREESWITCH.rglob("*.xml"))


def setting(name, parameter):
    tree = ElementTree.parse(FREESWITCH / "conf" / "autoload_configs" / f"{name}.conf.xml")
    return [param.get("value") for param in tree.iter("param") if param.get("name") == parameter]


@pytest.mark.parametrize("path", CONFIGURATION, ids=lambda path: path.name)
def test_every_file_is_well_formed_and_named_in_the_readme(path):
    ElementTree.parse(path)
    assert f"conf/{path.parent.name}/{path.name}" in (FREESWITCH / "README.md").read_text()


def test_the_readme_names_every_field_that_is_read():
    named = set(re.findall(r"`([A-Za-z][\w-]+)`", (FREESWITCH / "README.md").read_text()))
    read = {field.header for field in FIELDS} | {field.queue_header for field in FIELDS if field.queue_header}
    assert sorted((read | {EVENT_STAMP}) - named) == []


def test_the_readme_shows_the_subscription_that_is_sent():
    assert f"\n{SUBSCRIPTION}\n" in (FREESWITCH / "README.md").read_text()
    assert SUBSCRIPTION.split()[-2] == "CUSTOM"


def test_call_files_are_written_for_b_legs_and_not_encoded():
    assert setting("json_cdr", "encode-values") == ["false"]
    assert setting("json_cdr", "log-b-leg") == ["true"]
    assert setting("json_cdr", "queue-capacity") == []


def test_the_shipped_password_is_not_the_one_everybody_knows():
    assert setting("event_socket", "password") == ["$${event_socket_password}"]
    assert setting("event_socket", "listen-ip") == ["127.0.0.1"]


def test_what_confirms_a_customer_is_exported_to_the_carrier_s_leg():
    tree = ElementTree.parse(FREESWITCH / "conf" / "dialplan" / "customers.xml")
    exported = {
        str(action.get("data")).partition("=")[0]
        for action in tree.iter("action")
        if action.get("application") == "export"
    }
    assert exported == {"account_id", "call_direction", "number_type", "campaign"}
