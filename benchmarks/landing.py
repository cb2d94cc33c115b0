"""From sealed journal to call_detail_records, in legs a second, against DuckDB's read_json of the same events."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
from rich.table import Table

from adapters.numbering import Numbering
from adapters.warehouse import Warehouse
from assets.cdr.landing import land_segments
from assets.cdr.rebuilding import Sources, rebuild_days
from assets.cdr.tables import TABLES
from benchmarks.event_source import RECORDING
from domain.calendar import Month
from domain.inventory import Assignment, NumberInventory
from ingest.esl_protocol import decode_event
from ingest.event_journal import read_segment, sealed_segments
from ingest.simulator import Destination, SimulatedCustomer, SimulatedNumber, SimulatedQueue, SimulatedWorld, simulate

MONTH = Month(2026, 10)
NUMBERS = [f"+3319900{number:04d}" for number in range(40)]
CALLS_PER_DAY = 600
SEED = 1


def customer() -> SimulatedCustomer:
    return SimulatedCustomer(
        "acct-1001",
        "Centre d'appels",
        tuple(SimulatedNumber(number) for number in NUMBERS),
        CALLS_PER_DAY,
        (Destination("+3363998", 4, 9), Destination("+4477009", 5, 1)),
        queues=(SimulatedQueue("ventes", NUMBERS[1], ("alice", "bob")),),
    )


def landing_table(home: Path) -> Table:
    """A simulated month of calls, by both."""
    journal = home / "journal"
    world = SimulatedWorld((customer(),), RECORDING, "bench", lean=False)
    made = simulate(world, [MONTH], journal, SEED)
    warehouse = Warehouse(home / "warehouse", home / "warehouse.duckdb", TABLES)
    owned = NumberInventory(Assignment(n, "ctr-1001-1", "acct-1001", dt.date(2026, 1, 1)) for n in NUMBERS)
    sources = Sources(owned, Numbering(), frozenset({"external"}))
    megabytes = write_ndjson(journal, home / "events.ndjson") / 1e6
    landed = seconds(lambda: list(land_segments(warehouse, journal, home / "quarantine")))
    rebuilt = seconds(lambda: list(rebuild_days(warehouse, sources)))
    read = seconds(lambda: read_json(home / "events.ndjson"))
    table = Table(
        "step", "seconds", "legs/s", "MB/s", title=f"landing {made.legs:,} legs, {megabytes:,.0f} MB of events"
    )
    for step, took in (
        ("journal to call_events", landed),
        ("call_events to call_detail_records", rebuilt),
        ("journal to call_detail_records", landed + rebuilt),
        ("read_json of the same events, to Parquet", read),
    ):
        table.add_row(step, f"{took:.1f}", f"{made.legs / took:,.0f}", f"{megabytes / took:,.0f}")
    table.caption = f"landing takes {(landed + rebuilt) / read:.2f} times what read_json alone takes"
    return table


def write_ndjson(journal: Path, path: Path) -> int:
    """The journal's events, one a line; how many bytes. Each key once: read_json refuses a real hang-up."""
    with path.open("wb") as lines:
        for segment in sealed_segments(journal):
            records = read_segment(segment).records
            lines.writelines(orjson.dumps(decode_event(record.kind, record.body)) + b"\n" for record in records)
        return lines.tell()


def read_json(path: Path) -> None:
    """What anyone would write first: every field of every event, types detected, into a Parquet file."""
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from read_json('{path}', format = 'newline_delimited', union_by_name = true)) "
            f"to '{path.with_suffix('.parquet')}' (format parquet)"
        )


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started
