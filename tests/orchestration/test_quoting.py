"""``seconde quote``: the ledger's contract, tariffs and minutes, asked from the command line."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.build import build_platform
from orchestration.cli import main
from orchestration.quoting import parse_instant
from orchestration.settings import Settings

AT = ("--at", "2026-11-22T10:00")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """A ledger of the demo's world, made once."""
    home: Path = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECONDE_HOME", str(home))
        patch.setattr(sys, "argv", ["seconde", "init", "--seed", "demo"])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    return home


@pytest.fixture
def quote(demo, monkeypatch, capsys):
    monkeypatch.setenv("SECONDE_HOME", str(demo))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["seconde", "quote", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_a_customer_s_own_plan_loses_to_a_longer_prefix_and_wins_at_equal_ones(quote):
    code, said, _ = quote("+33536490201", "06 12 34 56 78", "--seconds", "90", *AT)
    assert code == 0
    assert "contract ctr-1010-2 of acct-1010, plan acct-1010, which falls back to standard" in said
    assert "beats prefix 33 of plan acct-1010 (France - fixes): its prefix is longer" in said
    assert "Total    0,027000\u00a0€ without VAT" in said
    _, said, _ = quote("0536490201", "0170182000", "--seconds", "90", *AT)
    assert "version CAP-2026-10" in said
    assert "Total    0,009000\u00a0€ without VAT" in said


def test_a_short_surcharged_number_has_its_service_s_price(quote):
    _, said, _ = quote("+33170181001", "118712", "--seconds", "90", *AT)
    assert "in a tariff FR118712" in said
    assert "Service  6,225000\u00a0€ for the service itself" in said


def test_an_emergency_number_is_free(quote):
    assert "free to the caller by law" in quote("+33170181001", "112", *AT)[1]


def test_included_minutes_are_counted_from_what_the_month_has_rated(quote, demo):
    call = ("+33170182001", "+33199001234", "--seconds", "60", *AT)
    said = quote(*call)[1]
    assert "what the month has used is not known" in said
    assert "Included 120.00 of 120.00 minutes a month are left for france-fixes; the call takes 1.00" in said
    warehouse = build_platform(Settings(home=demo)).warehouse
    spec = warehouse.tables["rated_calls"]
    fillers = {"BIGINT": 0, "VARCHAR": "x", "DATE": dt.date(2026, 11, 3), "TIMESTAMP": dt.datetime(2026, 11, 3)}
    used = {column.name: fillers[column.type] for column in spec.columns} | {
        "month": "2026-11", "call_month": "2026-11", "contract_id": "ctr-1002-1", "destination_group": "france-fixes",
        "charged_seconds": 7170,
    }  # fmt: skip
    warehouse.replace("rated_calls", pa.Table.from_pylist([used], schema=spec.arrow_schema), month="2026-11")
    said = quote(*call)[1]
    assert "Included 0.50 of 120.00 minutes a month are left for france-fixes; the call takes 0.50" in said
    assert "Total    0,004000\u00a0€ without VAT" in said
    path = warehouse.path("rated_calls", "2026-11")
    path.write_bytes(b"PAR1 torn PAR1")
    # A file that cannot be read is no month that nobody counted.
    with pytest.raises(duckdb.Error, match="rated_calls"):
        quote(*call)
    path.unlink()


def test_a_volume_tier_is_told(quote):
    said = quote("--customer", "acct-1008", "+33170000000", "0612345678", "--seconds", "60000", *AT)[1]
    assert "at the volume reached: 0,011000\u00a0€ a minute" in said


def test_a_number_that_is_another_customer_s_is_refused(quote):
    code, _, told = quote("+33170181001", "0612345678", "--customer", "acct-1002", *AT)
    assert code == 3
    assert "+33170181001 is acct-1001's on 2026-11-22, not acct-1002's" in told


def test_a_customer_without_a_contract_that_day_is_refused(quote):
    code, _, told = quote("+33170000000", "0612345678", "--customer", "acct-1012", *AT)
    assert code == 3
    assert "acct-1012 has no contract on 2026-11-22" in told


def test_an_instant_is_paris_time_unless_it_says_otherwise(quote):
    assert parse_instant("2026-11-22T10:00") == dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
    assert parse_instant("2026-11-22T10:00+00:00") == dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
    code, _, told = quote("+33170181001", "0612345678", "--at", "demain")
    assert code == 3
    assert "write it like 2026-11-22T10:00" in told
