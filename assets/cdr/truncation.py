"""Takes the digits of a month's numbers out of every table, whoever's they are but the customer's own.

Own is what the inventory gives the row's customer that day, in E.164: it is on the invoice. Every other number is
somebody else's, whatever the leg's direction: on an agent's leg and on a forwarded one the caller is still the person
outside. Dates, durations, prices and categories stay. When a month is due: ``assets.cdr.retention``.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa

from adapters.data_quality import FINDINGS_TABLE
from adapters.warehouse import Warehouse, literal
from assets.cdr.completeness_tables import UNFINISHED_LEGS
from assets.cdr.retention import truncated_months
from assets.cdr.tables import CALL_DETAIL_RECORDS, CALL_EVENTS, REJECTED_EVENTS, TRUNCATED_MONTHS
from domain.calendar import Month
from domain.retention import KEPT_OF_E164, KEPT_OF_OTHERS

EVENT_NUMBERS = (
    "caller_id_number", "ani", "sip_from_user", "destination_number", "rdnis", "sip_req_user", "sip_to_user",
    "other_leg_caller_id_number", "other_leg_ani", "other_leg_rdnis", "other_leg_destination_number",
)  # fmt: skip
# Texts with a number inside: only that they were there is kept.
EVENT_TEXTS = ("transfer_history", "channel_name", "other_leg_channel_name")
OWN_NUMBERS = """
    create or replace temp view own_numbers as
    select number as own_number, customer_id as held_by, valid_from as held_from, valid_to as held_to
    from phone_numbers inner join contracts using (contract_id)
"""
# ``domain.retention.truncated`` of called_digits: E.164 without its +, or a short number behind its country.
CUT_DIGITS = (
    f"left(called_digits, case when called_digits >= 'A' then {2 + KEPT_OF_OTHERS} else {KEPT_OF_E164 - 1} end)"
)
# The Paris day of an instant is one of these two.
DAYS_OF_ANSWER = ("cast(answered_at as date)", "cast(answered_at + interval 2 hours as date)")

# What a month charged or set aside, and how each table tells the Paris day of a call.
BILLED = (
    ("rated_calls", ("record_date",)),
    ("int_calls__exceptions", ("record_date",)),
    ("unrated_calls", DAYS_OF_ANSWER),
)


def truncate_month(warehouse: Warehouse, month: Month, on: dt.date) -> None:
    """Take the digits out of every table of a month. Twice is as once."""
    if str(month) not in truncated_months(warehouse):
        row = {"month": str(month), "truncated_on": on}
        marker = pa.Table.from_pylist([row], schema=TRUNCATED_MONTHS.arrow_schema)
        warehouse.replace(TRUNCATED_MONTHS.name, marker, month=str(month))
    events = {name: cut(name) for name in EVENT_NUMBERS} | {name: f"left({name}, 0)" for name in EVENT_TEXTS}
    _rewrite(warehouse, CALL_EVENTS.name, month, events)
    _rewrite(warehouse, REJECTED_EVENTS.name, month, {"body_excerpt": "''", "reason": cut_within("reason")})
    _rewrite(warehouse, FINDINGS_TABLE, month, {name: cut_within(name) for name in ("reason", "details")})
    _rewrite(warehouse, CALL_DETAIL_RECORDS.name, month, record_cuts())
    # Late calls stand in the months that billed them.
    for table, days in BILLED:
        cuts = billed_cuts(days)
        changes = {name: f"case when call_month = '{month}' then {kept} else {name} end" for name, kept in cuts.items()}
        for path in warehouse.files(table):
            _rewrite_file(warehouse, table, path, path.parent.name.removeprefix("month="), None, changes)
    unfinished = {
        name: f"case when month = '{month}' then {cut(name)} else {name} end"
        for name in ("caller_number", "dialed_number")
    }
    for path in warehouse.files(UNFINISHED_LEGS.name):
        _rewrite_file(warehouse, UNFINISHED_LEGS.name, path, None, None, unfinished)


def record_cuts() -> dict[str, str]:
    """What stays of a call record's numbers: an own one that was called from outside, or that called."""
    days = ("record_date",)
    cuts = {
        name: cut_unless(f"direction = 'incoming' and {is_own(name, days)}", name)
        for name in ("dialed_number", "destination_number")
    }
    cuts["called_digits"] = (
        f"case when direction = 'incoming' and {is_own('destination_number', days)} then called_digits "
        f"else {CUT_DIGITS} end"
    )
    return cuts | {
        name: cut_unless(f"direction <> 'incoming' and {is_own(name, days)}", name)
        for name in ("caller_number", "origin_number")
    }


def billed_cuts(days: tuple[str, ...]) -> dict[str, str]:
    """The same of what a month charged, incoming calls of some tariffs among it."""
    return {
        "origin_number": cut_unless(is_own("origin_number", days), "origin_number"),
        "destination_number": cut("destination_number"),
        "called_digits": CUT_DIGITS,
    }


def is_own(column: str, days: tuple[str, ...]) -> str:
    """Whether a number was the row's customer's own on these days."""
    held = " and ".join(f"held_from <= {day} and (held_to is null or {day} < held_to)" for day in days)
    return f"exists (select 1 from own_numbers where own_number = {column} and held_by = customer_id and {held})"


def cut(column: str) -> str:
    """``domain.retention.truncated`` in SQL."""
    return f"left({column}, case when {column} like '+%' then {KEPT_OF_E164} else {KEPT_OF_OTHERS} end)"


def cut_unless(condition: str, column: str) -> str:
    """A number as it is where the condition holds, cut everywhere else."""
    return f"case when {condition} then {column} else {cut(column)} end"


def cut_within(column: str) -> str:
    """The same for every number that stands in a text."""
    return (
        rf"regexp_replace({column}, '(\+[0-9]{{{KEPT_OF_E164 - 1}}}|[0-9]{{{KEPT_OF_OTHERS}}})[0-9]{{4,}}', '\1', 'g')"
    )


def _rewrite(warehouse: Warehouse, table: str, month: Month, changes: dict[str, str]) -> None:
    for path in warehouse.files(table):
        if path.parent.name == f"month={month}":
            part = path.stem if warehouse.tables[table].layout == "parts" else None
            _rewrite_file(warehouse, table, path, str(month), part, changes)


def _rewrite_file(
    warehouse: Warehouse, table: str, path: Path, month: str | None, part: str | None, changes: dict[str, str]
) -> None:
    replaced = ", ".join(f"{expression} as {name}" for name, expression in changes.items())
    # A file written before a column existed has it empty.
    columns = ", ".join(f"cast(null as {column.type}) as {column.name}" for column in warehouse.tables[table].columns)
    file = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    source = f"(select {columns} where false union all by name select * from {file})"
    with warehouse.connect(("phone_numbers", "contracts")) as connection:
        connection.execute(OWN_NUMBERS)
        # Held whole: a file cannot be read while it is replaced. A file is a day, a segment or a month's calls.
        rows = connection.sql(f"select * replace ({replaced}) from {source}").to_arrow_table()
        if not rows.equals(connection.sql(f"select * from {source}").to_arrow_table()):
            warehouse.replace(table, rows, month=month, part=part, connection=connection)
