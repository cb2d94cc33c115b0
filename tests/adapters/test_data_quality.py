"""Suites on real DuckDB tables through the real Great Expectations: who fails, why, and what is not data's fault."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from adapters import data_quality
from adapters.data_quality import evaluate, write_findings
from adapters.expectations import Expectation, Suite, at_least, equal, matching
from adapters.warehouse import Column, TableSpec, Warehouse
from assets.quality_tables import TABLES
from domain.errors import PermanentError

REPOSITORY = Path(__file__).resolve().parents[2]
CALLS = TableSpec(
    "calls",
    "month",
    "One row per call.",
    (
        Column("month", "VARCHAR", "Month"),
        Column("boot_id", "VARCHAR", "Boot"),
        Column("leg_id", "VARCHAR", "Leg"),
        Column("seconds", "BIGINT", "Seconds billed", True),
        Column("seconds_due", "BIGINT", "Seconds due", True),
        Column("number", "VARCHAR", "Number", True),
    ),
)
SUITE = Suite(
    name="call_seconds",
    table="calls",
    description="Billed seconds are the seconds due.",
    key=("boot_id", "leg_id"),
    sql="select boot_id, leg_id, seconds, seconds_due, number from calls where month = $month",
    expectations=(
        at_least("seconds", 0, "negative seconds"),
        equal("seconds", "seconds_due", "billed seconds are not the seconds due"),
        matching("number", r"^\+\d+$", "not E.164"),
    ),
)


def suite_with(**changes: Any) -> Suite:
    return replace(SUITE, **changes)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", tmp_path / "warehouse.duckdb", [CALLS, *TABLES])


def land(warehouse: Warehouse, *rows: tuple[str, int | None, int | None, str | None], month: str = "2026-10") -> None:
    names = ("month", "boot_id", "leg_id", "seconds", "seconds_due", "number")
    records = [dict(zip(names, (month, "boot", *row), strict=True)) for row in rows]
    warehouse.replace("calls", pa.Table.from_pylist(records, CALLS.arrow_schema), month=month)


def run(warehouse: Warehouse, suite: Suite = SUITE) -> data_quality.SuiteResult:
    with warehouse.connect() as connection:
        return evaluate(connection, suite, "2026-10")


def test_good_rows_pass_and_are_counted(warehouse: Warehouse) -> None:
    land(warehouse, ("a", 60, 60, "+33170181001"), ("b", None, None, None))
    land(warehouse, ("other month", -1, 5, "x"), month="2026-11")
    result = run(warehouse)
    assert (result.passed, result.evaluated, result.failing) == (True, 2, 0)


def test_a_failing_row_is_found_by_key_with_its_reason_and_all_that_was_judged(warehouse: Warehouse) -> None:
    land(warehouse, ("a", 60, 60, None), ("b", 59, 60, None))
    result = run(warehouse)
    assert not result.passed
    [finding] = result.findings
    assert (finding.row_key, finding.reason) == ("boot/b", "billed seconds are not the seconds due")
    assert json.loads(finding.details) == {"seconds": 59, "seconds_due": 60, "number": None}


def test_a_row_that_breaks_two_expectations_is_one_failing_row_with_two_findings(warehouse: Warehouse) -> None:
    land(warehouse, ("a", -5, 60, None))
    result = run(warehouse)
    assert result.failing == 1
    assert [f.reason for f in result.findings] == ["billed seconds are not the seconds due", "negative seconds"]


def test_one_null_does_not_turn_large_integers_into_floats(warehouse: Warehouse) -> None:
    # 2**53 + 1 is the first integer a float cannot hold: as floats both columns would be equal.
    land(warehouse, ("a", 2**53, 2**53 + 1, None), ("b", None, 1, None))
    result = run(warehouse)
    assert [f.row_key for f in result.findings] == ["boot/a"]
    assert json.loads(result.findings[0].details) == {"seconds": 2**53, "seconds_due": 2**53 + 1, "number": None}


def test_no_row_is_no_failure(warehouse: Warehouse) -> None:
    result = run(warehouse)
    assert (result.passed, result.evaluated) == (True, 0)


def test_findings_do_not_repeat_whole_phone_numbers(warehouse: Warehouse) -> None:
    land(warehouse, ("a", 1, 1, "0170181001"))
    [finding] = run(warehouse).findings
    assert json.loads(finding.details) == {"seconds": 1, "seconds_due": 1, "number": "017018****"}


@pytest.mark.parametrize(
    "crashing",
    [
        at_least("number", 0, "compares text with a number"),
        at_least("no_such_column", 0, "names no column"),
    ],
)
def test_a_crashed_expectation_is_an_error_of_ours_and_not_bad_data(
    warehouse: Warehouse, crashing: Expectation
) -> None:
    land(warehouse, ("a", 1, 1, "+33170181001"))
    with pytest.raises(PermanentError, match="call_seconds: expect_column_values_to_be_between on calls could not"):
        run(warehouse, suite_with(expectations=(*SUITE.expectations, crashing)))


@pytest.mark.parametrize("money", ["seconds / 2", "cast(seconds as decimal(18, 2))", "sum(seconds) over ()"])
def test_a_suite_that_selects_anything_but_integers_for_amounts_is_refused(warehouse: Warehouse, money: str) -> None:
    land(warehouse, ("a", 1, 1, None))
    with pytest.raises(PermanentError, match=r"its SQL selects amount as .*cast it to BIGINT"):
        run(warehouse, suite_with(sql=f"select boot_id, leg_id, {money} as amount from calls where month = $month"))


def test_batches_together_see_each_row_once(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_quality, "BATCH_ROWS", 2048)
    land(warehouse, *((f"leg-{i:05d}", i, i + (i % 1000 == 7), None) for i in range(5000)))
    result = run(warehouse)
    assert result.evaluated == 5000
    assert [f.row_key for f in result.findings] == [f"boot/leg-{i:05d}" for i in (7, 1007, 2007, 3007, 4007)]


def test_a_month_that_is_wrong_throughout_keeps_the_first_findings_and_counts_the_rest(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_quality, "FINDINGS_KEPT", 3)
    monkeypatch.setattr(data_quality, "BATCH_ROWS", 2048)
    land(warehouse, *((f"leg-{i:05d}", 1, 2, None) for i in range(3000)))
    result = run(warehouse)
    assert (result.failing, [f.row_key for f in result.findings]) == (
        3000,
        ["boot/leg-00000", "boot/leg-00001", "boot/leg-00002"],
    )


def test_a_warning_cannot_block() -> None:
    with pytest.raises(ValueError, match="a warning does not block"):
        suite_with(severity="warning", blocking=True)


def findings(warehouse: Warehouse) -> Any:
    return warehouse.read("select * from data_quality_findings order by month, check_name, row_key").to_pylist()


def test_findings_are_kept_with_key_reason_and_details(warehouse: Warehouse) -> None:
    rows: list[dict[str, Any]] = [
        {"row_key": "boot/b", "reason": "not the inventory's account", "details": {"account_code": "acct-1"}},
        {"row_key": "boot/a", "reason": "called +33170181001", "severity": "warning"},
    ]
    assert write_findings(warehouse, "2026-11", "account_agreement", "call_detail_records", rows) == 2
    common = {"month": "2026-11", "check_name": "account_agreement", "table_name": "call_detail_records"}
    assert findings(warehouse) == [
        common | {"severity": "warning", "row_key": "boot/a", "reason": "called +3317018****", "details": "{}"},
        common
        | {
            "severity": "error",
            "row_key": "boot/b",
            "reason": "not the inventory's account",
            "details": '{"account_code": "acct-1"}',
        },
    ]


def test_a_second_run_replaces_the_findings_of_its_check_and_month_only(warehouse: Warehouse) -> None:
    row = {"row_key": "a", "reason": "wrong"}
    for month, check in (("2026-10", "one"), ("2026-11", "one"), ("2026-11", "two")):
        write_findings(warehouse, month, check, "calls", [row])
    write_findings(warehouse, "2026-11", "one", "calls", [{"row_key": "b", "reason": "wrong"}])
    write_findings(warehouse, "2026-11", "one", "calls", [{"row_key": "b", "reason": "wrong"}])
    assert [(f["month"], f["check_name"], f["row_key"]) for f in findings(warehouse)] == [
        ("2026-10", "one", "a"),
        ("2026-11", "one", "b"),
        ("2026-11", "two", "a"),
    ]


def test_a_repaired_problem_leaves_no_finding(warehouse: Warehouse) -> None:
    write_findings(warehouse, "2026-11", "one", "calls", [{"row_key": "a", "reason": "wrong"}])
    assert write_findings(warehouse, "2026-11", "one", "calls", []) == 0
    assert findings(warehouse) == []
    assert warehouse.files("data_quality_findings") == []


def test_the_same_findings_in_any_order_give_the_same_file(warehouse: Warehouse) -> None:
    rows = [{"row_key": str(i), "reason": "wrong"} for i in range(50)]
    path = warehouse.path("data_quality_findings", "2026-11", "one")
    write_findings(warehouse, "2026-11", "one", "calls", rows)
    before = path.read_bytes()
    write_findings(warehouse, "2026-11", "one", "calls", reversed(rows))
    assert path.read_bytes() == before


def test_a_check_name_cannot_leave_its_folder(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="names a file"):
        write_findings(warehouse, "2026-11", "../one", "calls", [])


WATCHED = """
import sys
sent = []
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.sendto")
sys.addaudithook(lambda name, args: sent.append((name, args)) if name in NETWORK else None)
import pandas as pd
from adapters.data_quality import validate
from adapters.expectations import Suite, present
assert "great_expectations" not in sys.modules, "imported before anything is validated"
suite = Suite("s", "t", "d", "select 1", ("k",), (present("v", "r"),))
result = validate(suite, pd.DataFrame({"k": ["a", "b"], "v": pd.array([1, None], dtype="Int64")}))
assert result.failing == 1, result
assert not sent, sent
"""


def test_validation_sends_nothing_and_imports_great_expectations_only_then() -> None:
    environment = {"GX_ANALYTICS_ENABLED": "true", "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, env=environment, cwd=REPOSITORY, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
