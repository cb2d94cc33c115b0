"""What the README promises, against the files and against what the code reads."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from domain.call_event import EVENT_STAMP
from domain.event_fields import FIELDS
from ingest.esl_session import SUBSCRIPTION

FREESWITCH = Path(__file__).parents[2] / "telephony" / "freeswitch"
README = (FREESWITCH / "README.md").read_text(encoding="utf-8")
SOURCES = sorted(
    path for folder in ("conf", "templates") for path in (FREESWITCH / folder).rglob("*") if path.is_file()
)


def setting(path, parameter):
    tree = ElementTree.parse(FREESWITCH / "conf" / path)
    return [param.get("value") for param in tree.iter("param") if param.get("name") == parameter]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_file_is_named_in_the_readme(path):
    assert f"`{path.relative_to(FREESWITCH)}`" in README


def test_every_file_the_readme_names_is_there():
    named = re.findall(r"`((?:conf|templates)/[^`]+\.(?:xml|j2))`", README)
    assert [name for name in named if not (FREESWITCH / name).is_file()] == []


def test_the_readme_names_every_field_that_is_read():
    named = set(re.findall(r"`([A-Za-z][\w-]+)`", README))
    read = {field.header for field in FIELDS} | {field.queue_header for field in FIELDS if field.queue_header}
    assert sorted((read | {EVENT_STAMP}) - named) == []


def test_the_readme_shows_the_subscription_that_is_sent():
    assert f"\n{SUBSCRIPTION}\n" in README
    assert SUBSCRIPTION.split()[-2] == "CUSTOM"


def test_call_files_are_written_for_b_legs_and_not_encoded():
    assert setting("autoload_configs/json_cdr.conf.xml", "encode-values") == ["false"]
    assert setting("autoload_configs/json_cdr.conf.xml", "log-b-leg") == ["true"]
    assert setting("autoload_configs/json_cdr.conf.xml", "queue-capacity") == []


def test_the_event_socket_is_for_this_machine_and_its_password_is_a_secret():
    path = "autoload_configs/event_socket.conf.xml"
    assert setting(path, "password") == []
    assert "local/passwords/event_socket.xml" in (FREESWITCH / "conf" / path).read_text()
    assert (setting(path, "listen-ip"), setting(path, "apply-inbound-acl")) == (["127.0.0.1"], ["loopback.auto"])


def test_customers_call_with_a_password_and_carriers_from_their_addresses():
    assert setting("sip_profiles/internal.xml", "auth-calls") == ["true"]
    assert setting("sip_profiles/internal.xml", "accept-blind-auth") == ["false"]
    assert setting("sip_profiles/external.xml", "apply-inbound-acl") == ["carriers"]
    assert setting("sip_profiles/external.xml", "disable-transfer") == ["true"]


def test_no_call_is_followed_in_the_log():
    """At NOTICE a real FreeSWITCH wrote forty lines a call, with every number in them."""
    assert setting("autoload_configs/switch.conf.xml", "loglevel") == ["warning"]
    for name in ("console", "logfile"):
        tree = ElementTree.parse(FREESWITCH / "conf" / "autoload_configs" / f"{name}.conf.xml")
        assert {mapped.get("value") for mapped in tree.iter("map")} == {"warning,err,crit,alert"}


def test_no_direction_is_exported_without_nolocal():
    """FACTS.md, "Transfers": exported, it would be the same on both legs of a forwarded call."""
    exported = re.findall(r'application="export" data="([^"=]+)=', "".join(path.read_text() for path in SOURCES))
    assert {"account_id", "accountcode", "campaign", "nolocal:call_direction", "nolocal:number_type"} <= set(exported)
    assert not {"call_direction", "number_type"} & set(exported)
