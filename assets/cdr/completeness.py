"""The proof that no leg was lost: every boot's books, its missing legs one by one, the legs nobody finished.

Made from ``switch_days``; the events themselves are read only around what is missing, to say when it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from adapters.warehouse import Warehouse
from assets.cdr.completeness_tables import CDR_COMPLETENESS, MISSING_LEGS, UNFINISHED_LEGS
from assets.cdr.day_records import event_files, sql
from assets.cdr.switch_days import boot_days, refresh_switch_days, source, switch_day_rows
from domain.calendar import Month, local_date
from domain.call_event import CHANNELS
from domain.completeness import (
    LONGEST_CALL,
    UNEXPLAINED,
    UNFINISHED,
    UNHEARD,
    BootAccount,
    BootDay,
    Explanation,
    accounts,
    overdue,
)
from domain.session_runs import Run, SessionRuns

Row = dict[str, Any]
LegKey = tuple[str, int]  # boot, session number
LEG_KEYS = pa.schema([("boot_id", pa.string()), ("session_number", pa.int64())])


@dataclass(frozen=True)
class Completeness:
    """The three tables, as rows."""

    boots: list[Row]
    missing: list[Row]
    unfinished: list[Row]


def write_completeness(warehouse: Warehouse) -> Completeness:
    """Read what landed since, and replace the three tables whole."""
    refresh_switch_days(warehouse)
    found = completeness(warehouse)
    for spec, rows in (
        (CDR_COMPLETENESS, found.boots),
        (MISSING_LEGS, found.missing),
        (UNFINISHED_LEGS, found.unfinished),
    ):
        with warehouse.connect(tables=()) as connection:
            table = pa.Table.from_pylist(rows, schema=spec.arrow_schema)
            warehouse.replace(spec.name, table, connection=connection)
    return found


def completeness(warehouse: Warehouse) -> Completeness:
    """The books of every boot, from ``switch_days`` as they stand."""
    days = boot_days(switch_day_rows(warehouse))
    by_boot: dict[str, list[BootDay]] = {}
    for day in days:
        by_boot.setdefault(day.boot_id, []).append(day)
    books = accounts(days)
    legs = legs_around(warehouse, books, by_boot)
    listed_alive(legs, days)
    books = [overdue(book, must_have_ended(book, by_boot[book.boot_id], legs)) for book in books]
    missing = [row for book in books for row in missing_rows(book, by_boot[book.boot_id], legs)]
    unfinished = [row for book in books for row in unfinished_rows(book, legs)]
    return Completeness([boot_row(book) for book in books], missing, unfinished)


def legs_around(
    warehouse: Warehouse, books: Sequence[BootAccount], by_boot: Mapping[str, Sequence[BootDay]]
) -> dict[LegKey, Row]:
    """What the events say of the missing legs that were heard alive and of the legs on either side of each gap."""
    wanted: dict[str, SessionRuns] = {}
    for book in books:
        gaps = [run for runs in book.missing.values() for run in runs.runs]
        beside = [(number, number) for first, last in gaps for number in (first - 1, last + 1)]
        begun = SessionRuns.of(run for why in book.missing if why not in UNHEARD for run in book.missing[why].runs)
        wanted[book.boot_id] = begun | SessionRuns.of(beside)
    dates = sorted(
        {
            day.record_date
            for boot_id, numbers in wanted.items()
            for day in by_boot[boot_id]
            if numbers & (day.begun | day.ended)
        }
    )
    rows: dict[LegKey, Row] = {}
    keys = [{"boot_id": boot_id, "session_number": number} for boot_id, runs in wanted.items() for number in runs]
    with warehouse.connect(tables=()) as connection:
        connection.register("wanted_legs", pa.Table.from_pylist(keys, schema=LEG_KEYS))
        for date in dates:
            source(connection, event_files(warehouse, date))
            for row in connection.sql(sql("legs_around.sql")).to_arrow_table().to_pylist():
                key = (row["boot_id"], row["session_number"])
                rows[key] = merged(rows[key], row) if key in rows else row
    return rows


def merged(earlier: Row, later: Row) -> Row:
    """A leg as two days heard it, the earlier day first."""
    filled = {name: earlier[name] if earlier[name] is not None else value for name, value in later.items()}
    last = max(earlier, later, key=lambda row: row["last_alive_at"])
    return {**filled, **{name: last[name] for name in ("last_alive_at", "last_alive_event", "last_alive_position")}}


def listed_alive(legs: Mapping[LegKey, Row], days: Iterable[BootDay]) -> None:
    """A leg its switch lists among its channels was alive then."""
    listings = {(day.boot_id, leg_id): day.listed_at for day in days for leg_id in day.listed_legs}
    for (boot_id, _), leg in legs.items():
        listed_at = listings.get((boot_id, leg["leg_id"]))
        if listed_at is not None and listed_at > leg["last_alive_at"]:
            leg.update(last_alive_at=listed_at, last_alive_event=CHANNELS)


def must_have_ended(book: BootAccount, days: Sequence[BootDay], legs: Mapping[LegKey, Row]) -> SessionRuns:
    """The legs without a hang-up that a listing of channels did not have any more, or that would be up for too long."""
    limit = book.last_heard_at - LONGEST_CALL
    listings = [(day.listed_position, day.listed_legs) for day in days if day.listed_position is not None]
    ended = []
    for why in ("in_progress", "left_by_dead_switch"):
        for number in book.missing.get(why, SessionRuns()):
            leg = legs[book.boot_id, number]
            is_unlisted = any(
                leg["leg_id"] not in listed and is_later(at, leg["last_alive_position"]) for at, listed in listings
            )
            if is_unlisted or leg["last_alive_at"] < limit:
                ended.append((number, number))
    return SessionRuns.of(ended)


def is_later(listed: str, heard: str | None) -> bool:
    """Whether a listing was journalled after a leg was last heard, and so made after it: their two clocks do not say.

    Places in two journals (a switch that was given another name) cannot be compared.
    """
    return heard is not None and listed.partition("/")[0] == heard.partition("/")[0] and listed > heard


def boot_row(book: BootAccount) -> Row:
    counts = {f"{why}_legs": len(runs) for why, runs in book.missing.items()}
    return {
        "boot_id": book.boot_id,
        "switch_name": book.switch_name,
        "first_heard_at": book.first_heard_at,
        "last_heard_at": book.last_heard_at,
        "died_of": book.died_of,
        "first_number": book.claimed.first,
        "last_number": book.claimed.last,
        "legs_before_listening": book.legs_before_listening,
        "expected_legs": len(book.claimed),
        "landed_legs": len(book.claimed & book.landed),
        "in_progress_legs": 0,
        "left_by_dead_switch_legs": 0,
        "hangup_lost_legs": 0,
        "gateway_down_legs": 0,
        "lost_legs": 0,
        **counts,
        "is_complete": not any(book.missing.get(why) for why in UNEXPLAINED),
    }


def missing_rows(book: BootAccount, days: Sequence[BootDay], legs: Mapping[LegKey, Row]) -> list[Row]:
    """A row per missing number, in order."""
    rows = []
    for why, runs in book.missing.items():
        for run in runs.runs:
            lost_between = bounds(book, run, days, legs) if why in UNHEARD else None
            for number in range(run[0], run[1] + 1):
                leg = {} if lost_between else legs[book.boot_id, number]
                after, before = lost_between or (leg["began_at"], leg["began_at"])
                rows.append(
                    {
                        "month": local_month(after),
                        "last_month": local_month(before),
                        "boot_id": book.boot_id,
                        "switch_name": book.switch_name,
                        "session_number": number,
                        "explanation": why,
                        "leg_id": leg.get("leg_id"),
                        "earliest_start_at": after,
                        "latest_start_at": before,
                    }
                )
    return sorted(rows, key=lambda row: row["session_number"])


def bounds(
    book: BootAccount, run: Run, days: Sequence[BootDay], legs: Mapping[LegKey, Row]
) -> tuple[dt.datetime, dt.datetime]:
    """Between which instants the legs of a run nobody heard began.

    After the leg before them, at the earliest when their boot began; before the leg after them or
    the day's heartbeat that had counted them, whichever is known.
    """
    first, last = run
    before_them, after_them = legs.get((book.boot_id, first - 1)), legs.get((book.boot_id, last + 1))
    counted = [day.counted_at for day in days if day.counted_at and (day.counted or 0) >= last]
    earliest = before_them["began_at"] if before_them else book.earliest_start_at
    latest = after_them["began_at"] if after_them else min(counted, default=book.last_heard_at)
    # Two legs may begin in one tick of the switch's clock, and be stamped the other way round.
    return earliest, max(earliest, latest)


def in_order(missing: Mapping[Explanation, SessionRuns]) -> list[tuple[int, Explanation]]:
    return sorted((number, why) for why, runs in missing.items() for number in runs)


def unfinished_rows(book: BootAccount, legs: Mapping[LegKey, Row]) -> Iterator[Row]:
    """A row per leg that began and will never say how it ended."""
    for number, why in in_order({why: runs for why, runs in book.missing.items() if why in UNFINISHED}):
        leg = legs[book.boot_id, number]
        yield {
            "month": local_month(leg["began_at"]),
            "switch_name": book.switch_name,
            "explanation": why,
            "switch_last_heard_at": book.last_heard_at,
            **leg,
        }


def local_month(instant: dt.datetime) -> str:
    return str(Month.of(local_date(instant.replace(tzinfo=dt.UTC))))


def months_of(rows: Iterable[Row]) -> list[str]:
    """Every month a missing leg may have begun in."""
    return sorted({str(month) for row in rows for month in span(row)})


def span(row: Row) -> Iterator[Month]:
    month = Month.parse(row["month"])
    while str(month) <= str(row.get("last_month", row["month"])):
        yield month
        month = month.next
