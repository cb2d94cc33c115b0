"""Judges the days of a month against the thresholds, and tells people: once per rule, customer and day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from adapters.data_quality import write_findings
from adapters.expectations import Severity
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse
from assets.fraud.spend import sql
from assets.fraud.tables import SPEND_DAILY
from assets.platform import Platform
from domain.calendar import Month
from domain.fraud import TRAILING_DAYS, FraudThresholds

# A rule, and how much it matters.
RULES: dict[str, Severity] = {
    "unusual_spend": "error",
    "high_risk_calls": "error",
    "short_call_burst": "error",
    "night_traffic": "warning",
    "daily_cap_near": "warning",
    "daily_cap_passed": "error",
}
MICROS_PER_CENT = 10_000

Row = dict[str, Any]


def month_findings(warehouse: Warehouse, ledger: Ledger, month: str, thresholds: FraudThresholds) -> list[Row]:
    """What of a month's days must be looked at, by rule."""
    first = Month.parse(month).first_date - dt.timedelta(TRAILING_DAYS)
    caps = [(row.contract_id, row.daily_cap_cents) for row in ledger.contracts() if row.daily_cap_cents is not None]
    with warehouse.connect([SPEND_DAILY.name]) as connection:
        connection.execute(
            f"create temp view spend as select * from {SPEND_DAILY.name} "
            f"where record_date >= date '{first}' and month <= '{month}'"
        )
        columns = {
            "contract_id": pa.array([contract for contract, _ in caps], pa.string()),
            "cap_micros": pa.array([cents * MICROS_PER_CENT for _, cents in caps], pa.int64()),
        }
        connection.register("caps", pa.table(columns))
        connection.execute(f"set variable month = '{month}'")
        for name, value in variables(thresholds).items():
            connection.execute(f"set variable {name} = {value}::bigint")
        rows: list[Row] = connection.sql(sql("findings.sql")).to_arrow_table().to_pylist()
    return rows


def variables(thresholds: FraudThresholds) -> dict[str, int]:
    """The thresholds as the SQL names them."""
    said: dict[str, int] = asdict(thresholds)
    micros, minutes = said.pop("least_spend_cents"), said.pop("least_minutes")
    return {**said, "least_spend_micros": micros * MICROS_PER_CENT, "least_seconds": minutes * 60}


def judge_month(platform: Platform, month: str, raised_at: dt.datetime) -> tuple[int, int]:
    """Keep a month's findings whole and tell those that must be; how many of each."""
    rows = month_findings(platform.warehouse, platform.ledger, month, platform.fraud)
    told = 0
    for check_name, severity in RULES.items():
        found = [row for row in rows if row["check_name"] == check_name]
        findings = [finding(row, severity) for row in found]
        write_findings(platform.warehouse, month, check_name, SPEND_DAILY.name, findings, severity)
        told += tell(platform, check_name, month, [row for row in found if row["is_told"]], raised_at)
    return len(rows), told


def finding(row: Row, severity: Severity) -> Row:
    return {
        "row_key": f"{row['customer_id']}/{row['record_date']}/{row['about']}",
        "reason": row["reason"],
        "severity": severity if row["is_told"] else "warning",
        "details": {name: str(row[name]) for name in ("customer_id", "record_date", "about")},
    }


def tell(platform: Platform, check_name: str, month: str, rows: list[Row], raised_at: dt.datetime) -> int:
    """One alert per customer and day, which stays the same alert while its figures grow. How many stand."""
    problems: dict[tuple[str, dt.date], list[str]] = defaultdict(list)
    for row in rows:
        problems[row["customer_id"], row["record_date"]].append(row["reason"])
    standing = [
        platform.alerts.raise_alert(
            check_name=check_name,
            month=month,
            severity=RULES[check_name],
            message=f"{customer} on {day}: {'; '.join(reasons)}",
            failing_rows=len(reasons),
            raised_at=raised_at,
            identity=f"{customer} {day}",
        ).alert_id
        for (customer, day), reasons in problems.items()
    ]
    platform.alerts.resolve(check_name, month, raised_at, keep=standing)
    return len(standing)
