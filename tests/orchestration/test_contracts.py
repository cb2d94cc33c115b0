"""``seconde contract``: changes signed from the command line, told again, and their papers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from adapters.ledger.seed import load_law, load_world
from adapters.ledger.store import Ledger
from orchestration.cli import main
from tests.adapters.receivers import Mailbox, smtp_server

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


def test_a_new_price_is_told_once_and_its_letter_can_go_by_post(seconde, tmp_path, monkeypatch):
    words = ("contract", "price", "ctr-1001-1", "users", "13.50", "--on", "2099-01-01", *SIGNED, "--tell")
    code, _, told = seconde(*words)
    assert (code, "set SECONDE_SMTP_HOST" in told) == (4, True)
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        monkeypatch.setenv("SECONDE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SECONDE_SMTP_PORT", str(port))
        monkeypatch.setenv("SECONDE_BILLING_SENDER", "factures@operateur.example")
        _, _, told = seconde(*words)
        rank = told.partition("ctr-1001-1#")[2].partition(" ")[0]
        assert "is queued: seconde deliver sends it" in told
        assert "is on its way already" in seconde(*words)[2]
        assert "notice to compta@centre-imaginaire.example queued" in seconde("contract", "show", "ctr-1001-1")[1]
        assert "1 sent" in seconde("deliver")[2]
        assert "nothing was due" in seconde("deliver")[2]
    assert [mail["To"] for mail in mailbox.mails] == ["compta@centre-imaginaire.example"]
    assert "told compta@centre-imaginaire.example on 20" in seconde("contract", "show", "ctr-1001-1")[1]
    letter = tmp_path / "avis.pdf"
    assert seconde("contract", "price-notice", "ctr-1001-1", rank, "--output", letter)[0] == 0
    assert letter.read_bytes().startswith(b"%PDF")
    code, _, told = seconde("contract", "price-notice", "ctr-1001-1", 1)
    assert (code, "ctr-1001-1#1 is no price" in told) == (3, True)
    code, _, told = seconde(*words, "--notice-date", "2026-11-01")
    assert (code, "choose one" in told) == (3, True)
