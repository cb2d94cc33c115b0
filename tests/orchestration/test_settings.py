"""The settings: where they come from, and what they refuse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from domain.errors import PermanentError
from domain.fraud import FraudThresholds
from orchestration.settings import Settings, child_environment, load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """None of this machine's own settings: a test must not read a developer's installation."""
    import os

    for name in [name for name in os.environ if name.upper().startswith("SECONDE_")]:
        monkeypatch.delenv(name)


def test_everything_is_written_below_home_and_the_ledger_defaults_to_sqlite_there(tmp_path):
    settings = load_settings(home=tmp_path)
    assert settings.ledger == f"sqlite:///{tmp_path}/ledger.sqlite"
    assert settings.dagster_home == tmp_path / "dagster"


def test_a_relative_home_is_made_absolute_because_dagster_changes_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == tmp_path / "var"


def test_a_variable_of_the_environment_is_a_setting(monkeypatch):
    monkeypatch.setenv("SECONDE_LEDGER_URL", "postgresql://seconde@db/seconde")
    monkeypatch.setenv("SECONDE_CARRIER_PROFILES", "external, carrier-two")
    settings = load_settings()
    assert settings.ledger == "postgresql://seconde@db/seconde"
    assert settings.carrier_profiles == {"external", "carrier-two"}


def test_the_day_a_switchs_files_were_given_up_is_a_setting_of_each_switch(monkeypatch):
    monkeypatch.setenv("SECONDE_CDR_FILES_ENDED", "fs1=2026-11-20, fs2=2026-12-01")
    ended = load_settings().cdr_files_ended
    assert ended == {"fs1": dt.date(2026, 11, 20), "fs2": dt.date(2026, 12, 1)}
    monkeypatch.setenv("SECONDE_CDR_FILES_ENDED", "fs1")
    with pytest.raises(PermanentError, match=r"SECONDE_CDR_FILES_ENDED: .*'fs1' does not read name=YYYY-MM-DD"):
        load_settings()
    for wrong in ("=2026-11-20", "fs1=2026-11-20,fs1=2026-11-21"):
        monkeypatch.setenv("SECONDE_CDR_FILES_ENDED", wrong)
        with pytest.raises(PermanentError, match="names no switch, or one that has a day already"):
            load_settings()


def test_the_thresholds_of_fraud_are_settings_and_their_defaults_the_domains(monkeypatch):
    assert load_settings().fraud == FraudThresholds()
    monkeypatch.setenv("SECONDE_FRAUD_NIGHT_CALLS", "7")
    monkeypatch.setenv("SECONDE_FRAUD_CAP_PERCENT", "101")
    with pytest.raises(PermanentError, match="SECONDE_FRAUD_CAP_PERCENT"):
        load_settings()
    monkeypatch.setenv("SECONDE_FRAUD_CAP_PERCENT", "90")
    assert load_settings().fraud == FraudThresholds(night_calls=7, cap_percent=90)


def test_an_empty_variable_is_as_good_as_none(monkeypatch, tmp_path):
    monkeypatch.setenv("SECONDE_LEDGER_URL", "")
    assert load_settings(home=tmp_path).ledger.startswith("sqlite:")


def test_a_mistyped_variable_is_refused_and_named(monkeypatch):
    monkeypatch.setenv("SECONDE_LEDGER_UR", "postgresql://seconde@db/seconde")
    with pytest.raises(PermanentError, match=r"SECONDE_LEDGER_UR: no such setting.*SECONDE_LEDGER_URL"):
        load_settings()


def test_every_value_that_does_not_fit_is_named_at_once(monkeypatch):
    monkeypatch.setenv("SECONDE_ESL_PORT", "eight")
    monkeypatch.setenv("SECONDE_SMTP_PORT", "0")
    with pytest.raises(PermanentError, match=r"SECONDE_ESL_PORT: .*SECONDE_SMTP_PORT: "):
        load_settings()


def test_the_password_file_wins_and_its_line_end_is_not_part_of_the_password(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    assert Settings(home=tmp_path, esl_password_file=secret).event_socket_password() == "correct horse"


def test_a_password_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(PermanentError, match="absent cannot be read"):
        Settings(home=tmp_path, esl_password_file=tmp_path / "absent").event_socket_password()


def test_the_factory_password_stays_on_loopback(tmp_path):
    assert Settings(home=tmp_path).event_socket_password()
    with pytest.raises(PermanentError, match="factory password"):
        Settings(home=tmp_path, esl_host="10.0.0.5").event_socket_password()


def test_secrets_are_not_printed(tmp_path):
    settings = Settings(home=tmp_path, esl_password="hunter2", webhook_url="https://hooks.example/T0K3N")
    assert "hunter2" not in repr(settings)
    assert "T0K3N" not in repr(settings)


def test_a_dagster_process_is_told_the_same_home_and_ledger(tmp_path):
    environment = child_environment(Settings(home=tmp_path))
    assert environment["SECONDE_HOME"] == str(tmp_path)
    assert environment["SECONDE_LEDGER_URL"] == f"sqlite:///{tmp_path}/ledger.sqlite"
    assert Path(environment["DAGSTER_HOME"]) == tmp_path / "dagster"
