"""The command line: errors as one paragraph without a traceback, exit codes a script can act on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestration.cli import main

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "demo"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECONDE_HOME", str(tmp_path))
    # Wide enough that a sentence stays on its line.
    monkeypatch.setenv("COLUMNS", "400")
    return tmp_path


@pytest.fixture
def seconde(home, monkeypatch, capsys):
    """Run a command; its exit code, standard output and standard error."""

    def run(*words: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["seconde", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code, said.out, said.err

    return run


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def without(path: Path, seed: str, old: str, new: str) -> Path:
    """A seed file with one thing changed."""
    text = (SEEDS / seed).read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_word_that_is_no_command_is_a_mistake_of_usage(seconde):
    assert seconde("clse", "2026-10")[0] == 2


def test_the_demo_s_world_is_loaded_once(seconde):
    assert seconde("init", "--seed", "demo")[0] == 0
    code, _, told = seconde("init", "--seed", "demo")
    assert code == 0
    assert "customers.csv: 0 rows taken, 12 known already" in told


def test_an_installation_without_a_ledger_is_told_to_make_one(seconde):
    code, _, told = seconde("import", "customers", SEEDS / "customers.csv")
    assert code == 4
    assert "seconde init" in told


def test_a_customer_without_a_siren_is_named_by_its_row_and_nothing_is_taken(seconde, home, tmp_path):
    seconde("init")
    file = without(tmp_path / "customers.csv", "customers.csv", "999000011", "")
    code, _, told = seconde("import", "customers", file)
    assert code == 3
    assert "row 2" in told
    assert "acct-1001" in told
    assert (home / "quarantine" / "customers.csv").read_bytes() == file.read_bytes()
    assert "row 2" in (home / "quarantine" / "customers.csv.reason.txt").read_text()


def test_a_tariff_file_with_an_overlap_is_refused_whole(seconde, tmp_path):
    seconde("init", "--seed", "demo")
    header, first = (SEEDS / "tariffs.csv").read_text(encoding="utf-8").splitlines()[:2]
    overlapping = first.replace("STD-2026-01", "STD-2026-99").replace("2026-01-01", "2026-06-01")
    code, _, told = seconde("import", "tariffs", write(tmp_path / "tariffs.csv", header, overlapping))
    assert code == 3
    assert "STD-2026-99" in told


def test_a_payment_for_an_unknown_invoice_is_set_aside_with_its_reason(seconde, home, tmp_path):
    seconde("init", "--seed", "demo")
    header = "reference,document_number,value_date,amount_eur"
    file = write(tmp_path / "bank.csv", header, "VIR-1,FA-2026-999999,2026-10-15,12.00")
    code, _, told = seconde("import", "payments", file)
    assert code == 3
    assert "FA-2026-999999" in told
    assert "FA-2026-999999" in (home / "quarantine" / "bank.csv.reason.txt").read_text()


def test_a_month_and_a_date_are_written_as_such(seconde):
    assert seconde("close", "octobre")[0] == 3
    assert seconde("close", "2026-10", "--as-of", "demain")[0] == 3


def test_a_question_before_there_is_a_warehouse_names_the_next_command(seconde):
    code, _, told = seconde("sql", "select 1")
    assert code == 4
    assert "seconde land" in told


def test_a_mistyped_setting_stops_every_command(seconde, monkeypatch):
    monkeypatch.setenv("SECONDE_LEDGER_UR", "x")
    code, _, told = seconde("doctor")
    assert code == 4
    assert "SECONDE_LEDGER_UR: no such setting" in told


def test_a_database_that_does_not_answer_is_not_now(seconde, monkeypatch, tmp_path):
    """Exit code 5: the ledger's database does not answer."""
    monkeypatch.setenv("SECONDE_LEDGER_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert seconde("init")[0] == 5
