"""A deck of 260,000 rows from file to ledger, in seconds: read, checked against the version before it, written."""

from __future__ import annotations

import csv
import datetime as dt
import random
import time
from itertools import pairwise
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import phonenumbers
from rich.table import Table

from adapters.decks.reader import read_deck
from adapters.ledger.announcements import Terms, announce_deck
from adapters.ledger.store import Ledger
from adapters.ledger.tariff_imports import plan_tariffs, write_tariffs

ROWS = 260_000
HEADINGS = ("Prefix", "Destination", "Rate (EUR/min)", "Increments")


def deck_table(home: Path) -> Table:
    """A CSV as the first version, then a workbook and a CSV that change every price."""
    ledger = Ledger(f"sqlite:///{home}/ledger.sqlite")
    ledger.migrate()
    table = Table(title=f"a deck of {ROWS:,} rows, seconds (of processor)", title_justify="left")
    for name in ("file", "read", "checked and compared", "written", "in all"):
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
        write_tariffs(ledger, planned, None)
        marks.append((time.perf_counter(), time.process_time()))
        spans = [*pairwise(marks), (marks[0], marks[-1])]
        table.add_row(kind, *(f"{end[0] - start[0]:.1f} ({end[1] - start[1]:.1f})" for start, end in spans))
    return table


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
