"""A warehouse for the parity test: a month closed, one open that takes late calls, one after it; every kind of row."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from adapters.warehouse import Warehouse
from assets.tables import all_tables
from dbt_like_sql.project import Project
from domain.calendar import midnight_utc

MONTHS = ("2026-09", "2026-10", "2026-11")
CUSTOMERS = [f"acct-{number}" for number in range(1001, 1007)]
REFUSED = CUSTOMERS[-1]
PREFIXES = ("33", "336", "3367", "337", "44", "447", "49", "32", "324", "1")
ISSUED = {
    "2026-07": dt.date(2026, 8, 1),
    "2026-09": dt.date(2026, 10, 1),
    "2026-10": dt.date(2026, 11, 1),
    "2026-11": dt.date(2026, 12, 1),
}
CHANGE = dt.date(2026, 10, 15)
OUTGOING = ("direct", "forwarded", "campaign")
GROUPS = {"33": "france", "336": "france", "337": "france", "44": "europe"}
FILLERS: dict[str, Any] = {
    "BIGINT": 0,
    "BOOLEAN": False,
    "DATE": dt.date(2026, 1, 1),
    "TIMESTAMP": dt.datetime(2026, 1, 1),
    "VARCHAR": "x",
}
Row = dict[str, Any]


def build_world(root: Path, project: Project) -> Warehouse:
    """Sources as Parquet under ``root``; the models' own tables are still empty."""
    warehouse = Warehouse(root, root / "warehouse.duckdb", all_tables(project))
    dice = random.Random(20261122)
    legs = [leg for month in ("2026-08", *MONTHS) for leg in legs_of(month, dice)]
    put(warehouse, "contracts", [contract(customer) for customer in CUSTOMERS])
    put(warehouse, "tariff_plans", [
        {"plan": "standard", "fallback_plan": None},
        {"plan": "gold", "fallback_plan": "standard"},
    ])  # fmt: skip
    put(warehouse, "contract_allowances", [
        {"contract_id": "ctr-1001", "destination_group": "france", "minutes": 90, "valid_from": dt.date(2026, 9, 1)},
        {"contract_id": "ctr-1002", "destination_group": "europe", "minutes": 30, "valid_from": dt.date(2026, 9, 1)},
    ])  # fmt: skip
    put(warehouse, "tariff_tiers", [
        {"version_id": name, "destination_group": "france", "from_minutes": minutes, "price_per_minute_micros": price}
        for name, minutes, price in (("v1", 60, 5_000), ("v2", 60, 4_000), ("v2", 120, 1_000))
    ])  # fmt: skip
    put(warehouse, "tariff_rates", list(rates(dice)))
    put(warehouse, "billing_periods", [
        {"month": "2026-09", "state": "closed", "issue_date": dt.date(2026, 10, 1)},
        {"month": "2026-10", "state": "open"},
    ])  # fmt: skip
    for date in sorted({leg["record_date"] for leg in legs}):
        put(
            warehouse,
            "call_detail_records",
            [leg for leg in legs if leg["record_date"] == date],
            str(date)[:7],
            str(date),
        )
    closed = list(closed_calls(legs, dice))
    put(warehouse, "closed_calls", closed, "2026-09")
    put(warehouse, "closed_call_parts", list(closed_parts(closed)), "2026-09")
    put(warehouse, "truncated_months", [{"month": "2025-07", "truncated_on": dt.date(2026, 10, 1)}], "2025-07")
    put(warehouse, "issued_adjustments", [ADJUSTED])
    for table, rows in documents(dice).items():
        put(warehouse, table, rows)
    return warehouse


def put(warehouse: Warehouse, table: str, rows: list[Row], month: str | None = None, part: str | None = None) -> None:
    spec = warehouse.tables[table]
    names = {column.name: None if column.nullable else FILLERS[column.type] for column in spec.columns}
    new = pa.Table.from_pylist([{**names, **{k: row[k] for k in row if k in names}} for row in rows], spec.arrow_schema)
    warehouse.replace(table, new, month=month, part=part)


def contract(customer: str) -> Row:
    plan = "gold" if customer == CUSTOMERS[2] else "standard"
    return {"contract_id": f"ctr-{customer[5:]}", "customer_id": customer, "tariff_plan": plan}


