"""Small whole worlds: an installation of its own, the recorded calls through the real listener, what it came to."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from pathlib import Path

from pypdf import PdfReader

from adapters.ledger.seed import load_law, load_world
from assets.gates import ACCOUNTED_FOR
from domain.calendar import Month
from ingest.replay import Recording
from orchestration.flow import Flow, OnStep
from orchestration.listening import listen_to_recordings
from orchestration.settings import Settings
from orchestration.simulation import DEMO_SEEDS, RECORDED_CALLS, SEEDS

NOVEMBER = Month(2026, 11)
# The recorded calls are of 22 November 2026; the month is closed the day after it ends, whatever today is.
AS_OF = dt.date(2026, 12, 1)

# How the events came in is no part of what they mean.
ABOUT_ARRIVAL = {"call_events", "landed_segments", "call_record_days", "rejected_events", "data_quality_alerts"}
PROVENANCE = {"segment", "sha256", "closed_calls_sha256", "inputs_sha256"}


def open_world(home: Path, on_step: OnStep | None = None) -> Flow:
    """An installation with the demo's customers and tariffs."""
    flow = Flow(Settings(home=home), on_step)
    flow.platform.ledger.migrate()
    load_law(flow.platform.ledger, SEEDS / "law")
    load_world(flow.platform.ledger, DEMO_SEEDS)
    return flow


def open_small_world(home: Path) -> Flow:
    """The demo's world cut down to the recorded switch's first customer and the prices in force in November."""
    seeds = home / "seeds"
    seeds.mkdir()
    for name, column, kept in (
        ("operator.csv", "", ""),
        ("customers.csv", "customer_id", "acct-1001"),
        ("contracts.csv", "customer_id", "acct-1001"),
        ("numbers.csv", "contract_id", "ctr-1001-1"),
        ("tariffs.csv", "version_id", "STD-2026-10"),
    ):
        with (DEMO_SEEDS / name).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            few = [row for row in rows if not column or row[column] == kept]
            with (seeds / name).open("w", encoding="utf-8", newline="") as small:
                writer = csv.DictWriter(small, rows.fieldnames or ())
                writer.writeheader()
                writer.writerows(few)
    flow = Flow(Settings(home=home))
    flow.platform.ledger.migrate()
    load_law(flow.platform.ledger, SEEDS / "law")
    load_world(flow.platform.ledger, seeds)
    return flow


def hear_recordings(flow: Flow) -> None:
    """What a real FreeSWITCH said, through the real listener, into sealed segments."""
    recordings = [Recording.load(path) for path in sorted(RECORDED_CALLS.glob("*.esl"))]
    listen_to_recordings(flow.settings, recordings, switch="fslab1")


def answer_for_recordings(flow: Flow) -> None:
    """The recordings are cuts of one evening: nobody counted the switch between them, nor to the end of November."""
    assert flow.override(NOVEMBER, ACCOUNTED_FOR, "A. Martin", "the recordings are cuts of one evening")


def outcome(flow: Flow) -> dict[str, object]:
    """Every row of every table that says what happened, and every document's text."""
    platform = flow.platform
    found: dict[str, object] = {}
    for name, spec in platform.warehouse.tables.items():
        if name not in ABOUT_ARRIVAL:
            columns = ", ".join(column.name for column in spec.columns if column.name not in PROVENANCE)
            found[name] = platform.warehouse.read(f"select {columns} from {name} order by all").to_pylist()
    for path in sorted(platform.documents.rglob("*.pdf")):
        found[path.name] = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return found


def digests(home: Path) -> dict[str, str]:
    """Every published file of the warehouse and every document, byte for byte."""
    files = [*(home / "warehouse").rglob("*.parquet"), *(home / "documents").rglob("*.pdf")]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}
