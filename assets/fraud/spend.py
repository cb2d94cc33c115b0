"""Makes the days of ``spend_daily`` whose call records changed: what each contract's calls should cost.

Set-based, a day at a time (``sql/spend_daily.sql``), with the ledger's prices of that day: the bill is not made yet.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

import duckdb
import pyarrow as pa

from adapters.ledger.rate_reading import rates_between
from adapters.ledger.store import Ledger
from adapters.warehouse import Warehouse, literal
from assets.cdr.rebuilding import built_days, read_days
from assets.cdr.retention import truncated_months
from assets.cdr.tables import CALL_DETAIL_RECORDS
from assets.fraud.tables import SPEND_DAILY, SPEND_DAYS
from domain.calendar import Month
from domain.fraud import PREFIX_DIGITS, FraudThresholds

# To be raised with any change of spend_daily.sql: every day is then made again.
RULES_VERSION = 2
MICROS_PER_SECOND = 1_000_000


def refresh_spend(warehouse: Warehouse, ledger: Ledger, thresholds: FraudThresholds) -> dict[dt.date, str | None]:
    """Make again the days that changed: which, oldest first, and each one's digest, to ``keep`` once it is judged."""
    digests = {day: inputs_sha256(str(row["inputs_sha256"]), thresholds) for day, row in built_days(warehouse).items()}
    known = {
        day: row["inputs_sha256"] for path in warehouse.files(SPEND_DAYS.name) for day, row in read_days(path).items()
    }
    gone = truncated_months(warehouse)
    stale = sorted(
        day
        for day in digests.keys() | known.keys()
        if digests.get(day) != known.get(day) and str(Month.of(day)) not in gone
    )
    if stale:
        with warehouse.connect(tables=()) as connection:
            prepare(connection, ledger, stale, thresholds)
            for day in stale:
                write_day(warehouse, connection, day)
    return {day: digests.get(day) for day in stale}


def keep(warehouse: Warehouse, digests: Mapping[dt.date, str | None]) -> None:
    """Remember what days were made from, after they are judged: a run that dies before makes and judges them again."""
    with warehouse.connect(tables=()) as connection:
        for day, digest in digests.items():
            month, part = str(Month.of(day)), str(day)
            if digest is None:
                warehouse.remove(SPEND_DAYS.name, month, part)
                continue
            row = {"month": month, "record_date": day, "inputs_sha256": digest}
            table = pa.Table.from_pylist([row], schema=SPEND_DAYS.arrow_schema)
            warehouse.replace(SPEND_DAYS.name, table, month=month, part=part, connection=connection)


def inputs_sha256(call_records_sha256: str, thresholds: FraudThresholds) -> str:
    """A digest of all a day depends on, but for prices: an estimate keeps those of the day it landed."""
    inputs = [RULES_VERSION, thresholds.short_call_seconds, call_records_sha256]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def prepare(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, days: list[dt.date], thresholds: FraudThresholds
) -> None:
    """The prices of all the days, and each contract's plans."""
    fallbacks = {plan.plan: plan.fallback_plan for plan in ledger.tariff_plans()}
    contracts = [(row.contract_id, row.tariff_plan, fallbacks.get(row.tariff_plan)) for row in ledger.contracts()]
    columns: Iterable[Iterable[str | None]] = zip(*contracts, strict=True) if contracts else [[], [], []]
    names = ("contract_id", "plan", "fallback_plan")
    table = pa.table({name: pa.array(v, pa.string()) for name, v in zip(names, columns, strict=True)})
    connection.register("contracts", table)
    connection.register("ledger_rates", rates_between(ledger, days[0], days[-1]))
    connection.execute("create temp table all_rates as select * from ledger_rates")
    connection.execute(f"set variable prefix_digits = {PREFIX_DIGITS}")
    connection.execute(f"set variable short_micros = {thresholds.short_call_seconds * MICROS_PER_SECOND}")


def write_day(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, day: dt.date) -> None:
    """Replace a day; forget one that has no call record any more."""
    month, part = str(Month.of(day)), str(day)
    records = warehouse.path(CALL_DETAIL_RECORDS.name, month, part)
    if records.exists():
        connection.execute(f"set variable day = date '{day}'")
        connection.execute(
            "create or replace temp view legs as "
            f"select * from read_parquet({literal(str(records))}, hive_partitioning = false)"
        )
        connection.execute(
            "create or replace temp table rates as select * exclude (version_from, version_to, valid_from, valid_to) "
            f"from all_rates where greatest(version_from, valid_from) <= date '{day}' "
            f"and coalesce(version_to, date '9999-12-31') > date '{day}' "
            f"and coalesce(valid_to, date '9999-12-31') > date '{day}'"
        )
        warehouse.replace(SPEND_DAILY.name, sql("spend_daily.sql"), month=month, part=part, connection=connection)
    else:
        warehouse.remove(SPEND_DAILY.name, month, part)


def known_months(warehouse: Warehouse) -> Iterator[str]:
    """The months some day of which has been looked at."""
    return (path.parent.name.removeprefix("month=") for path in warehouse.files(SPEND_DAYS.name))


def sql(name: str) -> str:
    """A SQL text that stands beside this module."""
    return resources.files("assets.fraud").joinpath("sql", name).read_text()