def rates(dice: random.Random) -> Iterator[Row]:
    """Each prefix for some origins: dear until the change and after it, or ended, or yet to come."""
    origins = [("*", "*"), ("FR", "*"), ("*", "mobile"), ("FR", "mobile")]
    periods = [(None, CHANGE), (CHANGE, None)]
    for number, (prefix, (country, kind), (start, end)) in enumerate(product(PREFIXES, origins, periods), 1):
        if prefix in ("49", "1") and (start is None) == (prefix == "1"):
            continue
        for plan in ("standard", "gold"):
            if dice.random() > (0.15 if plan == "gold" else 1 if (country, kind) == ("*", "*") else 0.4):
                continue
            is_incoming = prefix == "337" and kind == "mobile"
            begins = start or dt.date(2026, 1, 1)
            yield {
                "version_id": ("v" if plan == "standard" else "g") + ("1" if start is None else "2"),
                "plan": plan,
                "rate_id": number + (1000 if plan == "gold" else 0),
                "call_category": "incoming" if is_incoming else "campaign" if prefix == "324" else "*",
                "destination_group": GROUPS.get(prefix),
                "minimum_charge_micros": dice.choice([0, 0, 300_000]),
                "surcharge_per_call_micros": 250_000 if prefix == "3367" else 0,
                "surcharge_per_minute_micros": 99_999 if prefix == "3367" else 0,
                "valid_from": begins,
                "valid_to": end,
                "origin_country": country,
                "origin_number_type": kind,
                "destination_prefix": prefix,
                "prefix_length": len(prefix),
                "destination_country": {"3": "FR", "4": "GB", "1": "US"}[prefix[0]],
                "category": f"Destination {prefix[:2]}",
                "price_per_minute_micros": dice.randrange(0, 900_000),
                "connection_fee_micros": dice.choice([0, 50_000]),
                "initial_seconds": dice.choice([1, 30]),
                "increment_seconds": dice.choice([1, 6, 20]),
                "valid_from_at": midnight_utc(begins).replace(tzinfo=None),
                "valid_to_at": None if end is None else midnight_utc(end).replace(tzinfo=None),
            }


def legs_of(month: str, dice: random.Random) -> Iterator[Row]:
    for number in range(900):
        at = dt.datetime.fromisoformat(f"{month}-{dice.randrange(1, 29):02d}") + dt.timedelta(
            microseconds=dice.randrange(6 * 3_600_000_000, 20 * 3_600_000_000)
        )
        direction = dice.choice(["outgoing", "outgoing", "incoming", "internal"])
        is_answered = dice.random() < 0.7
        customer = dice.choice([*CUSTOMERS, None])
        called = f"+{dice.choice([*PREFIXES, '81'])}{dice.randrange(10**7, 10**8)}" if dice.random() < 0.95 else None
        yield {
            "month": month,
            "record_date": at.date(),
            "boot_id": "boot",
            "leg_id": f"{month}-{number}",
            "leg_side": "B" if direction == "outgoing" else "A",
            "direction": direction,
            "is_carrier_leg": direction != "internal",
            "is_billable": direction == "outgoing" and is_answered,
            "call_category": "incoming"
            if direction == "incoming"
            else dice.choice(["direct", "forwarded", "campaign"]),
            "customer_id": customer,
            "contract_id": f"ctr-{customer[5:]}" if customer else None,
            "origin_number": "+33170181001",
            "origin_country": dice.choice(["FR", "BE", None]),
            "origin_number_type": dice.choice(["fixed", "mobile", None]),
            "destination_number": called,
            "called_digits": called[1:] if called else None,
            "destination_country": dice.choice(["FR", "GB", None]),
            "destination_number_type": "mobile",
            "answered_at": at if is_answered else None,
            "billed_seconds": dice.randrange(1, 700) if is_answered else 0,
            "ring_micros": dice.randrange(0, 30_000_000),
            **(wait(at, dice) if direction == "incoming" and dice.random() < 0.5 else {}),
        }


def wait(at: dt.datetime, dice: random.Random) -> Row:
    joined = at.replace(microsecond=0)
    over = joined + dt.timedelta(seconds=dice.randrange(0, 60))
    served = dice.random() < 0.7
    return {
        "queue_name": dice.choice(["support", "sales"]),
        "queue_joined_at": joined,
        "queue_answered_at": over if served else None,
        "queue_left_at": None if served else over,
    }


