"""``seconde doctor`` looks at the real machine; each thing missing comes with why and how."""

from __future__ import annotations

import socket

import pytest

from orchestration.doctor import Finding, examine, is_able
from orchestration.settings import Settings


def find(settings: Settings, what: str) -> Finding:
    return next(finding for finding in examine(settings) if finding.what == what)


def test_everything_missing_says_why_and_how(tmp_path):
    for finding in examine(Settings(home=tmp_path)):
        assert finding.detail
        assert finding.state == "ok" or finding.remedy, f"{finding.what} says no way out"


def test_a_home_that_cannot_be_written_is_missing(tmp_path):
    taken = tmp_path / "file"
    taken.write_text("not a folder")
    finding = find(Settings(home=taken / "var"), "SECONDE_HOME")
    assert finding.state == "missing"
    assert str(taken) in finding.detail


def test_a_ledger_that_was_never_made_names_the_command_that_makes_it(tmp_path):
    finding = find(Settings(home=tmp_path), "ledger")
    assert finding.state == "missing"
    assert "seconde init" in finding.remedy


def test_a_switch_that_listens_is_found(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        finding = find(Settings(home=tmp_path, esl_port=server.getsockname()[1]), "FreeSWITCH")
    assert finding.state == "ok"


@pytest.mark.parametrize(("state", "able"), [("ok", True), ("optional", True), ("missing", False)])
def test_only_what_is_missing_keeps_seconde_from_working(state, able):
    assert is_able([Finding("thing", state, "why", "how")]) is able
