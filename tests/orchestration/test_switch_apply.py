"""From the ledger to a running switch: refused while something is missing, the same twice, mended after a break."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import select
from typer.testing import CliRunner

from adapters.ledger.seed import load_world
from adapters.ledger.store import Ledger
from adapters.ledger.tables import Gateway, Suspension
from adapters.switch_passwords import make_passwords
from domain.errors import BadInput, PermanentError, TransientError
from orchestration.cli import build_app
from orchestration.settings import Settings
from orchestration.switch_apply import apply, passwords, render
from orchestration.switches import parse_switches
from tests.ingest.asked_switch import AskedSwitch, asked_switch

DAY = dt.date(2026, 11, 22)
SEEDS = Path(__file__).resolve().parents[2] / "seeds"


class Switch:
    """What a FreeSWITCH keeps, as far as an apply asks for it."""

    def __init__(self, folder):
        self.folder = folder
        self.variables = {"conf_dir": str(folder), "cdr_dir": str(folder)}
        # On the switch's own disk, which need not be this machine's.
        self.folders = {str(folder)}
        self.known: dict[str, set[str]] = {"queue": set(), "agent": set()}
        self.tiers: dict[tuple[str, str], str] = {}
        self.port = 0
        self.gateways = set()
        self.told = []
        self.fails_at = None

    def answer(self, command):
        if self.fails_at and command.startswith(self.fails_at):
            return "goodbye"
        name, _, rest = command.partition(" ")
        if name in ("global_getvar", "file_exists"):
            there = str(rest in self.folders).lower()
            return there if name == "file_exists" else self.variables.get(rest, "-ERR no reply\n")
        if name == "global_setvar":
            key, _, value = rest.partition("=")
            self.variables[key] = value
            return "+OK\n"
        if name == "reloadxml":
            self.read()
            return "+OK [Success]\n"
        if command.endswith("gwlist up"):
            return " ".join(sorted(self.gateways))
        if command.endswith("gwlist down"):
            return "-ERR no reply\n"
        if command.endswith(" list"):
            return self.listed(rest.split()[0])
        self.told.append(command)
        if name == "callcenter_config":
            kind, action, *key = rest.split()
            self.obey(kind, action, tuple(key) if kind == "tier" else key[0])
        elif rest.endswith("rescan"):
            self.gateways = self.names("gateways")
        return "+OK\n"

    def read(self):
        root = (self.folder / "freeswitch.xml").read_text()
        self.variables["seconde_release"] = re.findall(r"seconde_release=(\w+)", root)[0]

    def names(self, folder):
        release = self.folder / "releases" / self.variables["seconde_release"]
        return {path.stem for path in (release / folder).glob("*.xml")}

    def listed(self, kind):
        if kind == "tier":
            rows = [f"{queue}|{agent}|Ready|1|{position}" for (queue, agent), position in self.tiers.items()]
            return "\n".join(["queue|agent|state|level|position", *rows, "+OK"])
        return "\n".join(["name|x", *(f"{name}|x" for name in sorted(self.known[kind])), "+OK"])

    def obey(self, kind, action, key):
        if kind == "tier":
            self.tiers[key] = "2" if key[1] == "bob@acct-1001" else "1"
        elif action in ("load", "reload"):
            self.known[kind].add(key)
        else:
            self.known[kind].discard(key)


@pytest.fixture(scope="module")
def demo_ledger_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    ledger.migrate()
    load_world(ledger, SEEDS / "demo")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "conf"


@pytest.fixture
def switch(folder):
    state = Switch(folder)
    with asked_switch(AskedSwitch(state.answer)) as server:
        state.port = server.port
        yield state


@pytest.fixture
def settings(demo_ledger_file, switch, tmp_path):
    ledger = shutil.copy(demo_ledger_file, tmp_path / "ledger.sqlite")
    return Settings(
        home=tmp_path / "home",
        ledger_url=f"sqlite:///{ledger}",
        esl_port=switch.port,
        esl_password=SecretStr("lab"),
    )


@pytest.fixture
def furnished(folder, settings):
    """A first render, and every password."""
    render(settings, folder, DAY)
    made = passwords(settings, folder, DAY)
    make_passwords(folder, ("event_socket", "gateway-carrier2"))
    return made


def one_of(applied):
    """What the only switch runs."""
    (one,) = applied
    return one


def suspend(settings, **changed):
    with Ledger(settings.ledger).session() as session:
        session.add(Suspension(customer_id="acct-1001", suspended_from=DAY, reason="x", **changed))


def test_a_first_render_says_which_passwords_are_missing(settings, folder):
    rendered = render(settings, folder, DAY)
    assert all(change.sign == "+" for change in rendered.changes)
    named = {problem.removesuffix(" has no password") for problem in rendered.problems if "has no password" in problem}
    assert named >= {"the event socket", "gateway carrier2"}
    assert any("local/passwords/event_socket.xml is not there" in problem for problem in rendered.problems)


def test_passwords_are_made_once_and_only_for_telephones(settings, folder, furnished):
    assert "alice@acct-1001" in furnished
    assert "event_socket" not in furnished
    before = {path.name: path.read_text() for path in (folder / "local" / "passwords").iterdir()}
    assert len(set(before.values())) == len(before)
    assert passwords(settings, folder, DAY) == []
    assert {path.name: path.read_text() for path in (folder / "local" / "passwords").iterdir()} == before


def test_rendering_again_changes_nothing(settings, folder, furnished):
    again = render(settings, folder, DAY)
    assert (again.changes, again.problems) == ([], [])


def test_apply_refuses_while_a_password_is_missing_and_the_switch_is_not_asked(settings, folder, switch):
    with pytest.raises(BadInput, match="the event socket has no password"):
        apply(settings, folder, DAY)
    assert not (folder / "freeswitch.xml").exists()
    assert "seconde_release" not in switch.variables


def test_a_first_apply_fills_the_switch_and_a_second_tells_it_nothing(settings, folder, switch, furnished):
    first = one_of(apply(settings, folder, DAY))
    assert switch.gateways == {"carrier1", "carrier2"}
    assert switch.tiers.keys() >= {("support@acct-1001", "alice@acct-1001")}
    assert switch.variables["seconde_applied"] == first.release
    second = one_of(apply(settings, folder, DAY))
    assert (second.release, second.changes, second.commands, second.by_hand) == (first.release, [], [], [])


def test_a_suspension_is_one_changed_line_and_no_command(settings, folder, switch, furnished):
    apply(settings, folder, DAY)
    suspend(settings)
    applied = one_of(apply(settings, folder, DAY))
    assert [(change.sign, change.path, change.added, change.removed) for change in applied.changes] == [
        ("~", "dialplan/customers/acct-1001.xml", 1, 0)
    ]
    assert applied.commands == []
    assert switch.variables["seconde_release"] == applied.release


@pytest.mark.parametrize("breaks_at", ["reloadxml", "sofia profile external rescan", "callcenter_config tier reload"])
def test_an_apply_that_was_cut_short_is_finished_by_the_next(settings, folder, switch, furnished, breaks_at):
    switch.fails_at = breaks_at
    with pytest.raises(TransientError):
        apply(settings, folder, DAY)
    switch.fails_at = None
    apply(settings, folder, DAY)
    assert switch.gateways == {"carrier1", "carrier2"}
    assert len(switch.tiers) == 4


def test_what_was_told_before_a_break_is_told_again_when_it_changed(settings, folder, switch, furnished):
    """The gateway's file is already the new one on disk; only the switch's own word tells that it has not read it."""
    apply(settings, folder, DAY)
    with Ledger(settings.ledger).session() as session:
        session.exec(select(Gateway).where(Gateway.gateway_name == "carrier1")).one().proxy = "new.example"
    switch.fails_at = "sofia profile external killgw"
    with pytest.raises(TransientError):
        apply(settings, folder, DAY)
    switch.fails_at = None
    assert one_of(apply(settings, folder, DAY)).commands == [
        "sofia profile external killgw carrier1",
        "sofia profile external rescan",
    ]


def test_a_switch_that_reads_another_folder_is_found_out(settings, folder, switch, furnished, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    switch.folder = elsewhere
    suspend(settings)
    with pytest.raises(PermanentError, match="name that folder with --out"):
        apply(settings, folder, DAY)


def test_without_a_switch_the_configuration_is_in_place_for_its_start(settings, folder, furnished):
    absent = settings.model_copy(update={"esl_port": 1})
    suspend(settings)
    with pytest.raises(TransientError, match="no FreeSWITCH answers"):
        apply(absent, folder, DAY)
    assert render(settings, folder, DAY).changes == []


@pytest.fixture
def second(folder):
    state = Switch(folder)
    with asked_switch(AskedSwitch(state.answer)) as server:
        state.port = server.port
        yield state


def two_switches(settings, *ports):
    switches = [f"fs{n}=127.0.0.1:{port}" for n, port in enumerate(ports, start=1)]
    return settings.model_copy(update={"switches": parse_switches(",".join(switches))})


def test_every_switch_of_the_settings_is_told(settings, folder, switch, second, furnished):
    both = two_switches(settings, switch.port, second.port)
    first, other = apply(both, folder, DAY)
    assert (first.switch, other.switch) == ("fs1", "fs2")
    assert switch.gateways == second.gateways == {"carrier1", "carrier2"}
    assert switch.variables["seconde_applied"] == second.variables["seconde_applied"] == first.release
    assert [one.commands for one in apply(both, folder, DAY)] == [[], []]


def test_a_switch_that_is_away_keeps_no_other_from_its_configuration(settings, folder, second, furnished):
    with pytest.raises(TransientError, match=r"is not on every switch \(on fs2\): no FreeSWITCH answers"):
        apply(two_switches(settings, 1, second.port), folder, DAY)
    assert second.gateways == {"carrier1", "carrier2"}


def test_a_folder_of_call_records_that_the_switch_has_not_is_said_whatever_this_machine_has(
    settings, folder, switch, furnished, tmp_path
):
    """Behind a tunnel the switch's address is loopback and its disk is not ours."""
    switch.variables["cdr_dir"] = str(tmp_path)
    assert one_of(apply(settings, folder, DAY)).by_hand == [f"install -d -o freeswitch {tmp_path}"]
    switch.variables["cdr_dir"] = "/only/on/the/switch"
    switch.folders.add("/only/on/the/switch")
    assert one_of(apply(settings, folder, DAY)).by_hand == []


