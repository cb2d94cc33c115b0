"""A deck of 260,000 rows from file to ledger, in seconds: read, checked, previewed on a month's calls, written."""

from __future__ import annotations

import csv
import datetime as dt
import random
import time
from collections import deque
from itertools import pairwise
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import phonenumbers
from rich.table import Table

from adapters.decks.reader import read_deck
from adapters.ledger.announcements import Terms, announce_deck
from adapters.ledger.tariff_imports import plan_tariffs, write_tariffs
from assets.platform import Platform
from assets.rating.tariff_preview import effect
from assets.sql_models import build_model
from benchmarks.rating import RATED
from benchmarks.rating_world import MONTH, OWN_PLANS, write_calls, write_contracts
from benchmarks.rating_world import write_deck as write_rates
from dbt_like_sql.ancestry import tables_made_for
from orchestration.build import build_platform
from orchestration.settings import Settings

ROWS = 260_000
# The last complete month, as the preview rates it again.
CALLS, RATES = 100_000, 20_000
AFTER = dt.date(2026, 11, 15)
HEADINGS = ("Prefix", "Destination", "Rate (EUR/min)", "Increments")


def deck_table(home: Path) -> Table:
    """A CSV as the first version, then a workbook and a CSV that change every price."""
    platform = build_platform(Settings(home=home))
    ledger = platform.ledger
    ledger.migrate()
    rate_month(platform)
    plans = ["standard", *(f"own-{number}" for number in range(OWN_PLANS))]
    table = Table(title=f"a deck of {ROWS:,} rows, seconds (of processor)", title_justify="left")
    for name in ("file", "read", "checked and compared", "previewed", "written", "in all"):
        table.add_column(name, justify="left" if name == "file" else "right")
    for month, kind in enumerate(("csv", "xlsx", "csv"), start=1):
        path = home / f"deck.{kind}"
        write_deck(path, seed=month)
        terms = Terms("standard", None, dt.date(2027, month, 1), None, dt.date(2026, 11, 1), "all customers")
        marks = [(time.perf_counter(), time.process_time())]
        deck = read_deck(path)
        announced = [announce_deck(deck, terms)]
        marks.append((time.perf_counter(), time.process_time()))
        planned = plan_tariffs(ledger, path, announced, deck.problems)
        marks.append((time.perf_counter(), time.process_time()))
        effect(platform, plans, announced[0].rates, AFTER)
        marks.append((time.perf_counter(), time.process_time()))
        write_tariffs(ledger, planned, None)
        marks.append((time.perf_counter(), time.process_time()))
        spans = [*pairwise(marks), (marks[0], marks[-1])]
        table.add_row(kind, *(f"{end[0] - start[0]:.1f} ({end[1] - start[1]:.1f})" for start, end in spans))
    return table


def rate_month(platform: Platform) -> None:
    """A small month, rated: what a preview compares with."""
    write_contracts(platform.warehouse)
    deque(write_calls(platform.warehouse, CALLS), maxlen=0)
    write_rates(platform.warehouse, RATES)
    for model in tables_made_for(platform.project, *RATED):
        build_model(platform.warehouse, platform.project, model, MONTH)


def prefixes() -> list[str]:
    """Real country codes and what may follow them, always the same."""
    codes = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
    drawn, found = random.Random(7), set(codes)
    while len(found) < ROWS:
        found.add(drawn.choice(codes) + str(drawn.randrange(10 ** drawn.randint(2, 6))))
    return sorted(found)


def write_deck(path: Path, seed: int) -> None:
    drawn = random.Random(seed)
    rows = [
        (prefix, f"zone {drawn.randint(1, 99)}", drawn.randint(20, 4000), drawn.choice(("60/60", "30/6", "1/1")))
        for prefix in prefixes()
    ]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(HEADINGS)
            writer.writerows((prefix, zone, f"0,{price:04d}", steps) for prefix, zone, price, steps in rows)
        return
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Rates")
    sheet.append(HEADINGS)
    for prefix, zone, price, steps in rows:
        sheet.append((int(prefix), zone, price / 10_000, steps))
    book.save(path)
