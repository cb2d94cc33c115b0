"""``seconde contract``: changes signed from the command line, told again, and their papers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from adapters.ledger.seed import load_law, load_world
from adapters.ledger.store import Ledger
from orchestration.cli import main

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
SIGNED = ("--by", "A. Martin", "--reference", "courriel du 12/10")


@pytest.fixture(scope="module")
def demo_ledger(tmp_path_factory):
    """The ledger of the demo's world, to copy."""
    path = tmp_path_factory.mktemp("demo") / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    ledger.migrate()
    load_law(ledger, SEEDS / "law")
    load_world(ledger, SEEDS / "demo")
    return path


@pytest.fixture
def seconde(tmp_path, demo_ledger, monkeypatch, capsys):
    """Run a command on the demo's world; its exit code, standard output and standard error."""
    shutil.copy(demo_ledger, tmp_path)
    monkeypatch.setenv("SECONDE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["seconde", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_a_contract_is_changed_told_and_ended_from_the_command_line(seconde, tmp_path):
    new = ("ctr-1003-2", "--customer", "acct-1003", "--subscription", "Standard", "--subscription-eur", "49",
           "--plan", "standard", "--on", "2026-10-05")  # fmt: skip
    assert seconde("contract", "subscribe", *new, *SIGNED)[0] == 0
    number = ("--add-number", "+33170189999", "--number-eur", "1")
    changed = ("contract", "change", "ctr-1001-1", "--users", 2, "--on", "2026-10-12", *number, *SIGNED)
    assert seconde(*changed)[0] == seconde(*changed)[0] == 0
    code, _, told = seconde("contract", "price", "ctr-1001-1", "users", "13.50", "--on", "2026-11-01", *SIGNED)
    assert code == 3
    assert "no notice is recorded" in told
    code, said, _ = seconde("contract", "show", "ctr-1001-1", "--month", "2026-10")
    assert code == 0
    assert said.count("+2 users") == 1
    assert "20/31" in said
    notice = ("--notice-date", "2026-10-15")
    code, _, told = seconde("contract", "terminate", "ctr-1001-1", *notice, *SIGNED)
    assert "ends on 2026-11-15, its month is due in full" in told
    listed = tmp_path / "numeros.csv"
    assert seconde("contract", "numbers", "ctr-1001-1", "--on", "2026-11-15", "--output", listed)[0] == 0
    assert len(listed.read_text(encoding="utf-8").splitlines()) == 14
    assert seconde("contract", "order-form", "ctr-1003-2")[0] == 0
    assert (tmp_path / "contracts" / "ctr-1003-2-bon-de-commande.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("change", "ctr-1001-1", "--on", "2026-10-12", *SIGNED), "nothing changes"),
        (("change", "ctr-1001-1", "--on", "2026-10-12", "--add-number", "+331", *SIGNED), "say its price a month"),
        (("price", "ctr-1001-1", "numbers", "1", "--on", "2026-10-12", *SIGNED), "a price by country"),
        (("price", "ctr-1001-1", "users", "1", "--on", "2026-12-01", "--accepted-by", "X", *SIGNED), "by name and"),
        (("terminate", "ctr-1001-1", *SIGNED), "say when notice was received"),
        (("terminate", "ctr-1001-1", "--by", " ", "--reference", "x"), "is signed"),
        (("numbers", "ctr-1001-1", "--output", Path("x.xlsx")), "the list is a .csv or a .pdf"),
        (("show", "ctr-9"), "ctr-9 is no contract of the ledger"),
    ],
)
def test_a_command_that_lacks_something_says_what(seconde, words, said):
    code, _, told = seconde("contract", *words)
    assert code == 3
    assert said in told