def closed_calls(legs: list[Row], dice: random.Random) -> Iterator[Row]:
    """What September took: some legs came too late, some had no price, one customer's draft was refused."""
    for leg in legs:
        if leg["month"] != "2026-09" or not leg["is_billable"] or dice.random() < 0.05:
            continue
        has_price = leg["contract_id"] is not None and leg["called_digits"] is not None and dice.random() < 0.9
        known = ("boot_id", "leg_id", "answered_at", "customer_id", "contract_id", "billed_seconds")
        yield {
            "month": "2026-09",
            "call_month": leg["month"],
            **{name: leg[name] for name in known},
            "is_billed": has_price and leg["customer_id"] != REFUSED,
            "unrated_reason": None if has_price else dice.choice(["NO_RATE", "EXPIRED_RATE"]),
            **(as_billed(leg, dice) if has_price else {}),
        }


def as_billed(leg: Row, dice: random.Random) -> Row:
    """The working of a price that no tariff of today has."""
    price = dice.randrange(0, 900_000)
    same = ("record_date", "call_category", "origin_country", "origin_number_type", "destination_number_type")
    return {
        **{name: leg[name] for name in same},
        "destination_country": "FR",
        "destination_group": dice.choice(["france", None]),
        "category": "Destination 33",
        "plan": "standard",
        "tariff_version_id": "v0",
        "rate_id": dice.randrange(1, 20),
        "destination_prefix": "33",
        "charged_seconds": leg["billed_seconds"],
        "included_seconds": 0,
        "price_per_minute_micros": price,
        "connection_fee_micros": 0,
        "minimum_charge_micros": 0,
        "initial_seconds": 1,
        "increment_seconds": 1,
        "amount_micros": (2 * leg["billed_seconds"] * price + 60) // 120,
        "surcharge_micros": dice.choice([0, 0, 250_000]),
    }


def closed_parts(closed: list[Row]) -> Iterator[Row]:
    """Every tenth billed leg was cut in two, at one price: its amount is the same."""
    for call in [row for row in closed if row["is_billed"] and row["billed_seconds"] > 1][::10]:
        for number, (kind, seconds) in enumerate((("rate", 1), ("tier", call["billed_seconds"] - 1)), 1):
            yield {
                **{name: call[name] for name in ("month", "boot_id", "leg_id", "price_per_minute_micros")},
                "part_number": number,
                "kind": kind,
                "seconds": seconds,
            }


# What September's close corrected of August.
ADJUSTED = {
    "month": "2026-09", "corrected_month": "2026-08", "customer_id": "acct-1001", "contract_id": "ctr-1001",
    "charge": "call", "category": "Destination 33", "destination_country": "FR", "billed_cents": 100,
    "adjusted_cents": 0, "due_cents": 70, "difference_cents": -30,
}  # fmt: skip


def documents(dice: random.Random) -> dict[str, list[Row]]:
    """Invoices of three months, debit notes, credit notes; payments whole, in part, late and too much."""
    issued, lines, payments = list[Row](), list[Row](), list[Row]()

    def issue(number: str, kind: str, customer: str, month: str, date: dt.date, **more: Any) -> None:
        kinds = ["penalty", "indemnity"] if kind == "debit_note" else ["subscription", "usage"]
        amounts = [dice.randrange(100, 50_000) for _ in kinds]
        net, vat = sum(amounts), 0 if kind == "debit_note" else sum(amounts) // 5
        sums = {"net_cents": net, "vat_cents": vat, "total_cents": net + vat}
        about = {"number": number, "kind": kind, "customer_id": customer, "month": month}
        issued.append({**about, **sums, "issue_date": date, "due_date": date + dt.timedelta(days=30), **more})
        for rank, (line, amount) in enumerate(zip(kinds, amounts, strict=True), 1):
            lines.append({"number": number, "line_number": rank, "kind": line, "amount_cents": amount})
        paid = dice.choice([0, 1, 2, 3]) * (net + vat) // 2
        if kind != "credit_note" and paid:
            value_date = date + dt.timedelta(days=dice.randrange(5, 70))
            payment = {"reference": f"R-{number}", "document_number": number, "amount_cents": paid}
            payments.append({**payment, "value_date": value_date})

    for month, date in ISSUED.items():
        for customer in CUSTOMERS:
            issue(f"F-{month}-{customer}", "invoice", customer, month, date)
        issue(f"D-{month}", "debit_note", CUSTOMERS[0], month, date)
        issue(f"A-{month}", "credit_note", CUSTOMERS[1], month, date + dt.timedelta(days=10),
              corrects_number=f"F-{month}-{CUSTOMERS[1]}", credit_reason="error")  # fmt: skip
    return {"issued_documents": issued, "issued_document_lines": lines, "payments": payments}
