"""The call records of one local day, made whole from the events of that day and the two before.

Joins are set-based (DuckDB, ``assets/cdr/sql``); what needs thought is done once per distinct value:
numbers are classified and looked up in the inventory, ways of ending are judged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib import resources
from typing import Protocol

import duckdb
import pyarrow as pa

from adapters.warehouse import Warehouse, Written, literal
from assets.cdr.file_checks import holds
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS
from domain.calendar import Month
from domain.call import LegEnd, disposition
from domain.inventory import NumberInventory
from domain.numbers import NumberKind

# A call's first leg may have begun this many local days before its last one was answered.
LOOK_BACK_DAYS = 2

NUMBERS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("text", "e164", "country", "number_type", "number_class", "called_digits")),
        ("is_free_to_caller", pa.bool_()),
        *((name, pa.string()) for name in ("customer_id", "contract_id")),
    ]
)


class NumberPlan(Protocol):
    """What knows the kinds of numbers (``adapters.numbering.Numbering``)."""

    def classify(self, number: str | None, on: dt.date) -> NumberKind: ...


def write_day(
    warehouse: Warehouse,
    day: dt.date,
    inventory: NumberInventory,
    numbering: NumberPlan,
    carrier_profiles: frozenset[str],
) -> Written | None:
    """Replace a day of ``call_detail_records``. None, and no file, when no leg ended that day."""
    month, part = str(Month.of(day)), str(day)
    paths = [path for date in window(day) for path in event_files(warehouse, date)]
    if not event_files(warehouse, day):
        warehouse.remove(CALL_DETAIL_RECORDS.name, month, part)
        return None
    with warehouse.connect(tables=()) as connection:
        connection.execute(f"create temp view window_events as {events_in(paths)}")
        connection.execute(f"set variable day = date '{day}'")
        connection.register("carrier_profiles", pa.table({"profile": sorted(carrier_profiles)}))
        connection.execute(sql("day_legs.sql"))
        if not count(connection, "legs"):
            warehouse.remove(CALL_DETAIL_RECORDS.name, month, part)
            return None
        connection.register("numbers", numbers_of(connection, day, inventory, numbering))
        connection.register("dispositions", dispositions_of(connection))
        checks = [holds(CALL_DETAIL_RECORDS)]
        records = sql("call_detail_records.sql")
        return warehouse.replace(
            CALL_DETAIL_RECORDS.name, records, month=month, part=part, connection=connection, checks=checks
        )


def window(day: dt.date) -> list[dt.date]:
    """The local days whose events make a day's records."""
    return [day - dt.timedelta(back) for back in range(LOOK_BACK_DAYS, -1, -1)]


def event_files(warehouse: Warehouse, day: dt.date) -> list[str]:
    """The files of ``call_events`` that count on a local day, one for each segment, sorted."""
    folder = warehouse.path(CALL_EVENTS.name, str(Month.of(day)), "any").parent
    return sorted(str(path) for path in folder.glob(f"{day}--*.parquet"))


def events_in(files: Iterable[str]) -> str:
    """The select that reads files of ``call_events``, those written before its youngest columns came too."""
    listed = ", ".join(map(literal, files))
    return (
        f"select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = false) "
        "union all by name select cast(null as varchar) as carriers_tried, cast(null as bigint) as uptime_millis "
        "where false"
    )


def numbers_of(
    connection: duckdb.DuckDBPyConnection, day: dt.date, inventory: NumberInventory, numbering: NumberPlan
) -> pa.Table:
    """Each distinct number of the day: what it is, and who had it that day."""
    rows = []
    for (text,) in connection.execute("select text from number_texts").fetchall():
        kind = numbering.classify(text, day)
        owner = inventory.lookup(kind.e164 or text, day)
        owned_by = (owner.customer_id, owner.contract_id) if owner else (None, None)
        said = (kind.e164, kind.country, kind.number_type, kind.number_class, kind.called_digits)
        rows.append((text, *said, kind.is_free_to_caller, *owned_by))
    columns = zip(*rows, strict=True) if rows else [[] for _ in NUMBERS_SCHEMA]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, NUMBERS_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=NUMBERS_SCHEMA)


def dispositions_of(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Each distinct way a leg of the day ended, judged."""
    ends = connection.sql("select * from leg_ends").to_arrow_table()
    judged = [disposition(LegEnd(**end)) for end in ends.to_pylist()]
    return ends.append_column("disposition", pa.array(judged, pa.string()))


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def sql(name: str) -> str:
    """A SQL text that stands beside this module."""
    return resources.files("assets.cdr").joinpath("sql", name).read_text()
