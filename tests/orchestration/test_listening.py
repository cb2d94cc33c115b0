"""The listeners of an installation: which switches, whose password, and one process for several."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from domain.errors import PermanentError, TransientError
from ingest.event_journal import EventJournal, read_segment, sealed_segments
from ingest.replay import Recording, Replay
from orchestration.listening import make_listeners, run_listeners
from orchestration.settings import Settings, load_settings
from orchestration.switches import Switch, parse_switches


def test_a_list_names_every_switch():
    assert parse_switches("fs1=10.0.0.5:8021, fs2=[fd00::2]:8022,") == (
        Switch("fs1", "10.0.0.5", 8021),
        Switch("fs2", "fd00::2", 8022),
    )


@pytest.mark.parametrize("text", ["fs1", "fs1=host", "fs1=host:0", "fs1=host:65536", "a b=host:1", "x=a:1,x=b:1"])
def test_a_list_that_does_not_read_so_is_refused(text):
    with pytest.raises(ValueError, match=r"does not read|stands twice"):
        parse_switches(text)


def test_the_environment_names_switches_and_a_fault_names_the_setting(monkeypatch):
    monkeypatch.setenv("SECONDE_SWITCHES", "fs1=10.0.0.5:8021")
    assert load_settings().all_switches == (Switch("fs1", "10.0.0.5", 8021),)
    monkeypatch.setenv("SECONDE_SWITCHES", "fs1")
    with pytest.raises(PermanentError, match=r"SECONDE_SWITCHES: .*name=host:port"):
        load_settings()


def test_the_settings_of_a_single_switch_still_do(tmp_path):
    settings = Settings(home=tmp_path, switch_name="fs9", esl_host="127.0.0.1", esl_port=8022)
    (listener,) = make_listeners(settings)
    assert (listener.settings.switch, listener.settings.address) == ("fs9", "127.0.0.1:8022")
    assert listener.settings.spill_folder == tmp_path / "spill"


def test_each_switch_has_its_own_password_file(tmp_path):
    for name in ("fs1", "fs2"):
        (tmp_path / f"{name}.password").write_text(f"of {name}\n")
    settings = Settings(
        home=tmp_path,
        switches=parse_switches("fs1=10.0.0.5:8021,fs2=10.0.0.6:8021"),
        esl_password_file=tmp_path / "{switch}.password",
    )
    assert [listener.settings.current_password() for listener in make_listeners(settings)] == ["of fs1", "of fs2"]
    (tmp_path / "fs2.password").write_text("changed")
    (only,) = make_listeners(settings, "fs2")
    assert only.settings.current_password() == "changed"
    with pytest.raises(PermanentError, match="no switch is called 'fs3'; SECONDE_SWITCHES names fs1, fs2"):
        make_listeners(settings, "fs3")


def settings_for(tmp_path: Path, *ports: int) -> Settings:
    switches = tuple(Switch(f"fs{number}", "127.0.0.1", port) for number, port in enumerate(ports, 1))
    return Settings(home=tmp_path, switches=switches)


def test_two_switches_are_journalled_by_one_process_each_in_its_own_segments(tmp_path, shared):
    recording = Recording((shared / "freeswitch/captures/sigkill/plain-subset.esl").read_bytes())
    with Replay([recording]) as one, Replay([recording]) as two:
        listeners = make_listeners(settings_for(tmp_path, one.port, two.port))
        thread = threading.Thread(target=run_listeners, args=[listeners])
        thread.start()
        one.wait()
        two.wait()
        for listener in listeners:
            listener.stop()
        thread.join(20)
        assert not thread.is_alive()
    segments = sealed_segments(tmp_path / "journal")
    assert {segment.switch for segment in segments} == {"fs1", "fs2"}
    events = [record for path in segments for record in read_segment(path).records if record.kind == "plain"]
    assert len(events) == 70


def test_one_that_cannot_journal_stops_the_others_and_says_why(tmp_path):
    journal = EventJournal(tmp_path / "journal", "fs2", lambda: 1, 1 << 20, 3600)
    with journal, pytest.raises((PermanentError, TransientError), match="another process writes the journal of fs2"):
        run_listeners(make_listeners(settings_for(tmp_path, 1, 1)))