def test_the_commands_say_what_changed_and_take_no_password(settings, folder, switch, furnished, monkeypatch):
    monkeypatch.setenv("SECONDE_HOME", str(settings.home))
    monkeypatch.setenv("SECONDE_LEDGER_URL", settings.ledger)
    monkeypatch.setenv("SECONDE_ESL_PORT", str(switch.port))
    monkeypatch.setenv("SECONDE_ESL_PASSWORD", "lab")
    run = CliRunner()
    first = run.invoke(build_app(), ["freeswitch", "apply", "--out", str(folder)])
    assert first.exit_code == 0, first.output
    again = run.invoke(build_app(), ["freeswitch", "render", "--out", str(folder)])
    assert "nothing changed" in again.output
    for command in ("apply", "render", "import", "passwords"):
        words = run.invoke(build_app(), ["freeswitch", command, "--help"]).output.lower()
        assert not re.search(r"--\w*pass", words)


def test_a_file_is_imported_from_the_command_line_and_a_bad_one_set_aside(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("SECONDE_HOME", str(settings.home))
    monkeypatch.setenv("SECONDE_LEDGER_URL", settings.ledger)
    file = tmp_path / "suspensions.csv"
    file.write_text("customer_id,suspended_from,reason\nacct-1001,2026-11-20,unpaid\n")
    run = CliRunner()
    assert run.invoke(build_app(), ["freeswitch", "import", "suspensions", str(file)]).exit_code == 0
    file.write_text("customer_id,suspended_from,reason\nacct-9999,2026-11-20,unpaid\n")
    refused = run.invoke(build_app(), ["freeswitch", "import", "suspensions", str(file)])
    assert isinstance(refused.exception, BadInput)
    assert (settings.home / "quarantine" / "suspensions.csv.reason.txt").exists()
