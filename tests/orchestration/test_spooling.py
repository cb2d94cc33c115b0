"""The spools of an installation: a folder and a journal for each switch, and what a file that never ends becomes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from assets.cdr.findings import half_written_findings
from domain.errors import PermanentError
from orchestration.cli import build_app
from orchestration.settings import Settings
from orchestration.spooling import follow_spools, open_spools
from orchestration.switches import parse_switches
from tests.assets.cdr.lab import Lab

CAPTURED = "freeswitch/captures/encode-false/json_cdr"
YESTERDAY_NS = 86_400 * 10**9


@pytest.fixture
def settings(tmp_path, shared):
    """Two switches, each with a spool of its own and some of a real switch's files in it."""
    settings = Settings(
        home=tmp_path / "home",
        switches=parse_switches("fs1=127.0.0.1:1,fs2=127.0.0.1:2"),
        cdr_spool=tmp_path / "{switch}" / "spool",
    )
    for number, file in enumerate(sorted((shared / CAPTURED).iterdir())):
        spool = tmp_path / f"fs{1 + number % 2}" / "spool"
        spool.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, spool)
    return settings


def test_each_switch_has_its_spool_its_archive_and_its_journal(settings, tmp_path):
    with open_spools(settings) as spools:
        assert [spool.take().files for spool in spools] == [9, 8]
    for switch, files in (("fs1", 9), ("fs2", 8)):
        assert len(list((tmp_path / switch / "archive").rglob("*.json"))) == files
        assert len(list((settings.home / "journal").glob(f"{switch}.cdr-*.esl"))) == 1
    assert settings.archives == (tmp_path / "fs1" / "archive", tmp_path / "fs2" / "archive")


def test_one_switch_alone_leaves_the_others_files(settings, tmp_path):
    with open_spools(settings, "fs2") as spools:
        assert [spool.take().files for spool in spools] == [8]
    assert len(list((tmp_path / "fs1" / "spool").iterdir())) == 9


def test_two_switches_never_share_a_spool(settings, tmp_path):
    shared = settings.model_copy(update={"cdr_spool": tmp_path / "spool"})
    with pytest.raises(PermanentError, match="would be the spool of 2 switches"), open_spools(shared):
        pass


def test_a_switch_nobody_named_has_no_spool(settings):
    with pytest.raises(PermanentError, match="no switch is called 'fs3'"), open_spools(settings, "fs3"):
        pass


def test_a_spool_that_fails_stops_the_others_and_is_told(settings, tmp_path):
    shutil.rmtree(tmp_path / "fs2" / "spool")
    with open_spools(settings) as spools, pytest.raises(PermanentError, match="log-dir in json_cdr"):
        follow_spools(spools)


def test_the_command_takes_every_switchs_files(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SECONDE_HOME", str(settings.home))
    monkeypatch.setenv("SECONDE_SWITCHES", "fs1=127.0.0.1:1,fs2=127.0.0.1:2")
    monkeypatch.setenv("SECONDE_CDR_SPOOL", str(settings.cdr_spool))
    result = CliRunner().invoke(build_app(), ["spool"])
    assert (result.exit_code, "17 CDR files journalled" in result.output) == (0, True)


@pytest.mark.usefixtures("_logging_as_before")
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_command_logs_as_the_settings_say_and_no_number_in_clear(settings, tmp_path, monkeypatch, log_format):
    file = tmp_path / "fs1" / "spool" / "+33639980001.cdr.json"
    file.write_text("{")
    os.utime(file, (0, 0))
    for name, value in {
        "HOME": settings.home,
        "SWITCHES": "fs1=127.0.0.1:1",
        "CDR_SPOOL": settings.cdr_spool,
        "LOG_FORMAT": log_format,
    }.items():
        monkeypatch.setenv(f"SECONDE_{name}", str(value))
    result = CliRunner().invoke(build_app(), ["spool"])
    assert result.exit_code == 0, result.output
    (said,) = [line for line in result.output.splitlines() if "half written)" in line]
    assert ("+33639980001" in result.output, "+3363998****" in said) == (False, True)
    assert (orjson.loads(said)["level"] if log_format == "json" else said.split()[2]) == "WARNING"


def test_a_file_that_stays_half_written_is_a_finding_until_it_is_whole(settings, tmp_path):
    file = min((tmp_path / "fs1" / "spool").iterdir())
    whole = file.read_bytes()
    lab = Lab(settings.home)
    found = []
    for content in (whole[:-1], whole[:-1], whole):
        file.write_bytes(content)
        written_ns = file.stat().st_mtime_ns - YESTERDAY_NS
        os.utime(file, ns=(written_ns, written_ns))
        with open_spools(settings, "fs1") as (spool,):
            spool.take()
        lab.land()
        found.append([row for month in months(lab) for row in half_written_findings(lab.warehouse, month)])
    (first,), (again,), last = found
    assert (first["row_key"], first["reason"]) == (
        file.name,
        f"the CDR file {file.name} is half written since more than 300 s: its leg is missing until it is whole",
    )
    assert again == first
    assert last == []


def test_a_file_that_may_not_be_read_is_a_finding_with_the_disks_reason(settings, tmp_path, monkeypatch):
    file = min((tmp_path / "fs1" / "spool").iterdir())
    os.utime(file, ns=(file.stat().st_mtime_ns - YESTERDAY_NS,) * 2)
    lab = Lab(settings.home)
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == file.name:
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    with monkeypatch.context() as closed, open_spools(settings, "fs1") as (spool,):
        closed.setattr(Path, "read_bytes", refuse)
        spool.take()
    lab.land()
    (found,) = [row for month in months(lab) for row in half_written_findings(lab.warehouse, month)]
    assert found["reason"] == (
        f"the CDR file {file.name} cannot be read since more than 300 s (Permission denied): its leg is missing until "
        "the user of `seconde spool` may read it"
    )


def months(lab):
    return sorted({path.parent.name.removeprefix("month=") for path in lab.warehouse.files("rejected_events")})
