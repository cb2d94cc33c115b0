"""``seconde import tariffs``: a preview writes nothing, a deck lands with what the command says of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from adapters.ledger.store import Ledger
from domain.errors import BadInput
from orchestration.cli import build_app

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "demo"
TERMS = ("--plan", "standard", "--valid-from", "2027-03-01", "--notice-date", "2027-01-15", "--told", "all, by e-mail")
HEAD = "Pays;Indicatif;Destination;Tarif (EUR/min)\n"


@pytest.fixture
def seconde(tmp_path, monkeypatch):
    """Runs a command on the demo's ledger; its output, or the error it ends with."""
    monkeypatch.setenv("SECONDE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def seconde(*words):
        result = CliRunner().invoke(build_app(), [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    seconde("init", "--seed", "demo")
    return seconde


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def deck(tmp_path, home):
    """The demo's standard plan as a carrier would send it, every price a cent dearer, as CSV or XLSX."""

    def deck(kind="csv", without="", row=""):
        rates = Ledger(f"sqlite:///{home}/ledger.sqlite").rates("STD-2026-10")
        path = tmp_path / f"deck.{kind}"
        rows = [
            (rate.destination_country, rate.destination_prefix, rate.category, rate.price_per_minute_micros + 10_000)
            for rate in rates
            if rate.destination_prefix != without and (rate.origin_country, rate.origin_number_type) == ("*", "*")
        ]
        if kind == "csv":
            lines = [f"{c};{p};{n};{m // 1_000_000},{m % 1_000_000:06d}\n" for c, p, n, m in rows]
            path.write_bytes((HEAD + "".join(lines) + row).encode("cp1252"))
        else:
            book = openpyxl.Workbook()
            for cells in (
                ["Carrier SA"],
                [],
                HEAD.strip().split(";"),
                *((c, int(p) if p.isdigit() else p, n, m / 1e6) for c, p, n, m in rows),
            ):
                book.active.append(cells)
            book.save(path)
        return path

    return deck


def sha256(home: Path) -> str:
    return hashlib.sha256((home / "ledger.sqlite").read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_deck_is_previewed_then_taken_and_again_changes_nothing(seconde, home, deck, kind):
    file, before = deck(kind), sha256(home)
    shown = seconde("import", "tariffs", file, *TERMS, "--preview")
    assert sha256(home) == before, "a preview writes nothing"
    assert "standard-2027-03-01: plan standard, from 2027-03-01" in shown
    assert "after STD-2026-10, which ends on 2027-03-01" in shown
    assert "0 added, 484 changed, 7 removed, 0 as before" in shown
    assert "rates by country" in shown
    assert "what they would have cost cannot be said" in shown
    assert "nothing was written; run it again without --preview" in shown
    assert f"deck.{kind}: 484 rows taken" in seconde("import", "tariffs", file, *TERMS)
    after = sha256(home)
    assert f"deck.{kind}: 0 rows taken, 484 known already" in seconde("import", "tariffs", file, *TERMS)
    assert sha256(home) == after


def test_the_changes_are_written_for_a_table_of_ones_own(seconde, deck, tmp_path):
    seconde("import", "tariffs", deck(), *TERMS, "--preview", "--changes", tmp_path / "changes.csv")
    header, *lines = (tmp_path / "changes.csv").read_text().splitlines()
    assert header.startswith("version_id,change,prefix,country,category,")
    assert len(lines) == 491, "7 removed ones among them"
    assert any(line.startswith("standard-2027-03-01,changed,336,FR,France - mobiles,*,*,*,0.0") for line in lines)


def test_a_waiver_is_signed_and_recorded(seconde, home, deck):
    file, before = deck(without="33"), sha256(home)
    with pytest.raises(BadInput, match=r"STD-2026-10 prices 33 \(France - fixes.*--waive gap"):
        seconde("import", "tariffs", file, *TERMS)
    assert sha256(home) == before
    assert (home / "quarantine" / "deck.csv").exists()
    with pytest.raises(BadInput, match="a waiver is signed: say --accepted-by NAME and --because REASON"):
        seconde("import", "tariffs", file, *TERMS, "--waive", "gap")
    signed = ("--waive", "gap", "--accepted-by", "A. Martin", "--because", "no longer sold")
    assert "waived, gap, row 1: STD-2026-10 prices 33" in seconde("import", "tariffs", file, *TERMS, *signed)
    (waiver,) = Ledger(f"sqlite:///{home}/ledger.sqlite").tariff_waivers()
    assert (waiver.version_id, waiver.rule, waiver.accepted_by) == ("standard-2027-03-01", "gap", "A. Martin")


def test_a_refused_preview_sets_nothing_aside(seconde, home, deck):
    with pytest.raises(BadInput, match="row 486: price: -1 is negative"):
        seconde("import", "tariffs", deck(row="France;337;x;-1\n"), *TERMS, "--preview")
    assert not (home / "quarantine").exists()


@pytest.mark.parametrize(
    ("kind", "file", "options", "said"),
    [
        ("tariffs", "deck", (), "a deck does not name the plan it is of; say --plan"),
        ("tariffs", "deck", (*TERMS[:2], "--valid-from", "1/3/2027"), "--valid-from: '1/3/2027' is not a date"),
        ("tariffs", "tariffs", TERMS, "names its versions itself; leave out --plan, --valid-from"),
        ("customers", "customers", ("--preview",), "--preview: only `seconde import tariffs` takes this"),
    ],
)
def test_options_that_do_not_fit_the_file_are_refused(seconde, deck, kind, file, options, said):
    path = deck() if file == "deck" else SEEDS / f"{file}.csv"
    with pytest.raises(BadInput) as raised:
        seconde("import", kind, path, *options)
    assert said in str(raised.value)


def test_the_demos_own_file_of_versions_is_imported_as_ever(seconde):
    rows = len((SEEDS / "tariffs.csv").read_text().splitlines()) - 1
    assert f"tariffs.csv: 0 rows taken, {rows} known already" in seconde("import", "tariffs", SEEDS / "tariffs.csv")


def test_the_names_of_the_rules_are_those_the_ledger_records():
    from adapters.ledger.price_tables import WAIVED_RULES
    from orchestration.commands.tariff_options import WaivedRule

    assert tuple(WaivedRule) == WAIVED_RULES


def test_a_preview_says_what_changes_in_volume_tiers(seconde, deck, tmp_path):
    tiers = tmp_path / "tiers.csv"
    tiers.write_text(
        "version_id,destination_group,from_minutes,price_eur\n"
        "wholesale-2027-03-01,france-mobiles,600,0.0110\nwholesale-2027-03-01,france-mobiles,3000,0.0080\n"
    )
    terms = ("--plan", "wholesale", *TERMS[2:], "--waive", "gap", "--accepted-by", "A. Martin", "--because", "a test")
    shown = seconde("import", "tariffs", deck(), *terms, "--tiers", tiers, "--preview")
    assert "volume tiers" in shown
    rows = [line.split() for line in shown.splitlines() if "france-mobiles" in line and "volume" not in line]
    assert [[cell for cell in row if cell.strip("│┃|")] for row in rows] == [
        ["france-mobiles", "2000", "0.0095"],
        ["france-mobiles", "3000", "0.0080"],
    ]


def test_a_row_that_names_another_country_than_its_digits_is_told(seconde, deck):
    said = seconde("import", "tariffs", deck(row="FR;44799;Ailleurs;0,050000\n"), *TERMS, "--preview")
    assert "44799 is a number of GB, and the row says FR" in said
