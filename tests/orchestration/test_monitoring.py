"""What an operator sees of the listeners: metrics, health, logs, the unit; and what nobody sees: secrets."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from domain.errors import PermanentError
from ingest.esl_listener import EslListener, ListenerSettings
from orchestration.cli import build_app
from orchestration.listener_metrics import METRICS, exposition
from orchestration.logs import configure_logs
from orchestration.monitoring import monitored, serving

SYSTEMD = Path(__file__).parents[2] / "telephony" / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
# In a unit's hardening, what is its own.
OWN = re.compile("#|ReadWritePaths=|RestrictAddressFamilies=")
# A line of the exposition format 0.0.4.
SAMPLE = re.compile(r'seconde_listener_[a-z_]+\{switch="fs[12]"(,le="[0-9.+Inf]+")?\} -?[0-9.e+-]+')


@pytest.fixture
def listeners(tmp_path):
    settings = [ListenerSettings("127.0.0.1", 1, "s3cret", name, tmp_path) for name in ("fs1", "fs2")]
    return [EslListener(each, lambda: 1, lambda: 0.0) for each in settings]


def test_metrics_are_in_prometheus_text_format(listeners):
    listeners[0].status.heard.events = 12
    listeners[0].status.last_event = 0.0
    for seconds in (0.0005, 0.003, 99.0):
        listeners[0].status.fsyncs.add(seconds)
    text = exposition(listeners)
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    assert text.endswith("\n")
    assert 'seconde_listener_events_total{switch="fs1"} 12' in samples
    assert 'seconde_listener_fsync_seconds_bucket{switch="fs1",le="0.005"} 2' in samples
    assert 'seconde_listener_fsync_seconds_bucket{switch="fs1",le="+Inf"} 3' in samples
    assert 'seconde_listener_fsync_seconds_count{switch="fs1"} 3' in samples
    assert not [line for line in samples if line.startswith('seconde_listener_last_event_age_seconds{switch="fs2"}')]
    assert text.count("# TYPE") == text.count("# HELP") == len(METRICS) + 1


def test_a_counter_s_name_ends_in_total():
    assert [name for name, kind, _, _ in METRICS if (kind == "counter") != name.endswith("_total")] == []


def test_health_is_503_with_a_reason_until_every_switch_is_heard(listeners):
    with serving("127.0.0.1", 0, listeners) as port:
        address = f"http://127.0.0.1:{port}"
        listeners[0].status.is_subscribed = True
        sick = httpx.get(f"{address}/healthz")
        listeners[1].status.is_subscribed = True
        well = httpx.get(f"{address}/healthz")
        listeners[1].status.unwell["journal"] = "disk full"
        full = httpx.get(f"{address}/healthz")
        metrics = httpx.get(f"{address}/metrics")
        assert httpx.get(f"{address}/").status_code == 404
    assert (sick.status_code, sick.json()["complaints"]) == (503, {"fs1": [], "fs2": ["switch: not subscribed yet"]})
    assert well.status_code == 200
    assert full.json()["complaints"]["fs2"] == ["journal: disk full"]
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'seconde_listener_up{switch="fs2"} 1' in metrics.text


def test_a_port_that_is_taken_is_refused_and_names_the_setting(listeners):
    with (
        serving("127.0.0.1", 0, listeners) as port,
        pytest.raises(PermanentError, match="SECONDE_MONITOR_PORT"),
        monitored("127.0.0.1", port, listeners),
    ):
        pass


def test_port_0_monitors_nothing(listeners):
    with monitored("127.0.0.1", 0, listeners) as port:
        assert port is None


@pytest.mark.usefixtures("_logging_as_before")
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_phone_number_is_in_clear_at_info(log_format):
    stream = io.StringIO()
    configure_logs(log_format, "DEBUG", stream)
    log = logging.getLogger("test")
    log.info("refused: %s", "Caller-ID +33639980001 to 0170181001")
    try:
        raise ValueError("no leg of +33639980002")
    except ValueError:
        log.exception("it failed")
    log.debug("raw +33639980003")
    text = stream.getvalue()
    assert "+33639980001" not in text
    assert "0170181001" not in text
    assert "+33639980002" not in text
    assert "+3363998****" in text
    assert "+33639980003" in text


@pytest.mark.usefixtures("_logging_as_before")
def test_json_logs_are_one_object_a_line():
    stream = io.StringIO()
    configure_logs("json", "INFO", stream)
    logging.getLogger("ingest").warning('two\nlines and "quotes"')
    said = json.loads(stream.getvalue())
    assert (said["level"], said["logger"], said["message"]) == ("WARNING", "ingest", 'two\nlines and "quotes"')
    assert said["at"].endswith("+00:00")


def test_no_command_takes_a_secret_on_its_command_line():
    from typer.main import get_command

    commands = getattr(get_command(build_app()), "commands", {})
    options = {option for command in commands.values() for parameter in command.params for option in parameter.opts}
    assert [option for option in options if re.search("password|secret|token", option)] == []


def test_a_secret_is_not_in_metrics_health_or_what_a_listener_prints(listeners):
    shown = exposition(listeners) + repr(listeners[0].settings) + repr(listeners[0].status)
    assert "s3cret" not in shown


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze: apt-get install systemd")
def test_the_units_are_some_systemd_takes(tmp_path):
    # verify looks for the program itself: any executable stands in for the installed one.
    for name in UNITS:
        (tmp_path / name).write_text(
            (SYSTEMD / name).read_text().replace("/opt/seconde/.venv/bin/seconde", "/bin/true")
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if any(name in line for name in UNITS)]
    assert (done.returncode, ours) == (0, []), done.stderr


def hardening(name):
    lines = (SYSTEMD / name).read_text().partition("[Service]")[2].partition("[Install]")[0].splitlines()
    return {line for line in lines[lines.index("StateDirectory=seconde") :] if "=" in line and not OWN.match(line)}


@pytest.mark.parametrize("name", SERVICES)
def test_every_unit_hardens_as_the_listener_s_and_keeps_the_secret_out_of_the_environment(name):
    unit = (SYSTEMD / name).read_text()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077"):
        assert f"\n{line}\n" in unit
    assert hardening(name) >= hardening("seconde-listener.service")
    assert ("LoadCredential=esl.password:" in unit) == (name == "seconde-listener.service")
    assert not re.search(r"SECONDE_ESL_PASSWORD=", unit)


def test_the_spool_s_unit_may_move_files_from_the_spool_to_the_archive_beside_it():
    """Two paths made writable are two mounts, and no file is renamed from one to another."""
    unit = (SYSTEMD / "seconde-spool.service").read_text()
    (writable,) = re.findall(r"^ReadWritePaths=-?(.*)$", unit, re.MULTILINE)
    (spool,) = re.findall(r"SECONDE_CDR_SPOOL=(\S+)", unit)
    assert Path(spool).parent == Path(writable)
